import React, { type ReactNode, useCallback, useEffect, useState } from 'react';
import { t } from '@grafana/i18n';
import { Alert, Button, LoadingPlaceholder, Stack } from '@grafana/ui';

import type { Catalog } from '../catalog';
import type { CatalogKind } from '../types';

interface Props {
  catalog: Catalog;
  children: (kinds: CatalogKind[]) => ReactNode;
}

/** Shows an editor once the catalog of the data source is known. */
export function WithCatalog({ catalog, children }: Props) {
  const { kinds, error, retry } = useCatalog(catalog);

  if (error) {
    return (
      <Alert severity="error" title={t('query-editor.catalog-failed', 'The data source does not answer')}>
        <Stack direction="column" alignItems="flex-start">
          {error}
          <Button size="sm" variant="secondary" onClick={retry}>
            {t('query-editor.retry', 'Try again')}
          </Button>
        </Stack>
      </Alert>
    );
  }
  if (!kinds) {
    return <LoadingPlaceholder text={t('query-editor.loading', 'Loading fields…')} />;
  }
  return <>{children(kinds)}</>;
}

interface State {
  kinds?: CatalogKind[];
  error?: string;
}

function useCatalog(catalog: Catalog): State & { retry: () => void } {
  const [state, setState] = useState<State>({});
  const [attempt, setAttempt] = useState(0);

  useEffect(() => {
    let current = true;
    catalog.kinds().then(
      (kinds) => current && setState({ kinds }),
      (error) => current && setState({ error: messageOf(error) })
    );
    return () => {
      current = false;
    };
  }, [catalog, attempt]);

  const retry = useCallback(() => {
    setState({});
    setAttempt((count) => count + 1);
  }, []);

  return { ...state, retry };
}

/** The message of a failed request; Grafana rejects with an object that holds the plugin's response. */
export function messageOf(error: unknown): string {
  const { data, message, statusText } = error as {
    data?: { message?: string; error?: string };
    message?: string;
    statusText?: string;
  };
  return data?.message ?? data?.error ?? message ?? statusText ?? String(error);
}
