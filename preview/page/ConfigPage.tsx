import { css } from '@emotion/css';
import type { DataSourceSettings } from '@grafana/data';
import { Alert, Button, useTheme2 } from '@grafana/ui';
import React, { useState } from 'react';

import type { EntraSecrets, EntraSettings } from '../../src/types';
import { backendSrv, components, datasource, loadDataSource, settings, UID } from './services';
import { messageOf } from './useVariables';

type Options = DataSourceSettings<EntraSettings, EntraSecrets>;

/** The data source's settings, kept for as long as the preview runs. */
export function ConfigPage() {
  const theme = useTheme2();
  const [options, setOptions] = useState<Options>(() => ({ ...settings, secureJsonData: {} }) as unknown as Options);
  const [result, setResult] = useState<{ ok: boolean; message: string }>();
  const Editor = components.ConfigEditor!;

  const save = async () => {
    setResult(undefined);
    try {
      await backendSrv.put(`/api/datasources/uid/${UID}`, {
        jsonData: options.jsonData,
        secureJsonData: options.secureJsonData,
      });
      await loadDataSource();
      setOptions({ ...settings, secureJsonData: {} } as unknown as Options);
      const { status, message } = await datasource.testDatasource();
      setResult({ ok: status === 'success', message });
    } catch (error) {
      setResult({ ok: false, message: messageOf(error) });
    }
  };

  return (
    <div className={css({ maxWidth: 900, padding: theme.spacing(1, 2) })}>
      <h1 className={css({ fontSize: theme.typography.h4.fontSize })}>{settings.name}</h1>
      <Editor options={options as never} onOptionsChange={(changed) => setOptions(changed as unknown as Options)} />
      <Button onClick={() => void save()}>Save & test</Button>
      {result && <Alert severity={result.ok ? 'success' : 'error'} title={result.message} />}
    </div>
  );
}
