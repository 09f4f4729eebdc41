import { useEffect, useState } from 'react';

import type { MetricsVocabulary } from '../types';
import type { MetricsApi } from './MetricsApi';

/** What MetricsQL can be written about; undefined until it is known. */
export function useVocabulary(api: MetricsApi): MetricsVocabulary | undefined {
  const [vocabulary, setVocabulary] = useState<MetricsVocabulary>();
  useEffect(() => {
    let current = true;
    // Without it there is no builder and no completion, and text can still be written.
    api.vocabulary().then(
      (known) => current && setVocabulary(known),
      () => {}
    );
    return () => {
      current = false;
    };
  }, [api]);
  return vocabulary;
}
