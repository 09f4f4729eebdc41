import { dateTimeFormat, type Field, FieldType, formattedValueToString, getFieldDisplayName } from '@grafana/data';
import { useTheme2 } from '@grafana/ui';
import React from 'react';

import type { PanelProps } from './PanelProps';
import { links, Marked } from './Marked';

const LEFT = 140;
const BELOW = 24;

/** Grafana publishes no state timeline: a row for each field, a bar for each stretch of one value. */
export function StateTimelinePanel({ panel, frames, width, height, range, timeZone }: PanelProps) {
  const theme = useTheme2();
  const rows = frames.flatMap((frame) => {
    const time = frame.fields.find(({ type }) => type === FieldType.time);
    const states = frame.fields.filter((field) => field !== time && !field.config.custom?.hideFrom?.viz);
    return time ? states.map((field) => ({ name: getFieldDisplayName(field, frame, frames), time, field })) : [];
  });
  const [from, to] = [range.from.valueOf(), range.to.valueOf()];
  const x = (at: number) => LEFT + ((Math.min(to, Math.max(from, at)) - from) / (to - from)) * (width - LEFT);
  const rowHeight = (height - BELOW) / Math.max(1, rows.length);
  const thick = rowHeight * (panel.options?.rowHeight ?? 0.9);

  return (
    <svg width={width} height={height} role="group" aria-label={panel.title}>
      {rows.map(({ name, time, field }, r) => (
        <g key={r}>
          <text
            x={LEFT - 8}
            y={r * rowHeight + rowHeight / 2 + 4}
            textAnchor="end"
            fontSize={12}
            fill={theme.colors.text.primary}
          >
            {name.length > 19 ? `${name.slice(0, 18)}…` : name}
          </text>
          {stretches(field, time).map(({ row, begin, end }) => {
            const shown = field.display?.(field.values[row]);
            const label = shown ? formattedValueToString(shown) : String(field.values[row]);
            const last = end ?? to;
            const wide = x(last) - x(begin);
            return (
              <Marked
                key={row}
                label={`${name}: ${label}, ${dateTimeFormat(begin, { timeZone })} to ${dateTimeFormat(last, { timeZone })}`}
                links={links(field, row)}
              >
                <rect
                  x={x(begin)}
                  y={r * rowHeight + (rowHeight - thick) / 2}
                  width={Math.max(1, wide)}
                  height={thick}
                  fill={shown?.color}
                />
                {wide > label.length * 7 + 8 && (
                  <text
                    x={x(begin) + 4}
                    y={r * rowHeight + rowHeight / 2 + 4}
                    fontSize={12}
                    fill={theme.colors.getContrastText(shown?.color ?? '#000')}
                  >
                    {label}
                  </text>
                )}
              </Marked>
            );
          })}
        </g>
      ))}
      {[0, 0.25, 0.5, 0.75].map((share) => (
        <text
          key={share}
          x={LEFT + share * (width - LEFT)}
          y={height - 6}
          fontSize={12}
          fill={theme.colors.text.primary}
        >
          {dateTimeFormat(from + share * (to - from), { timeZone, format: 'MM-DD HH:mm' })}
        </text>
      ))}
    </svg>
  );
}

/** Where a value begins, and where the next, other one does. */
function stretches(field: Field, time: Field): Array<{ row: number; begin: number; end?: number }> {
  const found: Array<{ row: number; begin: number; end?: number }> = [];
  field.values.forEach((value: unknown, row: number) => {
    const last = found.at(-1);
    if (last && last.end === undefined) {
      if (field.values[last.row] === value) {
        return;
      }
      last.end = time.values[row];
    }
    if (value !== null && value !== undefined) {
      found.push({ row, begin: time.values[row] });
    }
  });
  return found;
}
