import { type DataFrame, FieldType } from '@grafana/data';

/** The log level that stands for an outcome or a risk, so that Explore colours it as it colours lines. */
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

/** Fields whose values have a level, the most telling first. */
export const SEVERITY_FIELDS = ['status', 'riskLevel'];

/** Labels a series of the logs volume with the level that it counts. */
export function withLevel(frame: DataFrame): DataFrame {
  const fields = frame.fields.map((field) => {
    const key = SEVERITY_FIELDS.find((name) => field.labels?.[name]);
    const level = key && LEVELS[field.labels?.[key] ?? ''];
    return field.type === FieldType.number && level ? { ...field, labels: { ...field.labels, level } } : field;
  });
  return { ...frame, fields };
}
