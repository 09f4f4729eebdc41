import type { ComboboxOption } from '@grafana/ui';

import type { CatalogField } from '../types';

/** Offers fields by the portal's labels. */
export function fieldOptions(fields: CatalogField[]): Array<ComboboxOption<string>> {
  return fields.map(({ name, label, description }) => ({ value: name, label, ...(description && { description }) }));
}
