import { t } from '@grafana/i18n';

import { METRICS } from '../metrics/query';
import type { Interval, Operator, Order, Seen, TLSMode, View } from '../types';

// Functions, because translations are not there yet when a module is loaded.

interface Labeled<T extends string> {
  value: T;
  label: string;
  description?: string;
}

/** The query kind that is no kind of record. */
export const metricsChoice = () => ({
  kind: METRICS,
  label: t('query-editor.kind.metrics', 'Metrics (MetricsQL)'),
  description: t('query-editor.kind.metrics-description', 'Records as counters, queried as in a metrics database'),
});

export function viewOption(view: View): Labeled<View> {
  switch (view) {
    case 'timeSeries':
      return {
        value: view,
        label: t('query-editor.view.time-series', 'Time series'),
        description: t('query-editor.view.time-series-description', 'Numbers over time'),
      };
    case 'table':
      return {
        value: view,
        label: t('query-editor.view.table', 'Table'),
        description: t('query-editor.view.table-description', 'Numbers by group, the largest first'),
      };
    case 'value':
      return {
        value: view,
        label: t('query-editor.view.value', 'Single value'),
        description: t('query-editor.view.value-description', 'One number for the time range'),
      };
    case 'calendar':
      return {
        value: view,
        label: t('query-editor.view.calendar', 'Calendar'),
        description: t('query-editor.view.calendar-description', 'Counts by day and hour, for a heat map'),
      };
    case 'list':
      return {
        value: view,
        label: t('query-editor.view.list', 'List'),
        description: t('query-editor.view.list-description', 'Records with the columns of your choice'),
      };
    case 'logs':
      return {
        value: view,
        label: t('query-editor.view.logs', 'Logs'),
        description: t('query-editor.view.logs-description', 'Records as lines of text'),
      };
    case 'detail':
      return {
        value: view,
        label: t('query-editor.view.detail', 'One record'),
        description: t('query-editor.view.detail-description', 'All that is known of it'),
      };
    case 'annotations':
      return {
        value: view,
        label: t('query-editor.view.annotations', 'Annotations'),
        description: t('query-editor.view.annotations-description', 'Records as marks on graphs'),
      };
  }
}

/** The portal's words for a part of a record; the backend's name for one that is new. */
export function sectionLabel(name: string): string {
  switch (name) {
    case 'summary':
      return t('query-editor.section.summary', 'Summary');
    case 'policies':
      return t('query-editor.section.policies', 'Conditional Access');
    case 'authentication':
      return t('query-editor.section.authentication', 'Authentication details');
    case 'targets':
      return t('query-editor.section.targets', 'Targets');
    case 'modifiedProperties':
      return t('query-editor.section.modified-properties', 'Modified properties');
    case 'steps':
      return t('query-editor.section.steps', 'Steps');
    case 'signIns':
      return t('query-editor.section.sign-ins', 'Sign-ins');
    case 'auditEvents':
      return t('query-editor.section.audit-events', 'Audit events');
    case 'riskDetections':
      return t('query-editor.section.risk-detections', 'Risk detections');
    case 'attempt':
      return t('query-editor.section.attempt', 'Of the same attempt');
    case 'history':
      return t('query-editor.section.history', 'History');
    case 'raw':
      return t('query-editor.section.raw', 'Raw record');
    default:
      return name;
  }
}

export const orderOptions = (): Array<Labeled<Order>> => [
  { value: 'newest', label: t('query-editor.order.newest', 'Newest first') },
  { value: 'oldest', label: t('query-editor.order.oldest', 'Oldest first') },
];

export const seenOptions = (): Array<Labeled<Seen>> => [
  { value: '', label: t('query-editor.seen.all', 'All') },
  {
    value: 'new',
    label: t('query-editor.seen.new', 'New'),
    description: t('query-editor.seen.new-description', 'Seen in the time range for the first time'),
  },
  {
    value: 'unused',
    label: t('query-editor.seen.unused', 'Unused'),
    description: t('query-editor.seen.unused-description', 'Seen before the time range, but not in it'),
  },
];

/** Times to compare with; others can be typed. */
export const offsetOptions = (): Array<Labeled<string>> => [
  { value: '', label: t('query-editor.offset.none', 'None') },
  { value: '1d', label: t('query-editor.offset.1d', 'A day earlier') },
  { value: '1w', label: t('query-editor.offset.1w', 'A week earlier') },
  { value: '4w', label: t('query-editor.offset.4w', 'Four weeks earlier') },
];

export const intervalOptions = (): Array<Labeled<Interval>> => [
  {
    value: 'auto',
    label: t('query-editor.interval.auto', 'Auto'),
    description: t('query-editor.interval.auto-description', 'As the time range and the panel width need'),
  },
  { value: '1m', label: t('query-editor.interval.1m', '1 minute') },
  { value: '5m', label: t('query-editor.interval.5m', '5 minutes') },
  { value: '15m', label: t('query-editor.interval.15m', '15 minutes') },
  { value: '1h', label: t('query-editor.interval.1h', '1 hour') },
  { value: '6h', label: t('query-editor.interval.6h', '6 hours') },
  {
    value: '1d',
    label: t('query-editor.interval.1d', 'Day'),
    description: t('query-editor.interval.1d-description', "From midnight in the dashboard's time zone"),
  },
  {
    value: '1w',
    label: t('query-editor.interval.1w', 'Week'),
    description: t('query-editor.interval.1w-description', "From Monday in the dashboard's time zone"),
  },
];

export function operatorOption<O extends Operator>(operator: O): Labeled<O> {
  switch (operator) {
    case 'in':
      return { value: operator, label: t('query-editor.operator.in', 'is one of') };
    case 'notIn':
      return { value: operator, label: t('query-editor.operator.not-in', 'is none of') };
    case 'contains':
      return { value: operator, label: t('query-editor.operator.contains', 'contains') };
    case 'startsWith':
      return { value: operator, label: t('query-editor.operator.starts-with', 'starts with') };
    case '=~':
      return {
        value: operator,
        label: operator,
        description: t('query-editor.operator.matches-description', 'Matches a regular expression'),
      };
    case '!~':
      return {
        value: operator,
        label: operator,
        description: t('query-editor.operator.not-matches-description', 'Does not match a regular expression'),
      };
    case 'inNetwork':
      return {
        value: operator,
        label: t('query-editor.operator.in-network', 'in network'),
        description: t('query-editor.operator.in-network-description', 'In CIDR notation, such as 203.0.113.0/24'),
      };
    case 'notInNetwork':
      return {
        value: operator,
        label: t('query-editor.operator.not-in-network', 'not in network'),
        description: t('query-editor.operator.not-in-network-description', 'In CIDR notation, such as 203.0.113.0/24'),
      };
    default:
      return { value: operator, label: operator };
  }
}

export const tlsModeOptions = (): Array<Labeled<TLSMode>> => [
  {
    value: 'disable',
    label: t('config-editor.tls.mode.disable', 'disable'),
    description: t('config-editor.tls.mode.disable-description', 'No encryption'),
  },
  {
    value: 'require',
    label: t('config-editor.tls.mode.require', 'require'),
    description: t('config-editor.tls.mode.require-description', 'Encrypted; the server is not verified'),
  },
  {
    value: 'verify-ca',
    label: t('config-editor.tls.mode.verify-ca', 'verify-ca'),
    description: t(
      'config-editor.tls.mode.verify-ca-description',
      'The certificate must be signed by a trusted authority'
    ),
  },
  {
    value: 'verify-full',
    label: t('config-editor.tls.mode.verify-full', 'verify-full'),
    description: t(
      'config-editor.tls.mode.verify-full-description',
      'As verify-ca, and the certificate must name the host'
    ),
  },
];
