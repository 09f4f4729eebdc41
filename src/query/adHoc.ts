import type { AdHocVariableFilter } from '@grafana/data';

import { findField } from '../catalog';
import type { CatalogKind, Filter, Operator } from '../types';

/** Comparisons that ad hoc filters write in another way. */
const OPERATORS: Record<string, Operator> = { '=|': 'in', '!=|': 'notIn' };

/** Turns a dashboard's ad hoc filters into a query's; those on fields that its kind of record has not are left out. */
export function fromAdHoc(filters: AdHocVariableFilter[], kind?: CatalogKind): Filter[] {
  return filters.flatMap(({ key, operator, value, values }) => {
    const field = findField(kind, key);
    if (!field?.filterable) {
      return [];
    }
    const multiple = operator in OPERATORS && values?.length;
    return [{ field: field.name, operator: OPERATORS[operator] ?? operator, values: multiple ? values : [value] }];
  });
}

/** The fields that ad hoc filters can be on: those of the kinds, each once. */
export function adHocKeys(kinds: CatalogKind[]): Array<{ text: string; value: string }> {
  const fields = kinds.flatMap((kind) => kind.fields).filter(({ filterable }) => filterable);
  return [...new Map(fields.map(({ name, label }) => [name, { text: label, value: name }])).values()];
}
