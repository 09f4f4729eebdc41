import { FieldType, getFieldDisplayName } from '@grafana/data';
import { useTheme2, VizLayout, VizLegend } from '@grafana/ui';
import { LegendDisplayMode } from '@grafana/schema';
import React from 'react';

import type { PanelProps } from './PanelProps';
import { links, Marked, text } from './Marked';

const SPACE = { left: 56, right: 8, top: 8, bottom: 40 };

/** Grafana publishes no bar chart: one row of bars for each value of the first field that is no number. */
export function BarChartPanel({ panel, frames, width, height }: PanelProps) {
  const theme = useTheme2();
  const options = panel.options ?? {};
  const frame = frames.find(({ fields }) => fields.some(({ values }) => values.length > 0))!;
  const named = frame.fields.find(
    (field) => getFieldDisplayName(field, frame) === options.xField || field.name === options.xField
  );
  const x = named ?? frame.fields.find(({ type }) => type !== FieldType.number) ?? frame.fields[0];
  const bars = frame.fields.filter(
    (field) => field !== x && field.type === FieldType.number && !field.config.custom?.hideFrom?.viz
  );
  const isLying = options.orientation === 'horizontal';
  const isStacked = ['normal', 'percent'].includes(options.stacking);
  const color = (i: number, row = 0) => {
    const field = bars[i];
    return field.display?.(field.values[row]).color ?? theme.visualization.getColorByName('blue');
  };
  const items = bars.map((field, i) => ({ label: getFieldDisplayName(field, frame), color: color(i), yAxis: 1 }));
  const legend =
    options.legend?.showLegend === false || bars.length < 2 ? null : (
      <VizLayout.Legend placement={options.legend?.placement ?? 'bottom'}>
        <VizLegend
          items={items}
          placement={options.legend?.placement ?? 'bottom'}
          displayMode={LegendDisplayMode.List}
        />
      </VizLayout.Legend>
    );

  const rows = x.values.length;
  const sums = x.values.map((_: unknown, row: number) => bars.map(({ values }) => Math.max(0, values[row] ?? 0)));
  const total = (row: number[]) => row.reduce((sum, value) => sum + value, 0);
  const scaled =
    options.stacking === 'percent' ? sums.map((row: number[]) => row.map((value) => value / (total(row) || 1))) : sums;
  const most = Math.max(1e-9, ...scaled.map((row: number[]) => (isStacked ? total(row) : Math.max(0, ...row))));

  return (
    <VizLayout width={width} height={height} legend={legend}>
      {(width, height) => {
        const left = isLying ? Math.min(220, width / 3) : SPACE.left;
        const inner = { width: width - left - SPACE.right, height: height - SPACE.top - (isLying ? 20 : SPACE.bottom) };
        const step = (isLying ? inner.height : inner.width) / rows;
        const long = isLying ? inner.width : inner.height;
        const thick = Math.max(1, (step * (options.groupWidth ?? 0.8)) / (isStacked ? 1 : bars.length));
        const every = Math.ceil((isLying ? 16 : 90) / step);
        const ticks = [0, 0.25, 0.5, 0.75, 1].map((share) => share * most);
        const shown = (value: number) => bars[0]?.display?.(value);
        return (
          <svg width={width} height={height} role="group" aria-label={panel.title}>
            {ticks.map((tick) => {
              const at = (tick / most) * long;
              const label =
                options.stacking === 'percent'
                  ? `${Math.round(tick * 100)}%`
                  : `${shown(tick)?.text ?? tick}${shown(tick)?.suffix ?? ''}`;
              return isLying ? (
                <g key={tick}>
                  <line
                    x1={left + at}
                    x2={left + at}
                    y1={SPACE.top}
                    y2={SPACE.top + inner.height}
                    stroke={theme.colors.border.weak}
                  />
                  <text x={left + at} y={height - 4} textAnchor="middle" fontSize={12} fill={theme.colors.text.primary}>
                    {label}
                  </text>
                </g>
              ) : (
                <g key={tick}>
                  <line
                    x1={left}
                    x2={left + inner.width}
                    y1={SPACE.top + long - at}
                    y2={SPACE.top + long - at}
                    stroke={theme.colors.border.weak}
                  />
                  <text
                    x={left - 6}
                    y={SPACE.top + long - at + 4}
                    textAnchor="end"
                    fontSize={12}
                    fill={theme.colors.text.primary}
                  >
                    {label}
                  </text>
                </g>
              );
            })}
            {scaled.map((row: number[], r: number) => {
              let below = 0;
              const begin = (isLying ? SPACE.top : left) + r * step + (step * (1 - (options.groupWidth ?? 0.8))) / 2;
              return (
                <g key={r}>
                  {r % every === 0 && (
                    <text
                      x={isLying ? left - 6 : begin + (thick * (isStacked ? 1 : bars.length)) / 2}
                      y={isLying ? begin + (thick * (isStacked ? 1 : bars.length)) / 2 + 4 : height - SPACE.bottom + 16}
                      textAnchor={isLying ? 'end' : 'middle'}
                      fontSize={12}
                      fill={theme.colors.text.primary}
                    >
                      {shorten(text(x, r), isLying ? left / 7 : (step * every) / 7)}
                    </text>
                  )}
                  {row.map((value, i) => {
                    const size = (value / most) * long;
                    const from = isStacked ? below : 0;
                    below += size;
                    const across = begin + (isStacked ? 0 : i * thick);
                    const place = isLying
                      ? { x: left + from, y: across, width: size, height: thick }
                      : { x: across, y: SPACE.top + long - from - size, width: thick, height: size };
                    return (
                      <Marked
                        key={i}
                        label={`${text(x, r)}: ${items[i].label} ${text(bars[i], r)}`}
                        links={links(bars[i], r).concat(links(x, r))}
                      >
                        <rect {...place} fill={color(i, r)} />
                      </Marked>
                    );
                  })}
                </g>
              );
            })}
          </svg>
        );
      }}
    </VizLayout>
  );
}

const shorten = (name: string, length: number) =>
  name.length > length ? `${name.slice(0, Math.max(1, length - 1))}…` : name;
