import React from 'react';
import { t } from '@grafana/i18n';
import { ConfigSection } from '@grafana/plugin-ui';
import { Field, Input } from '@grafana/ui';

import { type ConfigProps, useSettings } from './useSettings';
import { WIDTH } from './width';

const EXAMPLE = '00000000-0000-0000-0000-000000000000';

/** Whose records are shown. */
export function TenantSection(props: ConfigProps) {
  const { text } = useSettings(props);

  return (
    <ConfigSection title={t('config-editor.tenant.title', 'Tenant')}>
      <Field
        label={t('config-editor.tenant.id', 'Tenant ID')}
        description={t('config-editor.tenant.id-description', 'Shows the records of this tenant only; empty for all')}
      >
        <Input {...text('tenant')} id="config-tenant" width={WIDTH} placeholder={EXAMPLE} />
      </Field>
    </ConfigSection>
  );
}
