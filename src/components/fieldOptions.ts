import type { ComboboxOption } from '@grafana/ui';

import type { CatalogueField } from '../types';

/** Offers fields by the portal's labels. */
export function fieldOptions(fields: CatalogueField[]): Array<ComboboxOption<string>> {
  return fields.map(({ name, label, description }) => ({ value: name, label, ...(description && { description }) }));
}
