import React from 'react';
import { t } from '@grafana/i18n';
import { DataSourceDescription } from '@grafana/plugin-ui';
import { Divider, Text } from '@grafana/ui';

import { ConnectionSection } from './config/ConnectionSection';
import { LimitsSection } from './config/LimitsSection';
import { TenantSection } from './config/TenantSection';
import { TLSSection } from './config/TLSSection';
import type { ConfigProps } from './config/useSettings';

const DOCS = 'https://github.com/entra-activity/entra-activity-datasource/tree/main/docs';

/** Edits where the records are kept and how they may be read. */
export function ConfigEditor(props: ConfigProps) {
  return (
    <>
      <DataSourceDescription dataSourceName="Entra ID Activity" docsLink={DOCS} hasRequiredFields />
      <Divider spacing={4} />
      <ConnectionSection {...props} />
      <Divider spacing={4} />
      <TLSSection {...props} />
      <Divider spacing={4} />
      <TenantSection {...props} />
      <Divider spacing={4} />
      <LimitsSection {...props} />
      <Divider spacing={4} />
      <Text element="p" color="secondary">
        {t(
          'config-editor.test-explanation',
          'Save & test connects to the database with these settings, checks that it holds the schema this version reads and that the user may read it but not write to it, and says what to do where something is missing.'
        )}
      </Text>
    </>
  );
}
