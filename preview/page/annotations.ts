import { CoreApp, type DataFrame, type DataQueryRequest, rangeUtil, type TimeRange, toDataFrame } from '@grafana/data';
import { useEffect, useState } from 'react';
import { lastValueFrom } from 'rxjs';

import type { EntraQuery } from '../../src/types';
import type { AnnotationModel, DashboardModel } from './model';
import { datasource } from './services';

/** What is marked on a dashboard's graphs: the annotations that can be switched, the switch, and their frames. */
export function useAnnotations(
  dashboard: DashboardModel,
  revision: string | undefined,
  range: TimeRange,
  timeZone: string
): [AnnotationModel[], (name: string) => void, DataFrame[]] {
  const [switched, setSwitched] = useState<string[]>([]);
  const [frames, setFrames] = useState<DataFrame[]>([]);
  const list = (dashboard.annotations?.list ?? [])
    .filter(({ builtIn }) => !builtIn)
    .map((each) => ({ ...each, enable: Boolean(each.enable) !== switched.includes(each.name) }));
  const key = JSON.stringify([dashboard.uid, revision, switched]);

  useEffect(() => {
    let current = true;
    const enabled = revision ? list.filter(({ enable }) => enable) : [];
    void Promise.all(enabled.map((each) => run(each, range, timeZone)))
      .then((found) => current && setFrames(found.flat()))
      .catch((error) => console.warn('The annotations have no answer', error));
    return () => {
      current = false;
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the key says what the others hold
  }, [key]);

  const toggle = (name: string) =>
    setSwitched((names) => (names.includes(name) ? names.filter((each) => each !== name) : [...names, name]));
  return [list, toggle, frames];
}

async function run(model: AnnotationModel, range: TimeRange, timeZone: string): Promise<DataFrame[]> {
  const query = datasource.annotations.prepareQuery?.(model as never);
  if (!query) {
    return [];
  }
  const { intervalMs, interval } = rangeUtil.calculateInterval(range, 100);
  const { datasource: _, ...target } = { ...query, refId: model.name };
  const response = await lastValueFrom(
    datasource.query({
      app: CoreApp.Dashboard,
      requestId: `annotation-${model.name}`,
      timezone: timeZone,
      range,
      interval,
      intervalMs,
      maxDataPoints: 100,
      scopedVars: {},
      startTime: Date.now(),
      targets: [target as EntraQuery],
    } as DataQueryRequest<EntraQuery>)
  );
  return response.data.map((data) => {
    const frame = toDataFrame(data);
    const custom = { ...frame.meta?.custom, color: model.iconColor, filter: model.filter };
    return { ...frame, name: model.name, meta: { ...frame.meta, custom } };
  });
}
