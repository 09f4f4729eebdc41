import { t } from '@grafana/i18n';

import { type MetricsQuery, QUERY_VERSION } from '../types';
import { completeMetrics, METRICS } from './query';

/** An example of MetricsQL. */
export interface MetricsExample {
  title: string;
  query: MetricsQuery;
}

const example = (title: string, expr: string, options: Partial<MetricsQuery> = {}): MetricsExample => ({
  title,
  query: completeMetrics({ refId: 'A', queryType: METRICS, version: QUERY_VERSION, expr, ...options }),
});

// A function, because translations are not there yet when a module is loaded.

/** Queries to start from, one of each shape. */
export const metricsExamples = (): MetricsExample[] => [
  example(
    t('metrics-examples.failing-apps', 'Which three applications fail most, hour by hour?'),
    'topk(3, sum by (app) (increase(entra_signins_total{status="failure"}[1h])))',
    { legendFormat: '{{app}}' }
  ),
  example(
    t('metrics-examples.share', 'When does more than a fifth of all sign-ins fail?'),
    'sum(increase(entra_signins_total{status="failure"}[1h])) / sum(increase(entra_signins_total[1h])) > 0.2'
  ),
  example(
    t('metrics-examples.yesterday', 'How do sign-ins compare with the day before?'),
    'sum(increase(entra_signins_total[1h])) - sum(increase(entra_signins_total[1h] offset 1d))'
  ),
  example(
    t('metrics-examples.users', 'Which users fail most in the time range?'),
    'topk(10, sum by (user_principal_name) (count_over_time(entra_signin_events{status="failure"}[$__range])))',
    { instant: true, legendFormat: '{{user_principal_name}}' }
  ),
  example(
    t('metrics-examples.busiest', 'How busy was the busiest minute of each hour?'),
    'max_over_time(sum(rate(entra_signins_total[1m]))[1h:1m])',
    { interval: '1h' }
  ),
  example(
    t('metrics-examples.roles', 'How many roles are changed, as they become known?'),
    'sum by (result) (increase(entra_audit_events_total{category="RoleManagement"}))',
    { axis: 'ingest', legendFormat: '{{result}}' }
  ),
];
