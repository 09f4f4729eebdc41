import { type ComponentType, lazy } from 'react';

import type { PanelProps } from './PanelProps';

const of = (load: () => Promise<Record<string, unknown>>, name: string) =>
  lazy(async () => ({ default: (await load())[name] as ComponentType<PanelProps> }));

/** The panel types that the bundled dashboards use. */
export const panels: Record<string, ComponentType<PanelProps>> = {
  timeseries: of(() => import('./TimeSeriesPanel'), 'TimeSeriesPanel'),
  stat: of(() => import('./values'), 'StatPanel'),
  gauge: of(() => import('./values'), 'GaugePanel'),
  bargauge: of(() => import('./values'), 'BarGaugePanel'),
  table: of(() => import('./TablePanel'), 'TablePanel'),
  barchart: of(() => import('./BarChartPanel'), 'BarChartPanel'),
  piechart: of(() => import('./PieChartPanel'), 'PieChartPanel'),
  heatmap: of(() => import('./HeatmapPanel'), 'HeatmapPanel'),
  'state-timeline': of(() => import('./StateTimelinePanel'), 'StateTimelinePanel'),
  geomap: of(() => import('./GeomapPanel'), 'GeomapPanel'),
  logs: of(() => import('./LogsPanel'), 'LogsPanel'),
  text: of(() => import('./TextPanel'), 'TextPanel'),
};

/** Panels that show something without data. */
export const withoutData = ['text'];
