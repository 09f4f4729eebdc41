import React, { useState } from 'react';
import { t } from '@grafana/i18n';
import { InlineField, RadioButtonGroup } from '@grafana/ui';

import type { Neighbors } from './logContext';

interface Props {
  possible: Neighbors[];
  initial: Neighbors;
  onChange: (neighbors: Neighbors) => void;
}

/** Chooses whose records surround a log line. */
export function LogContextUi({ possible, initial, onChange }: Props) {
  const [chosen, setChosen] = useState(initial);
  const labels: Record<Neighbors, string> = {
    user: t('log-context.user', 'The same user'),
    address: t('log-context.address', 'The same address'),
    everyone: t('log-context.everyone', 'Everyone'),
  };
  const label = t('log-context.label', 'Records of');

  return (
    <InlineField label={label}>
      <RadioButtonGroup
        aria-label={label}
        options={possible.map((value) => ({ value, label: labels[value] }))}
        value={possible.includes(chosen) ? chosen : possible[0]}
        onChange={(value) => {
          setChosen(value);
          onChange(value);
        }}
      />
    </InlineField>
  );
}
