import React from 'react';

export function LogsPanel() {
  return <></>;
}
