import React, { type ReactNode, useId } from 'react';
import { t } from '@grafana/i18n';
import { EditorField, EditorRow } from '@grafana/plugin-ui';

import { Combobox } from './Combobox';
import { withKind, withView } from '../query/views';
import type { CatalogKind, EntraQuery, View } from '../types';
import { type Choice, KindSelect } from './KindSelect';
import { viewOption } from './labels';

interface Props {
  query: EntraQuery;
  kinds: CatalogKind[];
  /** What can be queried where it is more than the kinds of records. */
  choices?: Choice[];
  /** The views to choose from, where there is a choice. */
  views?: View[];
  onChange: (query: EntraQuery) => void;
  /** Told where the choice is no kind of record. */
  onOther?: (choice: Choice) => void;
  children?: ReactNode;
}

/** What is queried, and the form of the result. */
export function KindAndView({ query, kinds, choices = kinds, views, onChange, onOther, children }: Props) {
  const id = useId();
  const kind = kinds.find((candidate) => candidate.kind === query.queryType);

  return (
    <EditorRow>
      <KindField
        kinds={choices}
        value={query.queryType}
        onChange={(choice) => {
          const chosen = kinds.find((candidate) => candidate.kind === choice.kind);
          if (chosen) {
            onChange(withKind(query, chosen, kind));
          } else {
            onOther?.(choice);
          }
        }}
      />
      {views && (
        <EditorField label={t('query-editor.view.label', 'View')}>
          <Combobox
            id={`${id}-view`}
            width={22}
            options={views.map(viewOption)}
            value={query.view}
            onChange={({ value: view }) => onChange(withView(query, view, kind))}
          />
        </EditorField>
      )}
      {children}
    </EditorRow>
  );
}

interface KindProps {
  kinds: Choice[];
  value: string;
  onChange: (choice: Choice) => void;
}

/** What is queried. */
export function KindField({ kinds, value, onChange }: KindProps) {
  const id = useId();
  return (
    <EditorField
      label={t('query-editor.kind.label', 'Activity')}
      tooltip={kinds.find(({ kind }) => kind === value)?.description}
    >
      <KindSelect id={id} kinds={kinds} value={value} onChange={onChange} />
    </EditorField>
  );
}
