import { formattedValueToString, type LinkModel } from '@grafana/data';
import { LegendDisplayMode } from '@grafana/schema';
import { useTheme2, VizLayout, VizLegend } from '@grafana/ui';
import { arc, pie } from 'd3-shape';
import React from 'react';

import type { PanelProps } from './PanelProps';
import { Marked } from './Marked';
import { useValues } from './values';

/** Grafana publishes no pie chart. */
export function PieChartPanel(props: PanelProps) {
  const theme = useTheme2();
  const { panel, width, height } = props;
  const { legend, pieType, displayLabels = [] } = panel.options ?? {};
  const values = useValues(props).filter(({ display }) => display.numeric > 0);
  const sum = values.reduce((total, { display }) => total + display.numeric, 0);
  const percent = (value: number) => `${Math.round((100 * value) / sum)}%`;
  const items = values.map(({ display }) => ({
    label: display.title ?? '',
    color: display.color,
    yAxis: 1,
    getDisplayValues: () => [
      ...(legend?.values?.includes('value') ? [{ ...display, title: 'Value' }] : []),
      ...(legend?.values?.includes('percent')
        ? [{ numeric: display.numeric, text: percent(display.numeric), title: 'Percent' }]
        : []),
    ],
  }));
  const placement = legend?.placement ?? 'right';
  const shownLegend =
    legend?.showLegend === false ? null : (
      <VizLayout.Legend placement={placement}>
        <VizLegend items={items} placement={placement} displayMode={legend?.displayMode ?? LegendDisplayMode.List} />
      </VizLayout.Legend>
    );

  return (
    <VizLayout width={width} height={height} legend={shownLegend}>
      {(width, height) => {
        const radius = Math.max(10, Math.min(width, height) / 2 - 8);
        const shape = arc<{ startAngle: number; endAngle: number }>()
          .innerRadius(pieType === 'donut' ? radius * 0.6 : 0)
          .outerRadius(radius);
        const slices = pie<(typeof values)[number]>()
          .value(({ display }) => display.numeric)
          .sort(null)(values);
        return (
          <svg width={width} height={height} role="group" aria-label={panel.title}>
            <g transform={`translate(${width / 2} ${height / 2})`}>
              {slices.map((slice, i) => {
                const { display, hasLinks, getLinks } = slice.data;
                const [x, y] = shape.centroid(slice);
                const label = [
                  displayLabels.includes('name') && display.title,
                  displayLabels.includes('value') && formattedValueToString(display),
                  displayLabels.includes('percent') && percent(display.numeric),
                ].filter(Boolean);
                return (
                  <Marked
                    key={i}
                    label={`${display.title} ${formattedValueToString(display)}, ${percent(display.numeric)}`}
                    links={hasLinks ? (getLinks?.() as LinkModel[]) : []}
                  >
                    <path d={shape(slice) ?? ''} fill={display.color} stroke={theme.colors.background.primary} />
                    {slice.endAngle - slice.startAngle > 0.3 && (
                      <text
                        x={x}
                        y={y}
                        textAnchor="middle"
                        fontSize={12}
                        fill={theme.colors.getContrastText(display.color ?? '#000')}
                      >
                        {label.join(' ')}
                      </text>
                    )}
                  </Marked>
                );
              })}
            </g>
          </svg>
        );
      }}
    </VizLayout>
  );
}
