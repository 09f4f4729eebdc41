import React, { useState } from 'react';
import { Input } from '@grafana/ui';

import { wholeNumber } from '../wholeNumber';

interface Props {
  id: string;
  value?: number;
  /** Shown, and meant, where there is no number. */
  placeholder: string;
  onCommit: (value: number | undefined) => void;
}

/** A whole number from 0, told once it is complete: with Enter or when leaving the field. */
export function NumberInput({ id, value, placeholder, onCommit }: Props) {
  const [typed, setTyped] = useState<string>();

  const commit = () => {
    if (typed === undefined) {
      return;
    }
    setTyped(undefined);
    const entered = wholeNumber(typed);
    if (entered !== value) {
      onCommit(entered);
    }
  };

  return (
    <Input
      id={id}
      type="number"
      min={0}
      step={1}
      width={12}
      placeholder={placeholder}
      value={typed ?? value ?? ''}
      onChange={(event) => setTyped(event.currentTarget.value)}
      onBlur={commit}
      onKeyDown={(event) => event.key === 'Enter' && commit()}
    />
  );
}
