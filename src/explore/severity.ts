import { type DataFrame, FieldType } from '@grafana/data';

/** The log level that stands for an outcome or a risk, so that Explore colors it as it colors lines. */
const LEVELS: Record<string, string> = {
  success: 'info',
  skipped: 'info',
  interrupted: 'warning',
  warning: 'warning',
  failure: 'error',
  timeout: 'error',
  none: 'info',
  low: 'info',
  medium: 'warning',
  high: 'error',
};

/** Kinds whose records have a risk instead of an outcome. */
const OF_RISK = ['riskDetection', 'riskyUser', 'riskyUserHistory'];

/** The field of a kind whose values have a level. */
export function severityField(kind: string): string {
  return OF_RISK.includes(kind) ? 'riskLevel' : 'status';
}

/** Labels a series of the logs volume with the level that it counts. */
export function withLevel(frame: DataFrame, kind: string): DataFrame {
  const fields = frame.fields.map((field) => {
    const level = LEVELS[field.labels?.[severityField(kind)] ?? ''];
    return field.type === FieldType.number && level ? { ...field, labels: { ...field.labels, level } } : field;
  });
  return { ...frame, fields };
}
