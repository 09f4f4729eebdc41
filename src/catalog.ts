import type { TimeRange } from '@grafana/data';

import type { CatalogField, CatalogKind, FieldValue, Filter } from './types';

type GetResource = (path: string, params?: Record<string, string | number>) => Promise<unknown>;

/** What narrows a search for values. */
interface Search {
  /** Text that the values contain. */
  text?: string;
  limit?: number;
  /** Only values seen in this range. */
  range?: TimeRange;
  /** Only values of records that these let through. */
  filters?: Filter[];
}

const DEFAULT_LIMIT = 50;

/** What the backend knows: kinds of records, their fields, and the values these have. */
export class Catalog {
  private loading?: Promise<CatalogKind[]>;
  private loaded: CatalogKind[] = [];

  constructor(private readonly getResource: GetResource) {}

  /** Lists the kinds of records. Requested once; a failure is not remembered. */
  kinds(): Promise<CatalogKind[]> {
    this.loading ??= this.getResource('catalog').then(
      (response) => (this.loaded = (response as { kinds?: CatalogKind[] }).kinds ?? []),
      (error) => {
        this.loading = undefined;
        throw error;
      }
    );
    return this.loading;
  }

  /** A kind of record, for callers that cannot wait; undefined while the kinds are not there. */
  kind(name: string): CatalogKind | undefined {
    return this.loaded.find(({ kind }) => kind === name);
  }

  /** Lists values of a field. */
  async values(kind: string, field: string, search: Search = {}): Promise<FieldValue[]> {
    const { text = '', limit = DEFAULT_LIMIT, range, filters = [] } = search;
    const response = await this.getResource('values', {
      kind,
      field,
      search: text,
      limit,
      ...(range && { from: range.from.valueOf(), to: range.to.valueOf() }),
      ...(filters.length > 0 && { filters: JSON.stringify(filters) }),
    });
    return (response as { values?: FieldValue[] }).values ?? [];
  }
}

/** Finds a field by its name, or by its label: tables know their columns by what heads them. */
export function findField(kind: CatalogKind | undefined, key: string): CatalogField | undefined {
  return kind?.fields.find(({ name }) => name === key) ?? kind?.fields.find(({ label }) => label === key);
}
