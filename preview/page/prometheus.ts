// The preview has no Prometheus. The exporter's counters are counts of records, which the plugin counts from the records
// themselves; what the exporter alone knows is not shown here.
import { type DataFrame, FieldType } from '@grafana/data';

import { type MetricsQuery, QUERY_VERSION } from '../../src/types';
import type { PanelModel } from './model';

interface PrometheusQuery {
  refId: string;
  expr: string;
  instant?: boolean;
  legendFormat?: string;
  format?: string;
}

/** The panel's queries as the plugin takes them. Records know no scrape job, and all tenants are meant. */
export function overRecords({ targets, interval }: PanelModel): MetricsQuery[] {
  return (targets as unknown as PrometheusQuery[]).map(({ refId, expr, instant, legendFormat }) => ({
    refId,
    queryType: 'metrics',
    version: QUERY_VERSION,
    expr: expr.replace(/(job|tenant)=~"\$\w+"(, )?/g, '').replaceAll(', }', '}'),
    instant: Boolean(instant),
    legendFormat: legendFormat ?? '',
    interval: interval ?? '',
    axis: 'event',
  }));
}

/** Results in the shape of Prometheus' data source: as a table of labels where one is wanted. */
export function inShape({ targets }: PanelModel, frames: DataFrame[]): DataFrame[] {
  const [first] = targets as unknown as PrometheusQuery[];
  const values = frames.flatMap(({ fields }) => fields.filter(({ type }) => type === FieldType.number));
  if (first.format !== 'table' || values.length === 0) {
    return frames;
  }
  const names = [...new Set(values.flatMap(({ labels }) => Object.keys(labels ?? {})))];
  const columns = names.map((name) => ({
    name,
    type: FieldType.string,
    config: {},
    values: values.map(({ labels }) => labels?.[name] ?? ''),
  }));
  const value = { name: 'Value', type: FieldType.number, config: {}, values: values.map((field) => field.values[0]) };
  return [{ length: values.length, fields: [...columns, value] }];
}
