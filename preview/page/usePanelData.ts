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

export interface PanelResult extends PanelData {
  /** As it came, before transformations and overrides. */
  raw: DataFrame[];
}

export interface PanelRequest {
  panel: PanelModel;
  range: TimeRange;
  timeZone: string;
  width: number;
  dashboardUid?: string;
  filters?: AdHocFilter[];
  app?: CoreApp;
  /** Runs anew when it changes. */
  revision: unknown;
}

/** Runs a panel's queries, and shapes the result as its transformations and fields' options say. */
export function usePanelData({
  panel,
  range,
  timeZone,
  width,
  filters,
  app,
  dashboardUid,
  revision,
}: PanelRequest): PanelResult {
  const theme = useTheme2();
  const [result, setResult] = useState<PanelResult>({
    state: LoadingState.Loading,
    series: [],
    raw: [],
    timeRange: range,
  });

  useEffect(() => {
    const abort = new AbortController();
    setResult((last) => ({ ...last, state: LoadingState.Loading }));
    void run({ panel, range, timeZone, width, filters, app, dashboardUid, revision }).then((found) => {
      if (!abort.signal.aborted) {
        setResult(found);
      }
    });
    return () => abort.abort();
    // The revision says what else changes the result.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [panel, revision]);

  return useMemo(
    () => ({ ...result, series: withConfig(result.series, panel, timeZone, theme) }),
    [result, panel, timeZone, theme]
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

async function run({ panel, range, timeZone, width, filters, app, dashboardUid }: PanelRequest): Promise<PanelResult> {
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
  const result: PanelResult = { state: LoadingState.Done, series: [], raw: [], timeRange: range, request };
  try {
    const response = await lastValueFrom(datasource.query(request));
    const frames = response.data.map((frame) => toDataFrame(frame));
    result.raw = isPrometheus(panel) ? inShape(panel, frames) : frames;
    result.errors = response.errors ?? (response.error ? [response.error] : undefined);
    result.state = result.errors ? LoadingState.Error : LoadingState.Done;
    result.series = panel.transformations?.length
      ? await lastValueFrom(
          transformDataFrame(
            panel.transformations.filter(({ disabled }) => !disabled),
            result.raw,
            { interpolate: (text) => variables.replace(text) }
          )
        )
      : result.raw;
  } catch (error) {
    result.errors = [{ message: messageOf(error) } as DataQueryError];
    result.state = LoadingState.Error;
  }
  request.endTime = Date.now();
  return result;
}

/** Prometheus' advice for rates: no less than four scrapes of 15 seconds. */
const rate = (intervalMs: number) => `${Math.max(60, Math.round(intervalMs / 1000) + 15)}s`;

/** Whether a panel queries Prometheus; the plugin can show some of these. */
export function isPrometheus({ datasource: of, targets }: PanelModel): boolean {
  return (of ?? targets?.[0]?.datasource)?.type === 'prometheus';
}
