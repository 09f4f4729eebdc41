import React from 'react';
import { t } from '@grafana/i18n';
import { EditorField } from '@grafana/plugin-ui';
import { LinkButton, Stack } from '@grafana/ui';

interface Props {
  csv: string;
  json: string;
}

/** Offers the records that a query selects as a file: those behind a number, and more than a list shows. */
export function DownloadField({ csv, json }: Props) {
  return (
    <EditorField
      label={t('query-editor.download.label', 'Download')}
      tooltip={t(
        'query-editor.download.tooltip',
        'The records that the query selects in the time range, whatever it makes of them'
      )}
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
  );
}
