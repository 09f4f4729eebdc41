import { type DataFrame, FieldType } from '@grafana/data';

import type { EntraQuery } from '../types';

/** Offers to filter for or out what the cells of a table hold, except times and what was computed. */
export function withFilters(frame: DataFrame, { view, measure }: EntraQuery): DataFrame {
  if (view !== 'list' && view !== 'table') {
    return frame;
  }
  const fields = frame.fields.map((field) =>
    field.type === FieldType.time || field.name === measure
      ? field
      : { ...field, config: { ...field.config, filterable: true } }
  );
  return { ...frame, fields };
}
