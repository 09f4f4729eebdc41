import React from 'react';
import { t } from '@grafana/i18n';
import { ConfigSection } from '@grafana/plugin-ui';
import { Field, Input, SecretInput } from '@grafana/ui';

import { type ConfigProps, useSettings } from './useSettings';
import { WIDTH } from './width';

const EXAMPLE = { host: 'db.example.com', port: '5432', database: 'entra', user: 'grafana' };

/** The PostgreSQL database that holds the records. */
export function ConnectionSection(props: ConfigProps) {
  const { text, number, secret } = useSettings(props);

  return (
    <ConfigSection
      title={t('config-editor.connection.title', 'Connection')}
      description={t('config-editor.connection.description', 'The PostgreSQL database that holds the records')}
    >
      <Field label={t('config-editor.connection.host', 'Host')} required>
        <Input {...text('host')} id="config-host" width={WIDTH} placeholder={EXAMPLE.host} />
      </Field>
      <Field label={t('config-editor.connection.port', 'Port')}>
        <Input {...number('port')} id="config-port" width={WIDTH} placeholder={EXAMPLE.port} />
      </Field>
      <Field label={t('config-editor.connection.database', 'Database')} required>
        <Input {...text('database')} id="config-database" width={WIDTH} placeholder={EXAMPLE.database} />
      </Field>
      <Field
        label={t('config-editor.connection.user', 'User')}
        description={t('config-editor.connection.user-description', 'A role that may only read')}
        required
      >
        <Input {...text('user')} id="config-user" width={WIDTH} placeholder={EXAMPLE.user} autoComplete="off" />
      </Field>
      <Field label={t('config-editor.connection.password', 'Password')}>
        <SecretInput {...secret('password')} id="config-password" width={WIDTH} autoComplete="new-password" />
      </Field>
    </ConfigSection>
  );
}
