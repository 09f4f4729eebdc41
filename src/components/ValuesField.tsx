import React, { useId } from 'react';
import { css } from '@emotion/css';
import { t } from '@grafana/i18n';
import { MultiCombobox } from '@grafana/ui';

import { Combobox } from './Combobox';
import type { FieldValue } from '../types';

interface Props {
  /** What the values are of, as it is shown. */
  label: string;
  several: boolean;
  values: string[];
  suggest: (search: string) => Promise<FieldValue[]>;
  onChange: (values: string[]) => void;
}

/** The values of a condition, which are suggested but may be any text. Give it the field as key, as suggestions are kept. */
export function ValuesField({ label, several, values, suggest, onChange }: Props) {
  const id = useId();
  const name = t('query-editor.filter.values', 'Values for {{field}}', { field: label });
  const placeholder = t('query-editor.filter.any', 'any');

  if (!several) {
    return (
      <Combobox
        aria-label={name}
        width={30}
        placeholder={placeholder}
        createCustomValue
        isClearable
        options={suggest}
        value={values[0] ?? null}
        onChange={(option) => onChange(option ? [option.value] : [])}
      />
    );
  }
  // MultiCombobox knows no aria-label.
  return (
    <div>
      <span id={id} className={visuallyHidden}>
        {name}
      </span>
      <MultiCombobox
        aria-labelledby={id}
        width="auto"
        minWidth={20}
        maxWidth={80}
        placeholder={placeholder}
        createCustomValue
        options={suggest}
        value={values}
        onChange={(options) => onChange(options.map(({ value }) => value))}
      />
    </div>
  );
}

/** Read out, and not shown. */
const visuallyHidden = css({
  clip: 'rect(0 0 0 0)',
  height: 1,
  overflow: 'hidden',
  position: 'absolute',
  whiteSpace: 'nowrap',
  width: 1,
});
