import React, { type ReactNode, useId } from 'react';
import { t } from '@grafana/i18n';
import { EditorField, EditorRow } from '@grafana/plugin-ui';
import { Combobox } from '@grafana/ui';

import { withKind, withView } from '../query/views';
import type { CatalogueKind, EntraQuery, View } from '../types';
import { KindSelect } from './KindSelect';
import { viewOption } from './labels';

interface Props {
  query: EntraQuery;
  kinds: CatalogueKind[];
  /** The views to choose from, where there is a choice. */
  views?: View[];
  onChange: (query: EntraQuery) => void;
  children?: ReactNode;
}

/** What is asked about, and in what form the answer is wanted. */
export function KindAndView({ query, kinds, views, onChange, children }: Props) {
  const id = useId();
  const kind = kinds.find((candidate) => candidate.kind === query.queryType);

  return (
    <EditorRow>
      <EditorField label={t('query-editor.kind.label', 'Activity')} tooltip={kind?.description}>
        <KindSelect
          id={`${id}-kind`}
          kinds={kinds}
          value={query.queryType}
          onChange={(chosen) => onChange(withKind(query, chosen, kind))}
        />
      </EditorField>
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
