import { useCallback, useEffect, useState } from 'react';

import type { Catalogue } from '../catalogue';
import type { CatalogueKind } from '../types';

interface State {
  kinds?: CatalogueKind[];
  error?: string;
  retry: () => void;
}

/** Loads what the data source can be asked about. */
export function useCatalogue(catalogue: Catalogue): State {
  const [state, setState] = useState<Omit<State, 'retry'>>({});
  const [attempt, setAttempt] = useState(0);

  useEffect(() => {
    let current = true;
    catalogue.kinds().then(
      (kinds) => current && setState({ kinds }),
      (error) => current && setState({ error: messageOf(error) })
    );
    return () => {
      current = false;
    };
  }, [catalogue, attempt]);

  const retry = useCallback(() => {
    setState({});
    setAttempt((count) => count + 1);
  }, []);

  return { ...state, retry };
}

/** The message of a failed request; Grafana rejects with an object that holds the plugin's answer. */
function messageOf(error: unknown): string {
  const { data, message, statusText } = error as {
    data?: { message?: string; error?: string };
    message?: string;
    statusText?: string;
  };
  return data?.message ?? data?.error ?? message ?? statusText ?? String(error);
}
