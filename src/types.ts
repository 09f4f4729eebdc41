import type { DataSourceJsonData } from '@grafana/data';
import type { DataQuery } from '@grafana/schema';

import type { Filter, Measure, MetricsModel, Operator, QueryModel, View } from './model.gen';

export type { Axis, Filter, Interval, Measure, Operator, Order, Seen, View } from './model.gen';
export { QUERY_VERSION } from './model.gen';

/** A query about one kind of record. A view ignores what it does not have: see `PARTS` in query/views. */
export interface EntraQuery extends Omit<DataQuery, 'queryType'>, QueryModel {}

/** A query in MetricsQL about records as counters. Its result is series over time. */
export interface MetricsQuery extends Omit<DataQuery, 'queryType'>, MetricsModel {}

/** Any query that the data source can run. */
export type Query = EntraQuery | MetricsQuery;

/** What a template variable offers: the values that a field has, or what metrics, labels and their values there are. */
export interface VariableQuery extends DataQuery {
  queryType: string;
  field: string;
  filters: Filter[];
  /** Text that the values contain; `$__searchFilter` is what the viewer types into the variable. */
  search?: string;
  limit?: number;
  /** Of queryType "metrics": whose labels, or values of a label, are offered; without one, metrics are. */
  metric?: string;
  /** The label whose values are offered; without one, the metric's labels are. */
  label?: string;
  /** Narrows: a selector for values, a regular expression for metrics. */
  match?: string;
}

export type FieldType = 'text' | 'enum' | 'identifier' | 'integer' | 'number' | 'boolean' | 'time' | 'address' | 'list';

/** A field of a kind of record, as the backend's catalog describes it. */
export interface CatalogField {
  name: string;
  label: string;
  type: FieldType;
  description?: string;
  filterable?: boolean;
  groupable?: boolean;
  /** Shown by a list that names no columns. */
  default?: boolean;
  operators?: Operator[];
  /** The values of a closed list. */
  values?: string[];
}

/** A kind of record that can be queried. */
export interface CatalogKind {
  kind: string;
  label: string;
  description: string;
  timeField: string;
  views: View[];
  measures: Array<Named<Measure>>;
  /** Names of the parts of a record's detail. */
  sections?: string[];
  /** What a new query starts with. */
  defaultFilters: Filter[];
  /** Whether tables can be narrowed to what is new or unused. */
  seen?: boolean;
  fields: CatalogField[];
}

export interface Named<T extends string> {
  name: T;
  label: string;
}

/** A value that a field has in the database. */
export interface FieldValue {
  value: string;
  label: string;
}

/** A label of a metric; `field` is the record's field behind it. */
export interface MetricLabel {
  name: string;
  field?: string;
  description?: string;
}

/** Something that can be counted in MetricsQL: an exporter's counter, or a stream of events. */
export interface Metric {
  name: string;
  type: 'counter' | 'stream' | 'gauge';
  help: string;
  labels: MetricLabel[];
}

export interface MetricsFunction {
  name: string;
  kind: 'rollup' | 'aggregate' | 'transform';
  signature: string;
  help: string;
}

/** A function of MetricsQL that cannot be evaluated over events. */
export interface RejectedFunction {
  name: string;
  why: string;
  instead: string;
}

/** What MetricsQL can be written about, as the backend describes it. */
export interface MetricsVocabulary {
  metrics: Metric[];
  functions: MetricsFunction[];
  rejected: RejectedFunction[];
}

/** Whether an expression can run: if so how it is best written, if not why and where in the text. */
export type MetricsCheck =
  { ok: true; pretty: string } | { ok: false; error: string; at?: { start: number; end: number } | null };

/** How the database counted for a selector. */
export interface MetricsSelector {
  expr: string;
  served: string;
  sql: string;
  /** Rows that were read. */
  read: number;
}

/** How an expression is evaluated. */
export interface MetricsPlan {
  pretty: string;
  selectors: MetricsSelector[];
  /** Milliseconds, as start and end. */
  step: number;
  start: number;
  end: number;
  notices: string[];
}

export type TLSMode = 'disable' | 'require' | 'verify-ca' | 'verify-full';

/** Settings of a data source, as saved and as provisioned. */
export interface EntraSettings extends DataSourceJsonData {
  host?: string;
  port?: number;
  database?: string;
  user?: string;
  tlsMode?: TLSMode;
  /** ID of the only tenant to show; empty for all. */
  tenant?: string;
  maxOpenConns?: number;
  maxIdleConns?: number;
  /** Seconds. */
  connMaxLifetime?: number;
  /** Seconds. */
  queryTimeout?: number;
  maxRows?: number;
  /** The most records that a download holds. */
  downloadLimit?: number;
  /** Seconds. */
  downloadTimeout?: number;
}

/** Settings that only the backend can read; certificates and key are PEM text. */
export interface EntraSecrets {
  password?: string;
  tlsCACert?: string;
  tlsClientCert?: string;
  tlsClientKey?: string;
}
