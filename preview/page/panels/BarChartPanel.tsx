import React from 'react';

export function BarChartPanel() {
  return <></>;
}
