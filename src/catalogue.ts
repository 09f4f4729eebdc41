import type { CatalogueKind, FieldValue } from './types';

type GetResource = (path: string, params?: Record<string, string | number>) => Promise<unknown>;

const MAX_VALUES = 50;

/** What the backend can be asked about: kinds of records, their fields, and the values these have. */
export class Catalogue {
  private loading?: Promise<CatalogueKind[]>;

  constructor(private readonly getResource: GetResource) {}

  /** Lists the kinds of records. Asked once; a failure is not remembered. */
  kinds(): Promise<CatalogueKind[]> {
    this.loading ??= this.getResource('catalogue').then(
      (answer) => (answer as { kinds?: CatalogueKind[] }).kinds ?? [],
      (error) => {
        this.loading = undefined;
        throw error;
      }
    );
    return this.loading;
  }

  /** Lists values of a field that contain the search text. */
  async values(kind: string, field: string, search: string): Promise<FieldValue[]> {
    const answer = await this.getResource('values', { kind, field, search, limit: MAX_VALUES });
    return (answer as { values?: FieldValue[] }).values ?? [];
  }
}
