import React from 'react';
import { t } from '@grafana/i18n';
import { ConfigSection } from '@grafana/plugin-ui';
import { Field, SecretTextArea } from '@grafana/ui';

import { Combobox } from '../Combobox';
import type { TLSMode } from '../../types';
import { tlsModeOptions } from '../labels';
import { type ConfigProps, useSettings } from './useSettings';
import { WIDTH } from './width';

/** What the backend does where no mode is set. */
const DEFAULT_MODE: TLSMode = 'require';

const CERTIFICATE = '-----BEGIN CERTIFICATE-----';
const KEY = '-----BEGIN PRIVATE KEY-----';

/** How the connection is encrypted, and who proves what to whom. */
export function TLSSection(props: ConfigProps) {
  const { settings, readOnly, set, secret } = useSettings(props);
  const mode = settings.tlsMode ?? DEFAULT_MODE;
  const pem = { cols: 70, rows: 5, className: 'code' };

  return (
    <ConfigSection title={t('config-editor.tls.title', 'TLS')}>
      <Field label={t('config-editor.tls.mode.label', 'TLS mode')}>
        <Combobox
          id="config-tls-mode"
          width={WIDTH}
          disabled={readOnly}
          options={tlsModeOptions()}
          value={mode}
          onChange={({ value: tlsMode }) => set({ tlsMode })}
        />
      </Field>
      {(mode === 'verify-ca' || mode === 'verify-full') && (
        <Field
          label={t('config-editor.tls.ca', 'CA certificate')}
          description={t(
            'config-editor.tls.ca-description',
            "PEM text of the authorities that may sign the server's certificate; empty for those the system trusts"
          )}
        >
          <SecretTextArea {...secret('tlsCACert')} {...pem} id="config-tls-ca" placeholder={CERTIFICATE} />
        </Field>
      )}
      {mode !== 'disable' && (
        <>
          <Field
            label={t('config-editor.tls.client-cert', 'Client certificate')}
            description={t('config-editor.tls.client-cert-description', 'PEM text; only where the server asks for one')}
          >
            <SecretTextArea
              {...secret('tlsClientCert')}
              {...pem}
              id="config-tls-client-cert"
              placeholder={CERTIFICATE}
            />
          </Field>
          <Field
            label={t('config-editor.tls.client-key', 'Client key')}
            description={t('config-editor.tls.client-key-description', 'PEM text; the key of the client certificate')}
          >
            <SecretTextArea {...secret('tlsClientKey')} {...pem} id="config-tls-client-key" placeholder={KEY} />
          </Field>
        </>
      )}
    </ConfigSection>
  );
}
