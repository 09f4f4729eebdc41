import React, { useId } from 'react';
import { t } from '@grafana/i18n';
import { EditorField, EditorRow } from '@grafana/plugin-ui';
import { RadioButtonGroup } from '@grafana/ui';

import { withKind, withView } from '../query/views';
import type { CatalogueKind, EntraQuery, View } from '../types';
import { KindSelect } from './KindSelect';
import { viewLabel } from './labels';

interface Props {
  query: EntraQuery;
  kinds: CatalogueKind[];
  /** The views to choose from. */
  views: View[];
  onChange: (query: EntraQuery) => void;
}

/** What is asked about, and in what form the answer is wanted. */
export function KindAndView({ query, kinds, views, onChange }: Props) {
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
      {views.length > 1 && (
        <EditorField label={t('query-editor.view.label', 'View')}>
          <RadioButtonGroup
            aria-label={t('query-editor.view.label', 'View')}
            options={views.map((view) => ({ value: view, label: viewLabel(view) }))}
            value={query.view}
            onChange={(view) => onChange(withView(query, view, kind))}
          />
        </EditorField>
      )}
    </EditorRow>
  );
}
