import React from 'react';

export function PieChartPanel() {
  return <></>;
}
