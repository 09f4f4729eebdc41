import type { ScopedVars } from '@grafana/data';
import { useEffect, useState } from 'react';

import type { MetricsCheck, MetricsQuery } from '../types';
import { type Interpolated, stepVariables, withOriginal } from './interpolate';
import type { MetricsApi } from './MetricsApi';
import type { Mistake } from './monaco';

/** Typing rests for so long before it is looked at. */
const REST = 400;

/** What is wrong with an expression as the backend reads it, told when typing rests. */
export function useMistake(
  api: MetricsApi,
  expr: string,
  { interval }: MetricsQuery,
  scopedVars: ScopedVars
): Mistake | undefined {
  const [found, setFound] = useState<{ expr: string; mistake?: Mistake }>();
  const requested = withOriginal(expr, { ...scopedVars, ...stepVariables(interval, scopedVars) });

  useEffect(() => {
    if (!requested.text.trim()) {
      return;
    }
    let current = true;
    const timer = setTimeout(() => {
      // What cannot be checked fails when it runs.
      api.check(requested.text).then(
        (check) => current && setFound({ expr, mistake: mistakeIn(expr, requested, check) }),
        () => {}
      );
    }, REST);
    return () => {
      current = false;
      clearTimeout(timer);
    };
    // The text says all of it: the way back is made anew with every drawing.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [api, expr, requested.text]);

  return found?.expr === expr ? found.mistake : undefined;
}

function mistakeIn(expr: string, { text, original }: Interpolated, check: MetricsCheck): Mistake | undefined {
  if (check.ok) {
    return undefined;
  }
  const { start, end } = check.at ?? { start: 0, end: text.length };
  // At least one character is underlined.
  const from = Math.min(original(start), Math.max(0, expr.length - 1));
  return { message: check.error, start: from, end: Math.max(original(end), from + 1) };
}
