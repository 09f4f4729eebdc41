import React from 'react';

export function HeatmapPanel() {
  return <></>;
}
