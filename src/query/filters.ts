import type { CatalogueField, Filter, Operator } from '../types';

/** The comparison that takes several values instead of one. */
const SEVERAL: Partial<Record<Operator, Operator>> = { '=': 'in', '!=': 'notIn' };

/** Comparisons that make sense with one value only. */
export function takesOneValue(operator: Operator): boolean {
  return ['>', '<', '>=', '<='].includes(operator);
}

/** Tells whether a filter lets some records out: it does not without values, nor with "All". */
export function restricts({ operator, values }: Filter): boolean {
  const isPattern = operator === '=~' || operator === '!~';
  return values.length > 0 && !values.includes('$__all') && (isPattern || !values.includes('*'));
}

/** A filter on a field that restricts nothing yet. */
export function newFilter(field: CatalogueField): Filter {
  return { field: field.name, operator: field.operators?.[0] ?? '=', values: [] };
}

/** Changes the field; values of another field mean nothing, the comparison stays where the field has it. */
export function withField(filter: Filter, field: CatalogueField): Filter {
  const operator = field.operators?.includes(filter.operator) ? filter.operator : newFilter(field).operator;
  return { field: field.name, operator, values: [] };
}

/** Changes the comparison, and keeps as many values as it takes. */
export function withOperator(filter: Filter, operator: Operator): Filter {
  return { ...filter, operator, values: takesOneValue(operator) ? filter.values.slice(0, 1) : filter.values };
}

/** Changes the values, and turns "equals" into "is one of" as soon as there are several. */
export function withValues(filter: Filter, values: string[]): Filter {
  const several = SEVERAL[filter.operator];
  return { ...filter, values, operator: values.length > 1 && several ? several : filter.operator };
}
