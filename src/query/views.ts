import { QUERY_VERSION, type CatalogueKind, type EntraQuery, type View } from '../types';

/** The parts of a query that only some views have. */
export type ViewPart = 'measure' | 'groupBy' | 'top' | 'other' | 'interval' | 'columns' | 'limit';

export const VIEWS: View[] = ['timeSeries', 'table', 'value', 'list'];

/** At most so many fields make up a group. */
export const MAX_GROUP_FIELDS = 3;

/** How many rows a query asks for unless told otherwise. */
export const DEFAULT_LIMIT = 1000;

const PARTS: Record<View, ViewPart[]> = {
  timeSeries: ['measure', 'groupBy', 'top', 'other', 'interval'],
  table: ['measure', 'groupBy', 'top', 'other', 'limit'],
  value: ['measure'],
  list: ['columns', 'limit'],
};

/** What the backend takes where a query says nothing. */
const DEFAULTS: Required<Pick<EntraQuery, ViewPart>> = {
  measure: 'count',
  groupBy: [],
  top: 0,
  other: false,
  interval: 'auto',
  columns: [],
  limit: DEFAULT_LIMIT,
};

/** Tells whether queries of a view have a part. */
export function hasPart(view: View, part: ViewPart): boolean {
  return PARTS[view]?.includes(part) ?? false;
}

/** The editor's first question: interactive sign-ins by status over time, as the portal opens with. */
export const DEFAULT_QUERY: Omit<EntraQuery, 'refId'> = {
  queryType: 'signIn',
  version: QUERY_VERSION,
  view: 'timeSeries',
  filters: [{ field: 'signInEventTypes', operator: '=', values: ['interactiveUser'] }],
  measure: 'count',
  groupBy: ['status'],
  top: 0,
  other: true,
  interval: 'auto',
};

/** Tells whether a query can be asked; one that says nothing can, as the default query. */
export function isValid({ view }: Partial<EntraQuery>): boolean {
  return view === undefined || VIEWS.includes(view);
}

/** Fills what a saved query leaves out; one that says nothing becomes the default query. */
export function completeQuery(query: Partial<EntraQuery> & Pick<EntraQuery, 'refId'>): EntraQuery {
  if (query.view === undefined) {
    return { ...DEFAULT_QUERY, ...query };
  }
  const complete = { queryType: 'signIn', version: QUERY_VERSION, filters: [], ...query, view: query.view };
  return isValid(query) ? withView(complete, query.view) : complete;
}

/** Changes the view: keeps what the new one has too, drops the rest and adds what it lacks. */
export function withView(query: EntraQuery, view: View): EntraQuery {
  const changed: EntraQuery = { ...query, view };
  for (const part of Object.keys(DEFAULTS) as ViewPart[]) {
    if (!hasPart(view, part)) {
      delete changed[part];
    }
  }
  const defaults = Object.fromEntries(PARTS[view].map((part) => [part, DEFAULTS[part]]));
  return { ...defaults, ...changed };
}

/** Changes the kind of record: keeps what names fields that the new kind has too. */
export function withKind(query: EntraQuery, kind: CatalogueKind): EntraQuery {
  const known = new Set(kind.fields.map((field) => field.name));
  return {
    ...query,
    queryType: kind.kind,
    filters: query.filters.filter(({ field }) => known.has(field)),
    ...(query.groupBy && { groupBy: query.groupBy.filter((name) => known.has(name)) }),
    ...(query.columns && { columns: query.columns.filter((name) => known.has(name)) }),
  };
}
