import { css } from '@emotion/css';
import { CoreApp, type DataFrame, type DataQueryRequest, SupplementaryQueryType, toDataFrame } from '@grafana/data';
import { Button, PanelChrome, RefreshPicker, Stack, useTheme2 } from '@grafana/ui';
import React, { Suspense, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';

import { isMetrics } from '../../src/metrics/query';
import type { EntraQuery, Query } from '../../src/types';
import { rangeOf, setParams, useAddress } from './address';
import { Inspector, type InspectorTab } from './Inspector';
import type { PanelModel } from './model';
import { panels } from './panels';
import { RangePicker } from './RangePicker';
import { components, datasource } from './services';
import { variables } from './templating';
import { usePanelData, withConfig } from './usePanelData';

const FALLBACK = { from: 'now-7d', to: 'now' };

interface State {
  queries: EntraQuery[];
  range: { from: string; to: string };
}

/** What Explore shows, from its address: that which links of data sources lead to. */
function stateOf(params: URLSearchParams): State {
  let queries: EntraQuery[] | undefined;
  let range: State['range'] | undefined;
  try {
    const pane = Object.values(JSON.parse(params.get('panes') ?? '{}'))[0] as State | undefined;
    ({ queries, range } = pane ?? (JSON.parse(params.get('left') ?? '{}') as Partial<State>));
  } catch {
    // An address that is none of Explore's.
  }
  const first = { refId: 'A', ...datasource.getDefaultQuery(CoreApp.Explore) } as EntraQuery;
  return { queries: queries?.length ? queries : [first], range: range ?? FALLBACK };
}

/** The query editor, and its result as a graph, a table or log lines. */
export function ExplorePage() {
  const theme = useTheme2();
  const { searchParams: params } = useAddress();
  const key = params.get('left') ?? params.get('panes') ?? '';
  // eslint-disable-next-line react-hooks/exhaustive-deps -- the key is what of the address matters
  const state = useMemo(() => stateOf(params), [key]);
  const [query, setQuery] = useState(state.queries[0]);
  const [requested, setRequested] = useState({ query: state.queries[0], revision: 0 });
  const [inspected, setInspected] = useState<InspectorTab>();
  const [isLive, setLive] = useState(false);
  const timeZone = params.get('timezone') ?? 'browser';
  const range = useMemo(
    () => rangeOf(new URLSearchParams(state.range), FALLBACK, timeZone),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- another run moves "now"
    [state, timeZone, requested.revision]
  );
  variables.list = [];
  variables.range = range;
  variables.timeZone = timeZone;
  variables.scope = {};

  useEffect(() => {
    setQuery(state.queries[0]);
    setRequested(({ revision }) => ({ query: state.queries[0], revision: revision + 1 }));
  }, [state]);

  const host = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const measure = () => setWidth(host.current?.clientWidth ?? 0);
    measure();
    window.addEventListener('resize', measure);
    return () => window.removeEventListener('resize', measure);
  }, []);

  const save = (changes: Partial<State>) =>
    setParams({
      left: JSON.stringify({ datasource: datasource.uid, queries: [query], range: state.range, ...changes }),
      panes: undefined,
    });
  const run = () => {
    save({});
    setRequested(({ revision }) => ({ query: latest.current, revision: revision + 1 }));
  };
  const latest = useRef(query);
  latest.current = query;

  const panel: PanelModel = useMemo(
    () => ({
      id: 0,
      type: 'table',
      title: 'Answer',
      gridPos: { x: 0, y: 0, w: 24, h: 12 },
      targets: [requested.query],
      options: {},
    }),
    [requested.query]
  );
  const result = usePanelData({
    panel,
    range,
    timeZone,
    width: width || 1000,
    app: CoreApp.Explore,
    revision: requested.revision,
  });
  const volume = useVolume(requested.query, range, timeZone, requested.revision);
  const tail = useTail(isLive ? requested.query : undefined, range, timeZone);
  const Editor = components.QueryEditor!;
  const frames = isLive ? withConfig(tail, panel, timeZone, theme) : result.series;
  const shape = shapeOf(requested.query);
  const draw = (type: string, title: string, drawn: DataFrame[], height: number) => {
    const Panel = panels[type];
    return (
      <PanelChrome title={title} width={width} height={height} padding={type === 'timeseries' ? 'md' : 'none'}>
        {(innerWidth, innerHeight) => (
          <Suspense fallback={null}>
            {drawn.some(({ length }) => length > 0) ? (
              <Panel
                panel={{ ...panel, type, title }}
                data={result}
                frames={drawn}
                width={innerWidth}
                height={innerHeight}
                range={range}
                timeZone={timeZone}
                annotations={[]}
                onRange={(from, to) => save({ range: { from: String(Math.round(from)), to: String(Math.round(to)) } })}
                onFilter={({ key, operator, value }) => {
                  const type = operator === '=' ? 'ADD_FILTER' : 'ADD_FILTER_OUT';
                  save({ queries: [datasource.modifyQuery(query, { type, options: { key, value } })] });
                }}
              />
            ) : (
              <p style={{ textAlign: 'center' }}>{isLive ? 'Waiting for new records' : 'No data'}</p>
            )}
          </Suspense>
        )}
      </PanelChrome>
    );
  };

  return (
    <div className={css({ padding: theme.spacing(1, 2) })}>
      <Stack justifyContent="space-between" wrap="wrap">
        <h1 className={css({ fontSize: theme.typography.h4.fontSize })}>Explore</h1>
        <Stack>
          <Button
            variant="secondary"
            icon={isLive ? 'pause' : 'play'}
            aria-pressed={isLive}
            onClick={() => setLive(!isLive)}
          >
            Live
          </Button>
          <Button variant="secondary" icon="info-circle" onClick={() => setInspected('query')}>
            Query inspector
          </Button>
          <RangePicker range={range} timeZone={timeZone} onChange={(changed) => save({ range: changed })} />
          <RefreshPicker
            tooltip="Run query"
            onRefresh={run}
            onIntervalChanged={() => {}}
            noIntervalPicker
            text="Run query"
          />
        </Stack>
      </Stack>
      <section
        aria-label="Query"
        className={css({
          background: theme.colors.background.primary,
          padding: theme.spacing(1),
          marginBottom: theme.spacing(1),
        })}
      >
        <Editor
          app={CoreApp.Explore}
          datasource={datasource}
          query={query}
          range={range}
          data={result}
          onChange={(changed) => {
            latest.current = changed as EntraQuery;
            setQuery(changed as EntraQuery);
          }}
          onRunQuery={() => setRequested(({ revision }) => ({ query: latest.current, revision: revision + 1 }))}
        />
      </section>
      {result.errors?.map(({ message }, i) => (
        <p key={i} role="alert">
          {message}
        </p>
      ))}
      {result.raw
        .flatMap(({ meta }) => meta?.notices ?? [])
        .map(({ text }, i) => (
          <p key={i}>{text}</p>
        ))}
      <div ref={host} data-state={result.state} data-rows={frames.reduce((sum, { length }) => sum + length, 0)}>
        {width > 0 && (
          <Stack direction="column">
            {volume.length > 0 && draw('timeseries', 'Logs volume', withConfig(volume, BARS, timeZone, theme), 180)}
            {shape === 'graph' && draw('timeseries', 'Graph', frames, 320)}
            {shape === 'logs' || isLive
              ? draw('logs', 'Logs', frames, heightOf(frames, 520))
              : draw('table', 'Table', frames, heightOf(frames, 420))}
          </Stack>
        )}
      </div>
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
    </div>
  );
}

const BARS: PanelModel = {
  id: 0,
  type: 'timeseries',
  gridPos: { x: 0, y: 0, w: 24, h: 6 },
  fieldConfig: {
    defaults: { custom: { drawStyle: 'bars', fillOpacity: 100, stacking: { mode: 'normal', group: 'A' } } },
    overrides: [],
  },
};

/** As much as the rows need, up to where they scroll. */
const heightOf = (frames: DataFrame[], most: number) =>
  Math.min(most, 80 + 36 * (Math.max(0, ...frames.map(({ length }) => length)) + 1));

function shapeOf(query: Query): 'graph' | 'logs' | 'table' {
  if (isMetrics(query)) {
    return query.instant ? 'table' : 'graph';
  }
  return query.view === 'timeSeries' ? 'graph' : query.view === 'logs' ? 'logs' : 'table';
}

type Range = ReturnType<typeof rangeOf>;

function requestFor(query: EntraQuery, range: Range, timezone: string): DataQueryRequest<EntraQuery> {
  const intervalMs = Math.max(1000, Math.round((range.to.valueOf() - range.from.valueOf()) / 100));
  return {
    app: CoreApp.Explore,
    requestId: 'explore',
    timezone,
    range,
    interval: `${Math.round(intervalMs / 1000)}s`,
    intervalMs,
    maxDataPoints: 100,
    scopedVars: {},
    startTime: Date.now(),
    targets: [{ ...query, datasource: undefined }],
  };
}

/** How many lines there are over time, which Explore queries beside log lines. */
function useVolume(query: EntraQuery, range: Range, timeZone: string, revision: number): DataFrame[] {
  const [frames, setFrames] = useState<DataFrame[]>([]);
  useEffect(() => {
    const request = datasource.getSupplementaryRequest(
      SupplementaryQueryType.LogsVolume,
      requestFor(query, range, timeZone)
    );
    setFrames([]);
    const requested =
      request &&
      datasource.query(request).subscribe({
        next: ({ data }) => setFrames(data.map((frame) => toDataFrame(frame))),
        error: (error) => console.warn('The logs volume has no answer', error),
      });
    return () => requested?.unsubscribe();
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the revision says when to run
  }, [revision]);
  return frames;
}

/** New records as they come in. */
function useTail(query: EntraQuery | undefined, range: Range, timeZone: string): DataFrame[] {
  const [frames, setFrames] = useState<DataFrame[]>([]);
  useEffect(() => {
    setFrames([]);
    const followed =
      query &&
      datasource.query({ ...requestFor(query, range, timeZone), liveStreaming: true }).subscribe({
        next: ({ data }) => setFrames(data.map((frame) => toDataFrame(frame))),
        error: (error) => console.warn('The live tail has ended', error),
      });
    return () => followed?.unsubscribe();
    // eslint-disable-next-line react-hooks/exhaustive-deps -- a tail has no range
  }, [query]);
  return frames;
}
