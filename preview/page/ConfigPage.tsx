import React from 'react';

export function ConfigPage() {
  return <></>;
}
