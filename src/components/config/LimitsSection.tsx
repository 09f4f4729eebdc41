import React from 'react';
import { t } from '@grafana/i18n';
import { ConfigSection } from '@grafana/plugin-ui';
import { Field, Input } from '@grafana/ui';

import { type ConfigProps, useSettings } from './useSettings';
import { WIDTH } from './width';

/** What the backend takes where nothing is set. */
const DEFAULTS = { queryTimeout: '30', maxRows: '10000', downloadLimit: '250000', downloadTimeout: '600' };

/** How much of the database a query may use. */
export function LimitsSection(props: ConfigProps) {
  const { number } = useSettings(props);
  const grafanaDefault = t('config-editor.limits.grafana-default', "Grafana's default");

  return (
    <ConfigSection
      title={t('config-editor.limits.title', 'Limits')}
      description={t('config-editor.limits.description', 'What queries may take of the database')}
      isCollapsible
      isInitiallyOpen={false}
    >
      <Field label={t('config-editor.limits.max-open', 'Open connections')}>
        <Input {...number('maxOpenConns')} id="config-max-open" width={WIDTH} placeholder={grafanaDefault} />
      </Field>
      <Field label={t('config-editor.limits.max-idle', 'Idle connections')}>
        <Input {...number('maxIdleConns')} id="config-max-idle" width={WIDTH} placeholder={grafanaDefault} />
      </Field>
      <Field label={t('config-editor.limits.lifetime', 'Connection lifetime (seconds)')}>
        <Input {...number('connMaxLifetime')} id="config-lifetime" width={WIDTH} placeholder={grafanaDefault} />
      </Field>
      <Field
        label={t('config-editor.limits.timeout', 'Query timeout (seconds)')}
        description={t('config-editor.limits.timeout-description', 'The database gives up a query after so long')}
      >
        <Input {...number('queryTimeout')} id="config-timeout" width={WIDTH} placeholder={DEFAULTS.queryTimeout} />
      </Field>
      <Field
        label={t('config-editor.limits.max-rows', 'Rows')}
        description={t('config-editor.limits.max-rows-description', 'No list is longer, whatever its query asks for')}
      >
        <Input {...number('maxRows')} id="config-max-rows" width={WIDTH} placeholder={DEFAULTS.maxRows} />
      </Field>
      <Field
        label={t('config-editor.limits.download', 'Rows of a download')}
        description={t('config-editor.limits.download-description', 'A download holds the newest so many records')}
      >
        <Input
          {...number('downloadLimit')}
          id="config-download-limit"
          width={WIDTH}
          placeholder={DEFAULTS.downloadLimit}
        />
      </Field>
      <Field
        label={t('config-editor.limits.download-timeout', 'Download timeout (seconds)')}
        description={t('config-editor.limits.download-timeout-description', 'A download that takes longer breaks off')}
      >
        <Input
          {...number('downloadTimeout')}
          id="config-download-timeout"
          width={WIDTH}
          placeholder={DEFAULTS.downloadTimeout}
        />
      </Field>
    </ConfigSection>
  );
}
