import React, { useId } from 'react';
import { t } from '@grafana/i18n';
import { EditorField, EditorRow } from '@grafana/plugin-ui';

import { Combobox } from './Combobox';
import type { CatalogKind, EntraQuery } from '../types';
import { sectionLabel } from './labels';

interface Props {
  query: EntraQuery;
  kind: CatalogKind;
  onChange: (query: EntraQuery) => void;
}

/** Which part of a record is shown. */
export function SectionRow({ query, kind, onChange }: Props) {
  const id = useId();
  if (!kind.sections?.length) {
    return null;
  }
  const all = { value: '', label: t('query-editor.section.all', 'Everything') };

  return (
    <EditorRow>
      <EditorField
        label={t('query-editor.section.label', 'Section')}
        tooltip={t('query-editor.section.tooltip', 'The part of the record that is shown')}
      >
        <Combobox
          id={id}
          width={36}
          options={[all, ...kind.sections.map((name) => ({ value: name, label: sectionLabel(name) }))]}
          value={query.section}
          onChange={({ value: section }) => onChange({ ...query, section })}
        />
      </EditorField>
    </EditorRow>
  );
}
