import type { TimeRange } from '@grafana/data';

import type { MetricsCheck, MetricsPlan, MetricsQuery, MetricsVocabulary } from '../types';

type Get = (path: string, params?: Record<string, string | number>) => Promise<unknown>;
type Post = (path: string, body: Record<string, unknown>) => Promise<unknown>;

interface Search {
  text?: string;
  limit?: number;
  /** Only values seen in this range. */
  range?: TimeRange;
  /** Only values of what this selector selects. */
  match?: string;
}

const DEFAULT_LIMIT = 50;

/** What the backend knows about MetricsQL: its words, the values of labels, whether and how an expression is evaluated. */
export class MetricsApi {
  private loading?: Promise<MetricsVocabulary>;

  constructor(
    private readonly get: Get,
    private readonly post: Post
  ) {}

  /** Lists metrics and functions. Requested once; a failure is not remembered. */
  vocabulary(): Promise<MetricsVocabulary> {
    this.loading ??= this.get('metrics').then(
      (response) => ({ metrics: [], functions: [], rejected: [], ...withoutNulls(response) }),
      (error) => {
        this.loading = undefined;
        throw error;
      }
    );
    return this.loading;
  }

  /** Lists values of a metric's label. */
  async values(metric: string, label: string, search: Search = {}): Promise<string[]> {
    const { text = '', limit = DEFAULT_LIMIT, range, match } = search;
    const response = await this.get('metrics/values', {
      metric,
      label,
      search: text,
      limit,
      ...(range && bounds(range)),
      ...(match && { match }),
    });
    return (response as { values?: string[] | null }).values ?? [];
  }

  async check(expr: string): Promise<MetricsCheck> {
    return (await this.post('metrics/check', { expr })) as MetricsCheck;
  }

  /** Returns how a query would be evaluated; step in milliseconds. */
  async explain({ expr, instant, axis }: MetricsQuery, range: TimeRange, step: number): Promise<MetricsPlan> {
    const response = await this.post('metrics/explain', { expr, ...bounds(range), step, instant, axis });
    return { selectors: [], notices: [], ...withoutNulls(response) } as unknown as MetricsPlan;
  }
}

const bounds = (range: TimeRange) => ({ from: range.from.valueOf(), to: range.to.valueOf() });

/** Empty lists of the backend may be null. */
function withoutNulls(response: unknown): Record<string, never> {
  return Object.fromEntries(Object.entries(response ?? {}).filter(([, value]) => value !== null)) as Record<
    string,
    never
  >;
}
