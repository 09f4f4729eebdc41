import React from 'react';

export function GeomapPanel() {
  return <></>;
}
