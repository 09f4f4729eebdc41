import React from 'react';
import type { QueryEditorHelpProps } from '@grafana/data';
import { t } from '@grafana/i18n';
import { Card, Stack, Text } from '@grafana/ui';

import { metricsExamples } from '../metrics/examples';
import { examples } from '../query/examples';
import { completeQuery } from '../query/views';
import type { Query } from '../types';

/** Shows queries to start from; a click runs one. */
export function QueryEditorHelp({ datasource, onClickExample }: QueryEditorHelpProps<Query>) {
  return (
    <Stack direction="column" gap={1}>
      <Text element="h2" variant="h4">
        {t('help.title', 'Questions to start from')}
      </Text>
      <Text color="secondary">
        {t(
          'help.introduction',
          'A query asks about one kind of activity. Filters choose the records, the view the form of the answer. Select a question to write it into the query, change what you like, and run it.'
        )}
      </Text>
      {examples().map(({ title, query: example }) => {
        const query = { ...completeQuery({ ...example, refId: 'A' }), datasource: datasource.getRef() };
        return (
          <Card key={title} noMargin onClick={() => onClickExample(query)}>
            <Card.Heading>{title}</Card.Heading>
            <Card.Description>{datasource.getQueryDisplayText?.(query)}</Card.Description>
          </Card>
        );
      })}
      <Text element="h2" variant="h4">
        {t('help.metrics-title', 'The same as metrics')}
      </Text>
      <Text color="secondary">
        {t(
          'help.metrics-introduction',
          'MetricsQL asks about records as it would about the counters of a metrics database, with every field of the records as a label. Wrap a counter in increase or rate, and a stream of events in count_over_time.'
        )}
      </Text>
      {metricsExamples().map(({ title, query }) => (
        <Card key={title} noMargin onClick={() => onClickExample({ ...query, datasource: datasource.getRef() })}>
          <Card.Heading>{title}</Card.Heading>
          <Card.Description>{query.expr}</Card.Description>
        </Card>
      ))}
    </Stack>
  );
}
