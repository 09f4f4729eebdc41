import type { CatalogField, Filter, Operator } from '../types';

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

/** Tells whether a field can be filtered in this way. */
export function suits(filter: Filter, field?: CatalogField): boolean {
  return Boolean(field?.filterable && field.operators?.includes(filter.operator));
}

/** Whether two filters select the same. */
export function isSame(a: Filter, b: Filter): boolean {
  return a.field === b.field && a.operator === b.operator && a.values.join('\n') === b.values.join('\n');
}

/** A filter on a field that restricts nothing yet. */
export function newFilter(field: CatalogField): Filter {
  return { field: field.name, operator: field.operators?.[0] ?? '=', values: [] };
}

/** Changes the field; values of another field mean nothing, the comparison stays where the field has it. */
export function withField(filter: Filter, field: CatalogField): Filter {
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

/** Whether records with a value are wanted, or all others. */
export type Sense = '=' | '!=';

/** The values that a cell or a label holds: those of a list are written one after the other. */
export function valuesIn(text: string, field?: CatalogField): string[] {
  const values = field?.type === 'list' ? text.split(', ').filter(Boolean) : [];
  return values.length > 0 ? values : [text];
}

/** Whether the filters select values of a field, or all others. */
export function hasValues(filters: Filter[], field: string, values: string[], sense: Sense): boolean {
  return filters.some(
    (filter) =>
      filter.field === field && isSense(filter, sense) && values.every((value) => filter.values.includes(value))
  );
}

/** Selects values of a field, instead of others of that field; or leaves them out, besides others left out. */
export function addValues(filters: Filter[], field: string, values: string[], sense: Sense): Filter[] {
  const others = removeValues(filters, field, values, sense === '=' ? '!=' : '=').filter(
    (filter) => !(filter.field === field && isSense(filter, sense))
  );
  const left = filters.filter((filter) => filter.field === field && isSense(filter, sense));
  const kept = sense === '=' ? [] : left.flatMap((filter) => filter.values);
  return [...others, withValues({ field, operator: sense, values: [] }, [...new Set([...kept, ...values])])];
}

/** Takes values out of the filters on a field; a filter without values goes too. */
export function removeValues(filters: Filter[], field: string, values: string[], sense: Sense): Filter[] {
  return filters.flatMap((filter) => {
    if (filter.field !== field || !isSense(filter, sense)) {
      return [filter];
    }
    const left = filter.values.filter((candidate) => !values.includes(candidate));
    return left.length === filter.values.length ? [filter] : left.length > 0 ? [{ ...filter, values: left }] : [];
  });
}

function isSense({ operator }: Filter, sense: Sense): boolean {
  return operator === sense || operator === SEVERAL[sense];
}
