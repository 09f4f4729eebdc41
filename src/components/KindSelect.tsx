import React from 'react';

import { Combobox } from './Combobox';
import type { CatalogKind } from '../types';

/** What a query can be about. */
export type Choice = Pick<CatalogKind, 'kind' | 'label' | 'description'>;

interface Props<K extends Choice> {
  id: string;
  kinds: K[];
  value: string;
  onChange: (kind: K) => void;
}

/** Chooses a kind of record, or what else can be queried. */
export function KindSelect<K extends Choice>({ id, kinds, value, onChange }: Props<K>) {
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
