import React from 'react';
import { t } from '@grafana/i18n';
import { EditorField, EditorRow } from '@grafana/plugin-ui';
import { LinkButton, Stack } from '@grafana/ui';

interface Props {
  csv: string;
  json: string;
}

/** Offers all that a query selects as a file, beyond the rows that are shown. */
export function DownloadRow({ csv, json }: Props) {
  return (
    <EditorRow>
      <EditorField
        label={t('query-editor.download.label', 'Download')}
        tooltip={t('query-editor.download.tooltip', 'All records that the query selects, not only the rows shown')}
      >
        <Stack>
          <LinkButton
            variant="secondary"
            icon="download-alt"
            href={csv}
            target="_blank"
            aria-label={t('query-editor.download.csv', 'Download as CSV')}
          >
            {'CSV'}
          </LinkButton>
          <LinkButton
            variant="secondary"
            icon="download-alt"
            href={json}
            target="_blank"
            aria-label={t('query-editor.download.json', 'Download as JSON')}
          >
            {'JSON'}
          </LinkButton>
        </Stack>
      </EditorField>
    </EditorRow>
  );
}
