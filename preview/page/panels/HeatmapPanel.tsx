import {
  colorManipulator,
  dateTimeFormat,
  FieldType,
  formattedValueToString,
  getFieldDisplayName,
} from '@grafana/data';
import { useTheme2 } from '@grafana/ui';
import React from 'react';

import type { PanelProps } from './PanelProps';
import { links, Marked } from './Marked';

/** What a scheme of Grafana's looks like at its strong end. */
const SCHEMES: Record<string, string> = {
  Blues: 'blue',
  Greens: 'green',
  Oranges: 'orange',
  Reds: 'red',
  Purples: 'purple',
};
const LEFT = 80;
const BELOW = 24;

/** Grafana publishes no heat map: frames of type heatmap-rows, a column for each time and a row for each number field. */
export function HeatmapPanel({ panel, frames, width, height, timeZone }: PanelProps) {
  const theme = useTheme2();
  const options = panel.options ?? {};
  const frame = frames[0];
  const time = frame.fields.find(({ type }) => type === FieldType.time);
  const rows = frame.fields.filter(({ type }) => type === FieldType.number);
  if (!time || rows.length === 0) {
    return <p>A heat map needs a time and a number for each row.</p>;
  }
  const columns = time.values.length;
  const most = Math.max(1, ...rows.flatMap(({ values }) => values.map(Number)));
  const strong = theme.visualization.getColorByName(
    options.color?.mode === 'opacity' ? (options.color.fill ?? 'blue') : (SCHEMES[options.color?.scheme] ?? 'orange')
  );
  const cell = { width: (width - LEFT) / columns, height: (height - BELOW) / rows.length };
  const gap = Math.min(options.cellGap ?? 1, cell.width / 4, cell.height / 4);
  const everyRow = Math.ceil(14 / cell.height);
  const everyColumn = Math.ceil(80 / cell.width);
  const isReversed = options.yAxis?.reverse;

  return (
    <svg width={width} height={height} role="group" aria-label={panel.title}>
      {rows.map((field, r) => {
        const y = (isReversed ? r : rows.length - 1 - r) * cell.height;
        const name = getFieldDisplayName(field, frame);
        return (
          <g key={r}>
            {r % everyRow === 0 && (
              <text
                x={LEFT - 6}
                y={y + cell.height / 2 + 4}
                textAnchor="end"
                fontSize={12}
                fill={theme.colors.text.primary}
              >
                {name}
              </text>
            )}
            {field.values.map((value: number | null, c: number) =>
              value ? (
                <Marked
                  key={c}
                  label={`${dateTimeFormat(time.values[c], { timeZone, format: 'YYYY-MM-DD' })}, ${name}: ${field.display ? formattedValueToString(field.display(value)) : value}`}
                  links={links(field, c)}
                >
                  <rect
                    x={LEFT + c * cell.width}
                    y={y}
                    width={cell.width - gap}
                    height={cell.height - gap}
                    fill={colorManipulator.alpha(strong, 0.12 + 0.88 * Math.sqrt(value / most))}
                  />
                </Marked>
              ) : null
            )}
          </g>
        );
      })}
      {time.values.map(
        (at: number, c: number) =>
          c % everyColumn === 0 && (
            <text key={c} x={LEFT + c * cell.width} y={height - 6} fontSize={12} fill={theme.colors.text.primary}>
              {dateTimeFormat(at, { timeZone, format: 'MM-DD' })}
            </text>
          )
      )}
    </svg>
  );
}
