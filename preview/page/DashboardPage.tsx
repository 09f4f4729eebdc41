import { css } from '@emotion/css';
import { type DataFrame, type GrafanaTheme2, rangeUtil } from '@grafana/data';
import { Button, Dropdown, Icon, LinkButton, Menu, RefreshPicker, Stack, useStyles2 } from '@grafana/ui';
import React, { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';

import { rangeOf, setParams, useAddress } from './address';
import { useAnnotations } from './annotations';
import type { AnnotationModel, DashboardLink, DashboardModel, PanelModel } from './model';
import { PanelView } from './PanelView';
import { RangePicker } from './RangePicker';
import { variables } from './templating';
import { useVariables } from './useVariables';
import { VariableControls } from './VariableControls';

const CELL = 30;
const GAP = 8;
const FALLBACK = { from: 'now-6h', to: 'now' };

export function DashboardPage({ dashboard, all }: { dashboard: DashboardModel; all: DashboardModel[] }) {
  const styles = useStyles2(getStyles);
  const { searchParams: params } = useAddress();
  const [requested, setRequested] = useState(0);
  const timeZone = params.get('timezone') ?? (dashboard.timezone || 'browser');
  const rangeKey = ['from', 'to', 'time', 'time.window'].map((name) => params.get(name)).join(' ');
  const range = useMemo(
    () => rangeOf(params, dashboard.time ?? FALLBACK, timeZone),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- a refresh moves "now"
    [rangeKey, dashboard, timeZone, requested]
  );
  variables.range = range;
  variables.timeZone = timeZone;
  variables.scope = {
    __dashboard: { text: dashboard.title, value: { uid: dashboard.uid, name: dashboard.title } },
    __user: { text: variables.viewer, value: { id: 1, login: 'preview', email: variables.viewer } },
    __org: { text: 'preview', value: { id: 1, name: 'preview' } },
  };

  const list = useVariables(dashboard, params, range);
  const filters = list?.flatMap((variable) => variable.filters);
  const revision = JSON.stringify([
    range.from.valueOf(),
    range.to.valueOf(),
    timeZone,
    requested,
    list?.map(({ name, value }) => [name, value]),
    filters,
  ]);

  const onRange = useCallback(
    (from: number, to: number) =>
      setParams({
        from: String(Math.round(from)),
        to: String(Math.round(to)),
        time: undefined,
        'time.window': undefined,
      }),
    []
  );
  const adHoc = list?.find(({ type }) => type === 'adhoc');
  const onFilter = useCallback(
    ({ key, operator, value }: { key: string; operator: string; value: string }) =>
      adHoc &&
      setParams({
        [`var-${adHoc.name}`]: [
          ...adHoc.filters.map((f) => [f.key, f.operator, f.value].join('|')),
          [key, operator, value].join('|'),
        ],
      }),
    [adHoc]
  );

  const refresh = params.get('refresh') ?? (dashboard.refresh || '');
  useEffect(() => {
    if (!refresh) {
      return;
    }
    const timer = setInterval(() => setRequested((count) => count + 1), rangeUtil.intervalToMs(refresh));
    return () => clearInterval(timer);
  }, [refresh]);

  const [marks, toggleMark, annotations] = useAnnotations(dashboard, list && revision, range, timeZone);
  const viewed = Number(params.get('viewPanel'));

  return (
    <>
      <header className={styles.bar}>
        <h1 className={styles.title}>{dashboard.title}</h1>
        <Stack wrap="wrap" alignItems="center">
          {(dashboard.links ?? []).map((link) => (
            <HeaderLink key={link.title} link={link} all={all} />
          ))}
          {viewed > 0 && (
            <Button variant="secondary" icon="arrow-left" onClick={() => setParams({ viewPanel: undefined })}>
              Back to dashboard
            </Button>
          )}
          {!dashboard.timepicker?.hidden && (
            <RangePicker
              range={range}
              timeZone={timeZone}
              onChange={(changed) => setParams({ ...changed, time: undefined, 'time.window': undefined })}
            />
          )}
          <RefreshPicker
            value={refresh}
            tooltip="Refresh"
            onRefresh={() => setRequested((count) => count + 1)}
            onIntervalChanged={(interval) => setParams({ refresh: interval || undefined })}
          />
        </Stack>
      </header>
      {list && (
        <VariableControls
          list={list}
          range={range}
          queries={(dashboard.panels ?? []).flatMap(({ targets = [] }) => targets)}
        >
          <AnnotationToggles list={marks} onToggle={toggleMark} />
        </VariableControls>
      )}
      {list && (
        <Grid
          key={dashboard.uid}
          panels={dashboard.panels ?? []}
          viewed={viewed}
          draw={(panel, width, height) => (
            <PanelView
              key={panel.id}
              dashboardUid={dashboard.uid}
              {...{ panel, width, height, range, timeZone, revision, annotations, filters, onRange }}
              onFilter={adHoc && onFilter}
            />
          )}
        />
      )}
    </>
  );
}

function HeaderLink({ link, all }: { link: DashboardLink; all: DashboardModel[] }) {
  const withState = (url: string) => {
    const parts = [link.keepTime && '${__url_time_range}', link.includeVars && '${__all_variables}']
      .filter(Boolean)
      .join('&');
    const whole = parts ? url + (url.includes('?') ? '&' : '?') + parts : url;
    return variables.replace(whole, {}, 'uriencode');
  };
  if (link.type === 'link') {
    return (
      <LinkButton
        variant="secondary"
        size="sm"
        tooltip={link.tooltip}
        href={withState(link.url ?? '')}
        target={link.targetBlank ? '_blank' : undefined}
      >
        {variables.replace(link.title)}
      </LinkButton>
    );
  }
  const matching = all.filter(({ tags = [] }) => (link.tags ?? []).every((tag) => tags.includes(tag)));
  const items = matching.map(({ uid, title }) => ({ title, href: withState(`/d/${uid}`) }));
  if (!link.asDropdown) {
    return items.map(({ title, href }) => (
      <LinkButton key={href} variant="secondary" size="sm" href={href}>
        {title}
      </LinkButton>
    ));
  }
  const overlay = (
    <Menu>
      {items.map(({ title, href }) => (
        <Menu.Item key={href} label={title} url={href} />
      ))}
    </Menu>
  );
  return (
    <Dropdown overlay={overlay}>
      <Button variant="secondary" size="sm" icon="bars">
        {link.title}
      </Button>
    </Dropdown>
  );
}

function AnnotationToggles({ list, onToggle }: { list: AnnotationModel[]; onToggle: (name: string) => void }) {
  return list
    .filter(({ hide }) => !hide)
    .map(({ name, enable }) => (
      <Button
        key={name}
        size="sm"
        variant={enable ? 'primary' : 'secondary'}
        fill="outline"
        aria-pressed={enable}
        onClick={() => onToggle(name)}
      >
        {name}
      </Button>
    ));
}

interface GridProps {
  panels: PanelModel[];
  viewed: number;
  draw: (panel: PanelModel, width: number, height: number) => React.ReactNode;
}

/** Lays panels out on Grafana's grid: 24 columns, rows of 30 pixels. */
function Grid({ panels, viewed, draw }: GridProps) {
  const styles = useStyles2(getStyles);
  const host = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  const [opened, setOpened] = useState<number[]>([]);

  useLayoutEffect(() => {
    const element = host.current!;
    const measure = () => setWidth(element.clientWidth);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const placed = place(panels, opened);
  const one =
    placed.find(({ panel }) => panel.id === viewed)?.panel ??
    panels.flatMap((p) => p.panels ?? []).find(({ id }) => id === viewed);
  if (one) {
    return (
      <div ref={host} className={styles.grid}>
        {width > 0 && draw(one, width, Math.max(300, window.innerHeight - 220))}
      </div>
    );
  }
  const column = (width - 23 * GAP) / 24;
  const bottom = Math.max(0, ...placed.map(({ panel, y }) => y + panel.gridPos.h));
  return (
    <div ref={host} className={styles.grid} style={{ height: bottom * (CELL + GAP) }}>
      {width > 0 &&
        placed.map(({ panel, y }) => {
          const { x, w, h } = panel.gridPos;
          const style = { position: 'absolute' as const, left: x * (column + GAP), top: y * (CELL + GAP) };
          const panelWidth = w * column + (w - 1) * GAP;
          if (panel.type === 'row') {
            const isOpen = !panel.collapsed || opened.includes(panel.id);
            const toggle = () => setOpened(isOpen ? opened.filter((id) => id !== panel.id) : [...opened, panel.id]);
            return (
              <h2 key={panel.id} className={styles.row} style={{ ...style, width }}>
                {panel.collapsed ? (
                  <Button
                    variant="secondary"
                    fill="text"
                    icon={isOpen ? 'angle-down' : 'angle-right'}
                    aria-expanded={isOpen}
                    onClick={toggle}
                  >
                    {variables.replace(panel.title)}
                  </Button>
                ) : (
                  <>
                    <Icon name="angle-down" /> {variables.replace(panel.title)}
                  </>
                )}
              </h2>
            );
          }
          return (
            <div key={panel.id} style={style}>
              {draw(panel, panelWidth, h * CELL + (h - 1) * GAP)}
            </div>
          );
        })}
    </div>
  );
}

/** Where each panel lies. Those of an opened row push what is below down. */
function place(panels: PanelModel[], opened: number[]): Array<{ panel: PanelModel; y: number }> {
  let pushed = 0;
  return [...panels]
    .sort((a, b) => a.gridPos.y - b.gridPos.y || a.gridPos.x - b.gridPos.x)
    .flatMap((panel) => {
      const y = panel.gridPos.y + pushed;
      const inside = panel.collapsed && opened.includes(panel.id) ? (panel.panels ?? []) : [];
      if (inside.length === 0) {
        return [{ panel, y }];
      }
      const top = Math.min(...inside.map((each) => each.gridPos.y));
      pushed += Math.max(...inside.map((each) => each.gridPos.y + each.gridPos.h)) - top;
      return [{ panel, y }, ...inside.map((each) => ({ panel: each, y: y + 1 + each.gridPos.y - top }))];
    });
}

export type Marks = DataFrame[];

const getStyles = (theme: GrafanaTheme2) => ({
  bar: css({
    display: 'flex',
    flexWrap: 'wrap',
    justifyContent: 'space-between',
    alignItems: 'center',
    gap: theme.spacing(1),
    padding: theme.spacing(1, 2),
  }),
  title: css({ fontSize: theme.typography.h4.fontSize, margin: 0 }),
  grid: css({ position: 'relative', margin: theme.spacing(1, 2, 2) }),
  row: css({ fontSize: theme.typography.h5.fontSize, margin: 0, lineHeight: `${CELL}px` }),
});
