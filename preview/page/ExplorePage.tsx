import React from 'react';

export function ExplorePage() {
  return <></>;
}
