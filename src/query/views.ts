import { CoreApp } from '@grafana/data';

import {
  type CatalogKind,
  type EntraQuery,
  type Measure,
  type Named,
  type Query,
  QUERY_VERSION,
  type View,
} from '../types';
import { isSame, newFilter, suits } from './filters';
import { migrateQuery } from './migrate';

/** The parts of a query that only some views have. */
export type ViewPart =
  'measure' | 'groupBy' | 'top' | 'other' | 'seen' | 'interval' | 'offset' | 'columns' | 'order' | 'limit' | 'section';

/** At most so many fields make up a group. */
export const MAX_GROUP_FIELDS = 3;

/** How many rows a query returns unless it has a limit. */
export const DEFAULT_LIMIT = 1000;

/** The field that names a record, of every kind. */
export const RECORD_ID = 'id';

const PARTS: Record<View, ViewPart[]> = {
  timeSeries: ['measure', 'groupBy', 'top', 'other', 'interval', 'offset'],
  table: ['measure', 'groupBy', 'top', 'other', 'seen', 'offset', 'limit'],
  value: ['measure', 'offset'],
  calendar: ['offset'],
  list: ['columns', 'order', 'limit'],
  logs: ['order', 'limit'],
  detail: ['section'],
  annotations: ['limit'],
};

/** What the backend takes where a query says nothing. */
const DEFAULTS: Required<Pick<EntraQuery, ViewPart>> = {
  measure: 'count',
  groupBy: [],
  top: 0,
  other: false,
  seen: '',
  interval: 'auto',
  offset: '',
  columns: [],
  order: 'newest',
  limit: DEFAULT_LIMIT,
  section: '',
};

const INTERACTIVE: Pick<EntraQuery, 'queryType' | 'version' | 'filters'> = {
  queryType: 'signIn',
  version: QUERY_VERSION,
  filters: [{ field: 'signInEventTypes', operator: 'in', values: ['interactiveUser'] }],
};

/** The editor's first query: interactive sign-ins by status over time, as the portal opens with. */
export const DEFAULT_QUERY: Omit<EntraQuery, 'refId'> = {
  ...INTERACTIVE,
  view: 'timeSeries',
  measure: 'count',
  groupBy: ['status'],
  top: 0,
  other: true,
  interval: 'auto',
};

/** The first query in Explore, which draws the statuses over time above the lines. */
export const EXPLORE_QUERY: Omit<EntraQuery, 'refId'> = {
  ...INTERACTIVE,
  view: 'logs',
  order: 'newest',
  limit: DEFAULT_LIMIT,
};

/** Tells whether queries of a view have a part. */
export function hasPart(view: View, part: ViewPart): boolean {
  return PARTS[view]?.includes(part) ?? false;
}

/** The views of a kind that make sense where the query is used: alert rules need numbers. */
export function viewsFor(kind: CatalogKind, app?: CoreApp): View[] {
  const isAlerting = app === CoreApp.UnifiedAlerting || app === CoreApp.CloudAlerting;
  return kind.views.filter((view) =>
    isAlerting ? ['timeSeries', 'table', 'value'].includes(view) : view !== 'annotations'
  );
}

/** What can be computed over a kind of record; when something was first or last seen is a column of tables only. */
export function measuresFor(kind: CatalogKind, view: View): Array<Named<Measure>> {
  return kind.measures.filter(({ name }) => view === 'table' || (name !== 'firstSeen' && name !== 'lastSeen'));
}

/** Whether a query can run: it has a known view, and for a single record an ID. */
export function isValid({ view, filters = [] }: Partial<EntraQuery>): boolean {
  if (view === 'detail') {
    return filters.some(({ field, values }) => field === RECORD_ID && values.some(Boolean));
  }
  return view === undefined || view in PARTS;
}

/** Fills what a saved query leaves out; one that says nothing becomes the default query. */
export function completeQuery(saved: Partial<EntraQuery> & Pick<EntraQuery, 'refId'>): EntraQuery {
  const query = migrateQuery(saved);
  if (query.view === undefined) {
    return { ...DEFAULT_QUERY, ...query };
  }
  const complete = { queryType: 'signIn', version: QUERY_VERSION, filters: [], ...query, view: query.view };
  return query.view in PARTS ? withView(complete, query.view) : complete;
}

/** Changes the view: keeps what the new one has too, drops the rest and adds what it lacks. */
export function withView(query: EntraQuery, view: View, kind?: CatalogKind): EntraQuery {
  const changed: EntraQuery = { ...query, view };
  for (const part of Object.keys(DEFAULTS) as ViewPart[]) {
    if (!hasPart(view, part)) {
      delete changed[part];
    }
  }
  if (!hasPart(view, 'measure')) {
    delete changed.of;
  }
  const defaults = Object.fromEntries(PARTS[view].map((part) => [part, DEFAULTS[part]]));
  return kind ? withinKind({ ...defaults, ...changed }, kind) : { ...defaults, ...changed };
}

/** Changes the kind of record: keeps what the new kind has too, and starts with its filters instead of the old kind's. */
export function withKind(query: EntraQuery, kind: CatalogKind, old?: CatalogKind): EntraQuery {
  const chosen = query.filters.filter((filter) => !old?.defaultFilters.some((preset) => isSame(preset, filter)));
  const added = kind.defaultFilters.filter(({ field }) => !chosen.some((filter) => filter.field === field));
  const view = kind.views.includes(query.view) ? query.view : kind.views[0];
  return withView({ ...query, queryType: kind.kind, filters: [...added, ...chosen] }, view, kind);
}

/** Turns a query that is about no kind of record into the first one about a kind. */
export function toRecords(
  { refId, hide, key, datasource }: Query,
  kind: CatalogKind,
  kinds: CatalogKind[],
  app?: CoreApp
): EntraQuery {
  const first = app === CoreApp.Explore ? EXPLORE_QUERY : DEFAULT_QUERY;
  const model = { ...first, refId, ...(hide && { hide }), ...(key && { key }), ...(datasource && { datasource }) };
  return withKind(
    model,
    kind,
    kinds.find((candidate) => candidate.kind === first.queryType)
  );
}

/** Chooses what is computed, and a field to count the values of where that needs one. */
export function withMeasure(query: EntraQuery, measure: Measure, kind: CatalogKind): EntraQuery {
  return withCountedField({ ...query, measure }, kind);
}

function withCountedField(query: EntraQuery, kind: CatalogKind): EntraQuery {
  const countable = kind.fields.filter(({ groupable }) => groupable);
  if (query.measure !== 'distinctValues') {
    delete query.of;
  } else if (!countable.some(({ name }) => name === query.of)) {
    query.of = (countable.find(({ name }) => name === 'countryOrRegion') ?? countable[0])?.name;
  }
  return query;
}

/** Drops what a kind of record has not. */
function withinKind(query: EntraQuery, kind: CatalogKind): EntraQuery {
  const fields = new Map(kind.fields.map((field) => [field.name, field]));
  const fitting: EntraQuery = {
    ...query,
    filters: query.filters.filter((filter) => suits(filter, fields.get(filter.field))),
    ...(query.groupBy && { groupBy: query.groupBy.filter((name) => fields.get(name)?.groupable) }),
    ...(query.columns && { columns: query.columns.filter((name) => fields.has(name)) }),
    ...(query.section && !kind.sections?.includes(query.section) && { section: '' }),
    ...(query.seen && !kind.seen && { seen: '' as const }),
  };
  const measures = measuresFor(kind, query.view);
  if (fitting.measure && !measures.some(({ name }) => name === fitting.measure)) {
    fitting.measure = measures[0]?.name;
  }
  withCountedField(fitting, kind);
  const id = fields.get(RECORD_ID);
  if (query.view === 'detail' && id && !fitting.filters.some(({ field }) => field === RECORD_ID)) {
    fitting.filters = [...fitting.filters, newFilter(id)];
  }
  return fitting;
}
