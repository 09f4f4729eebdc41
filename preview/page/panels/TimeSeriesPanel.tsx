import {
  type DataFrame,
  dateTimeFormat,
  EventBusSrv,
  FieldType,
  formattedValueToString,
  getFieldDisplayName,
  type LinkModel,
} from '@grafana/data';
import { DashboardCursorSync } from '@grafana/schema';
import {
  LegendDisplayMode,
  PanelContextProvider,
  TimeSeries,
  TooltipDisplayMode,
  TooltipPlugin2,
  type UPlotConfigBuilder,
  useTheme2,
} from '@grafana/ui';
import React, { useLayoutEffect, useMemo } from 'react';

import { Tip } from './Tip';
import type { PanelProps } from './PanelProps';

const events = new EventBusSrv();

export function TimeSeriesPanel({ panel, frames, width, height, range, timeZone, annotations, onRange }: PanelProps) {
  const { legend, tooltip } = panel.options ?? {};
  const context = useMemo(
    () => ({ eventsScope: 'dashboard', eventBus: events, sync: () => DashboardCursorSync.Off }),
    []
  );
  const drawn = useMemo(
    () => frames.filter(({ fields }) => fields.some(({ type }) => type === FieldType.time)),
    [frames]
  );
  const single = tooltip?.mode === TooltipDisplayMode.Single;

  return (
    <PanelContextProvider value={context}>
      <TimeSeries
        frames={drawn}
        width={width}
        height={height}
        timeRange={range}
        timeZone={timeZone}
        legend={{ displayMode: LegendDisplayMode.List, placement: 'bottom', calcs: [], showLegend: true, ...legend }}
        options={{ annotations: annotations.length }}
      >
        {(config, aligned) => (
          <>
            <Marks config={config} frames={annotations} timeZone={timeZone} />
            {tooltip?.mode !== TooltipDisplayMode.None && (
              <TooltipPlugin2
                config={config}
                hoverMode={single ? 2 : 1}
                queryZoom={({ from, to }) => onRange(from, to)}
                clientZoom
                getDataLinks={(series, row) => linksOf(aligned, series, row)}
                render={(_u, rows, series, isPinned, dismiss, _range, _sync, links) => (
                  <Hovered
                    frame={aligned}
                    rows={rows}
                    series={series}
                    single={single}
                    timeZone={timeZone}
                    links={
                      isPinned
                        ? links.length > 0
                          ? links
                          : linksOf(aligned, series, series === null ? null : rows[series])
                        : []
                    }
                    dismiss={isPinned ? dismiss : undefined}
                  />
                )}
              />
            )}
          </>
        )}
      </TimeSeries>
    </PanelContextProvider>
  );
}

function linksOf(frame: DataFrame, series: number | null, row: number | null | undefined): LinkModel[] {
  if (series === null || row === null || row === undefined) {
    return [];
  }
  return frame.fields[series]?.getLinks?.({ valueRowIndex: row }) ?? [];
}

interface HoveredProps {
  frame: DataFrame;
  rows: Array<number | null>;
  series: number | null;
  single: boolean;
  timeZone: string;
  links: LinkModel[];
  dismiss?: () => void;
}

function Hovered({ frame, rows, series, single, timeZone, links, dismiss }: HoveredProps) {
  const at = rows.find((row) => row !== null && row !== undefined);
  if (at === null || at === undefined) {
    return null;
  }
  const shown = frame.fields.flatMap((field, i) => {
    const row = rows[i];
    if (
      field.type === FieldType.time ||
      row === null ||
      row === undefined ||
      (single && i !== series) ||
      field.config.custom?.hideFrom?.tooltip
    ) {
      return [];
    }
    const value = field.values[row];
    if (value === null || value === undefined) {
      return [];
    }
    const display = field.display?.(value);
    return [
      {
        name: getFieldDisplayName(field, frame),
        text: display ? formattedValueToString(display) : String(value),
        color: display?.color,
        strong: i === series,
      },
    ];
  });
  return (
    <Tip
      title={dateTimeFormat(frame.fields[0].values[at], { timeZone })}
      rows={shown}
      links={links}
      dismiss={dismiss}
    />
  );
}

/** Annotations as lines across the graph. */
function Marks({ config, frames, timeZone }: { config: UPlotConfigBuilder; frames: DataFrame[]; timeZone: string }) {
  const theme = useTheme2();
  const latest = React.useRef(frames);
  latest.current = frames;
  const host = React.useRef<HTMLDivElement | null>(null);

  useLayoutEffect(() => {
    config.addHook('draw', (u) => {
      host.current?.remove();
      const layer = document.createElement('div');
      host.current = layer;
      u.over.appendChild(layer);
      for (const frame of latest.current) {
        const [time, title, text] = ['time', 'title', 'text'].map((name) =>
          frame.fields.find((field) => field.name === name)
        );
        const color = theme.visualization.getColorByName(frame.meta?.custom?.color ?? 'blue');
        time?.values.forEach((at: number, row: number) => {
          if (at < u.scales.x.min! || at > u.scales.x.max!) {
            return;
          }
          const x = u.valToPos(at, 'x');
          const line = document.createElement('div');
          line.className = 'annotation';
          line.title = [dateTimeFormat(at, { timeZone }), title?.values[row], text?.values[row]]
            .filter(Boolean)
            .join('\n');
          line.style.cssText = `position:absolute;left:${x - 2}px;top:0;bottom:0;width:5px;border-left:1px dashed ${color};z-index:1`;
          layer.appendChild(line);
        });
      }
    });
  }, [config, theme, timeZone]);
  return null;
}
