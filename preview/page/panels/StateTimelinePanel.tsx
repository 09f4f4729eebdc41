import React from 'react';

export function StateTimelinePanel() {
  return <></>;
}
