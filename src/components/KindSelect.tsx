import React from 'react';
import { Combobox } from '@grafana/ui';

import type { CatalogueKind } from '../types';

interface Props {
  id: string;
  kinds: CatalogueKind[];
  value: string;
  onChange: (kind: CatalogueKind) => void;
}

/** Chooses a kind of record. */
export function KindSelect({ id, kinds, value, onChange }: Props) {
  return (
    <Combobox
      id={id}
      width={28}
      options={kinds.map(({ kind, label, description }) => ({ value: kind, label, description }))}
      value={value}
      onChange={({ value: name }) => {
        const chosen = kinds.find(({ kind }) => kind === name);
        if (chosen) {
          onChange(chosen);
        }
      }}
    />
  );
}
