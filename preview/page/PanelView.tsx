import { CoreApp, type DataFrame, FieldType, LoadingState, type TimeRange } from '@grafana/data';
import { ErrorBoundaryAlert, LinkButton, Menu, PanelChrome, Stack } from '@grafana/ui';
import { locationService } from '@grafana/runtime';
import React, { Suspense, useMemo, useState } from 'react';

import { setParams, shifted } from './address';
import { Inspector, type InspectorTab } from './Inspector';
import type { PanelModel } from './model';
import { panels, withoutData } from './panels';
import { datasource } from './services';
import { type AdHocFilter, variables } from './templating';
import { type PanelResult, isPrometheus, usePanelData } from './usePanelData';

interface Props {
  panel: PanelModel;
  range: TimeRange;
  timeZone: string;
  width: number;
  height: number;
  revision: unknown;
  annotations?: DataFrame[];
  dashboardUid?: string;
  filters?: AdHocFilter[];
  app?: CoreApp;
  onRange: (from: number, to: number) => void;
  onFilter?: (filter: AdHocFilter) => void;
}

/** One panel of a dashboard, with its menu. */
export function PanelView({
  panel,
  timeZone,
  width,
  height,
  revision,
  annotations = [],
  onRange,
  onFilter,
  ...rest
}: Props) {
  const [inspected, setInspected] = useState<InspectorTab>();
  const [timeFrom, timeShift] = [variables.replace(panel.timeFrom), variables.replace(panel.timeShift)];
  const range = useMemo(
    () => shifted(rest.range, timeFrom, timeShift, timeZone),
    [rest.range, timeFrom, timeShift, timeZone]
  );
  const result = usePanelData({
    panel,
    timeZone,
    width,
    ...rest,
    range,
    revision: JSON.stringify([revision, timeFrom, timeShift]),
  });
  const links = (panel.links ?? []).map(({ title, url, targetBlank }) => (
    <LinkButton
      key={title + url}
      size="sm"
      fill="text"
      icon="external-link-alt"
      href={variables.replace(url, {}, 'uriencode')}
      target={targetBlank ? '_blank' : undefined}
    >
      {variables.replace(title)}
    </LinkButton>
  ));
  const explore = () => {
    const [from, to] = [range.raw.from, range.raw.to].map((end) =>
      typeof end === 'string' ? end : String(end.valueOf())
    );
    const queries = datasource.interpolateVariablesInQueries(panel.targets ?? [], {}, rest.filters);
    const left = JSON.stringify({ datasource: datasource.uid, queries, range: { from, to } });
    locationService.push(`/explore?left=${encodeURIComponent(left)}`);
  };
  const menu = () => (
    <Menu>
      <Menu.Item label="View" icon="eye" onClick={() => setParams({ viewPanel: String(panel.id) })} />
      <Menu.Item label="Explore" icon="compass" onClick={explore} />
      <Menu.Item label="Inspect: data" icon="table" onClick={() => setInspected('data')} />
      <Menu.Item label="Inspect: query" icon="database" onClick={() => setInspected('query')} />
      <Menu.Item label="Inspect: panel JSON" icon="brackets-curly" onClick={() => setInspected('panel')} />
    </Menu>
  );

  const title = variables.replace(panel.title);
  const override =
    !panel.hideTimeOverride && (timeFrom || timeShift)
      ? `${timeFrom && `Last ${timeFrom}`} ${timeShift && `Timeshift -${timeShift}`}`
      : '';
  return (
    <section aria-label={title || panel.type} data-panel={panel.id} data-state={result.state}>
      <PanelChrome
        title={title}
        description={panel.description && (() => variables.replace(panel.description))}
        subtitle={undefined}
        titleItems={[override && <small key="time">{override}</small>, ...links]}
        width={width}
        height={height}
        padding={['table', 'logs'].includes(panel.type) ? 'none' : 'md'}
        displayMode={panel.transparent ? 'transparent' : 'default'}
        loadingState={result.state === LoadingState.Loading ? LoadingState.Loading : undefined}
        statusItems={isPrometheus(panel) ? [] : statusOf(result)}
        menu={withoutData.includes(panel.type) ? undefined : menu}
      >
        {(innerWidth, innerHeight) => (
          <Drawing
            {...{ panel, result, annotations: timeMarks(annotations, panel), timeZone, range, onRange, onFilter }}
            width={innerWidth}
            height={innerHeight}
          />
        )}
      </PanelChrome>
      {inspected && (
        <Inspector
          panel={panel}
          result={result}
          tab={inspected}
          timeZone={timeZone}
          onTab={setInspected}
          onClose={() => setInspected(undefined)}
        />
      )}
    </section>
  );
}

interface DrawingProps extends Pick<
  Props,
  'panel' | 'timeZone' | 'width' | 'height' | 'range' | 'onRange' | 'onFilter'
> {
  result: PanelResult;
  annotations: DataFrame[];
}

function Drawing({ panel, result, annotations, ...rest }: DrawingProps) {
  const Panel = panels[panel.type];
  const first = result.state === LoadingState.Loading && result.series.length === 0;
  if (rest.width <= 0 || rest.height <= 0 || first) {
    return null;
  }
  if (!Panel) {
    return <Message text={`The preview does not draw panels of type ${panel.type}.`} />;
  }
  if (isPrometheus(panel) && result.errors?.length) {
    return <Message text="Only Prometheus knows this, and the preview has none. See it in Grafana." />;
  }
  if (!withoutData.includes(panel.type) && isEmpty(result.series)) {
    const failed = result.errors?.length ? 'The query failed: see the mark beside the title.' : undefined;
    return (
      <Message text={failed ?? variables.replace(panel.fieldConfig?.defaults.noValue ?? 'No data')} empty={!failed} />
    );
  }
  return (
    <ErrorBoundaryAlert dependencies={[result]}>
      <Suspense fallback={null}>
        <Panel panel={panel} data={result} frames={result.series} annotations={annotations} {...rest} />
      </Suspense>
    </ErrorBoundaryAlert>
  );
}

export const isEmpty = (frames: DataFrame[]) =>
  !frames.some(({ fields }) => fields.some(({ values }) => values.length > 0));

function Message({ text, empty = false }: { text: string; empty?: boolean }) {
  return (
    <Stack height="100%" alignItems="center" justifyContent="center">
      <p data-empty={empty} style={{ margin: 8, textAlign: 'center' }}>
        {text}
      </p>
    </Stack>
  );
}

function statusOf({ errors = [], raw }: PanelResult) {
  const notices = raw.flatMap(({ meta }) => meta?.notices ?? []);
  return [
    ...errors.map(({ message, data }) => ({
      severity: 'error' as const,
      text: message ?? data?.message ?? 'The query failed',
    })),
    ...notices.map(({ severity, text }) => ({ severity, text })),
  ];
}

function timeMarks(annotations: DataFrame[], panel: PanelModel): DataFrame[] {
  return annotations.filter(({ meta, fields }) => {
    const filter = meta?.custom?.filter;
    const listed = filter?.ids?.includes(panel.id) ?? false;
    return (
      fields.some(({ type }) => type === FieldType.time) && (!filter?.ids?.length || listed !== Boolean(filter.exclude))
    );
  });
}
