import {
  applyFieldOverrides,
  cacheFieldDisplayNames,
  CoreApp,
  type DataFrame,
  type DataQueryError,
  type DataQueryRequest,
  type FieldConfigSource,
  LoadingState,
  type PanelData,
  rangeUtil,
  type ScopedVars,
  type TimeRange,
  toDataFrame,
  transformDataFrame,
} from '@grafana/data';
import { useTheme2 } from '@grafana/ui';
import { useEffect, useMemo, useState } from 'react';
import { lastValueFrom } from 'rxjs';

import type { EntraQuery } from '../../src/types';
import { fieldConfigOf, registryFor } from './fields';
import type { PanelModel } from './model';
import { inShape, overRecords } from './prometheus';
import { datasource } from './services';
import { type AdHocFilter, variables } from './templating';
import { messageOf } from './useVariables';

export interface Answer extends PanelData {
  /** As it came, before transformations and overrides. */
  raw: DataFrame[];
}

export interface Asked {
  panel: PanelModel;
  range: TimeRange;
  timeZone: string;
  width: number;
  dashboardUid?: string;
  filters?: AdHocFilter[];
  app?: CoreApp;
  /** Asks anew when it changes. */
  revision: unknown;
}

/** Asks what a panel asks, and shapes the answer as its transformations and fields' options say. */
export function usePanelData({ panel, range, timeZone, width, filters, app, dashboardUid, revision }: Asked): Answer {
  const theme = useTheme2();
  const [answer, setAnswer] = useState<Answer>({ state: LoadingState.Loading, series: [], raw: [], timeRange: range });

  useEffect(() => {
    const abort = new AbortController();
    setAnswer((last) => ({ ...last, state: LoadingState.Loading }));
    void ask({ panel, range, timeZone, width, filters, app, dashboardUid, revision }).then((found) => {
      if (!abort.signal.aborted) {
        setAnswer(found);
      }
    });
    return () => abort.abort();
    // The revision says what else changes the answer.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [panel, revision]);

  return useMemo(
    () => ({ ...answer, series: withConfig(answer.series, panel, timeZone, theme) }),
    [answer, panel, timeZone, theme]
  );
}

export function withConfig(
  series: DataFrame[],
  panel: PanelModel,
  timeZone: string,
  theme: ReturnType<typeof useTheme2>
) {
  const fieldConfig: FieldConfigSource = fieldConfigOf(panel.fieldConfig);
  const frames = applyFieldOverrides({
    data: series,
    fieldConfig,
    fieldConfigRegistry: registryFor(fieldConfig),
    replaceVariables: variables.replace,
    theme,
    timeZone,
  });
  cacheFieldDisplayNames(frames);
  return frames;
}

async function ask({ panel, range, timeZone, width, filters, app, dashboardUid }: Asked): Promise<Answer> {
  const points = Math.floor(panel.maxDataPoints ?? width);
  const { intervalMs, interval } = rangeUtil.calculateInterval(range, points, panel.interval);
  const scopedVars: ScopedVars = {
    __interval: { text: interval, value: interval },
    __interval_ms: { text: String(intervalMs), value: intervalMs },
    __rate_interval: { text: rate(intervalMs), value: rate(intervalMs) },
  };
  const request = {
    app: app ?? CoreApp.Dashboard,
    requestId: `panel-${panel.id}`,
    dashboardUID: dashboardUid,
    panelId: panel.id,
    panelPluginId: panel.type,
    timezone: timeZone,
    range,
    rangeRaw: range.raw,
    interval,
    intervalMs,
    maxDataPoints: points,
    scopedVars,
    filters,
    startTime: Date.now(),
    targets: (isPrometheus(panel) ? overRecords(panel) : (panel.targets ?? []))
      .filter((target) => !target.hide && (!datasource.filterQuery || datasource.filterQuery(target)))
      .map(({ datasource: _, ...target }) => target),
  } as unknown as DataQueryRequest<EntraQuery>;
  const answer: Answer = { state: LoadingState.Done, series: [], raw: [], timeRange: range, request };
  try {
    const response = await lastValueFrom(datasource.query(request));
    const frames = response.data.map((frame) => toDataFrame(frame));
    answer.raw = isPrometheus(panel) ? inShape(panel, frames) : frames;
    answer.errors = response.errors ?? (response.error ? [response.error] : undefined);
    answer.state = answer.errors ? LoadingState.Error : LoadingState.Done;
    answer.series = panel.transformations?.length
      ? await lastValueFrom(
          transformDataFrame(
            panel.transformations.filter(({ disabled }) => !disabled),
            answer.raw,
            { interpolate: (text) => variables.replace(text) }
          )
        )
      : answer.raw;
  } catch (error) {
    answer.errors = [{ message: messageOf(error) } as DataQueryError];
    answer.state = LoadingState.Error;
  }
  request.endTime = Date.now();
  return answer;
}

/** Prometheus' advice for rates: no less than four scrapes of 15 seconds. */
const rate = (intervalMs: number) => `${Math.max(60, Math.round(intervalMs / 1000) + 15)}s`;

/** Tells the panels that ask Prometheus, of which the plugin answers some. */
export function isPrometheus({ datasource: of, targets }: PanelModel): boolean {
  return (of ?? targets?.[0]?.datasource)?.type === 'prometheus';
}
