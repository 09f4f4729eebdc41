// Template variables: their values, and text with references to them.
import {
  dateTime,
  dateTimeFormat,
  type Field,
  type ScopedVars,
  type TimeRange,
  type TypedVariableModel,
} from '@grafana/data';
import type { TemplateSrv } from '@grafana/runtime';

export const ALL = '$__all';

export type Value = string | string[];

/** A variable as a dashboard's file holds it. */
export interface VariableModel {
  name: string;
  type: 'datasource' | 'query' | 'custom' | 'constant' | 'textbox' | 'adhoc' | 'interval';
  label?: string;
  description?: string;
  hide?: number;
  query?: unknown;
  datasource?: { type?: string; uid?: string };
  current?: { text?: Value; value?: Value };
  multi?: boolean;
  includeAll?: boolean;
  allValue?: string;
  allowCustomValue?: boolean;
  regex?: string;
  sort?: number;
  refresh?: number;
  skipUrlSync?: boolean;
  filters?: AdHocFilter[];
}

export interface AdHocFilter {
  key: string;
  operator: string;
  value: string;
  values?: string[];
}

export interface Option {
  text: string;
  value: string;
}

/** A variable with what is chosen and what could be. */
export interface Variable extends VariableModel {
  value: Value;
  options: Option[];
  filters: AdHocFilter[];
}

// $name, [[name:format]] and ${name.path:format}.
const REFERENCE = /\$(\w+)|\[\[(\w+?)(?::(\w+))?\]\]|\$\{(\w+)(?:\.([^:}]+))?(?::([^}]+))?\}/g;

type Format = string | Function;

class Variables implements TemplateSrv {
  list: Variable[] = [];
  range?: TimeRange;
  timeZone = 'browser';
  /** The e-mail address of whoever looks at the dashboards. */
  viewer = '';
  /** What else a dashboard's texts can name, such as __dashboard. */
  scope: ScopedVars = {};

  getVariables(): TypedVariableModel[] {
    return this.list.map((variable) => ({
      ...variable,
      current: { value: variable.value, text: textOf(variable) },
    })) as unknown as TypedVariableModel[];
  }

  containsTemplate(text = ''): boolean {
    REFERENCE.lastIndex = 0;
    return REFERENCE.test(text);
  }

  updateTimeRange(range: TimeRange) {
    this.range = range;
  }

  find(name: string): Variable | undefined {
    return this.list.find((variable) => variable.name === name);
  }

  replace = (text = '', scopedVars: ScopedVars = {}, format?: Format): string =>
    String(text).replace(REFERENCE, (reference, bare, bracketed, bracketedFormat, braced, path, bracedFormat) => {
      const name: string = bare ?? bracketed ?? braced;
      const chosen: Format | undefined = bracketedFormat ?? bracedFormat ?? format;
      const scoped = { ...this.scope, ...scopedVars };
      const macro = this.macro(name, path, scoped, chosen);
      if (macro !== undefined) {
        return macro;
      }
      if (scoped[name]) {
        const value = path ? lookUp(scoped[name].value, path) : scoped[name].value;
        return value === undefined || value === null ? reference : formatted(value, chosen, { name });
      }
      const variable = this.find(name);
      if (!variable || variable.type === 'adhoc') {
        return reference;
      }
      if (chosen === 'text') {
        return textOf(variable);
      }
      if (chosen === 'queryparam') {
        return queryParam(variable);
      }
      return formatted(valueOf(variable, typeof chosen === 'function'), chosen, variable);
    });

  private macro(name: string, path: string | undefined, scopedVars: ScopedVars, format?: Format): string | undefined {
    switch (name) {
      case '__from':
      case '__to': {
        const at = name === '__from' ? this.range?.from : this.range?.to;
        return at && formattedTime(at.valueOf(), format, this.timeZone);
      }
      case '__url_time_range':
        return this.range && urlTimeRange(this.range);
      case '__all_variables':
        return this.list
          .filter(({ skipUrlSync }) => !skipUrlSync)
          .map(queryParam)
          .join('&');
      case '__timezone':
        return this.timeZone;
      case '__range':
      case '__range_s':
      case '__range_ms': {
        const ms = this.range && this.range.to.valueOf() - this.range.from.valueOf();
        return ms === undefined
          ? undefined
          : name === '__range_ms'
            ? `${ms}`
            : `${Math.round(ms / 1000)}${name === '__range' ? 's' : ''}`;
      }
      case '__field':
      case '__value':
      case '__data':
      case '__series':
        return fromContext(name, path ?? '', scopedVars, format);
    }
    return undefined;
  }
}

export const variables = new Variables();

export function urlTimeRange({ raw }: TimeRange): string {
  const end = (value: TimeRange['raw']['from']) =>
    encodeURIComponent(typeof value === 'string' ? value : String(value.valueOf()));
  return `from=${end(raw.from)}&to=${end(raw.to)}`;
}

/** What a link's text says of the value that it hangs on. */
function fromContext(name: string, path: string, { __dataContext }: ScopedVars, format?: Format): string | undefined {
  const context = __dataContext?.value;
  if (!context) {
    return undefined;
  }
  const { frame, field, rowIndex, calculatedValue } = context;
  const row = rowIndex ?? (field.values?.length ?? 1) - 1;
  let value: unknown;
  switch (name) {
    case '__series':
      value = frame?.name ?? field.state?.displayName ?? field.name;
      break;
    case '__field':
      value = path.startsWith('labels')
        ? path === 'labels'
          ? Object.entries(field.labels ?? {})
              .map(([key, label]) => `${key}="${label}"`)
              .join(', ')
          : (lookUp({ labels: field.labels ?? {} }, path) ?? '')
        : path === 'displayName'
          ? (field.config.displayName ?? field.state?.displayName ?? field.config.displayNameFromDS ?? field.name)
          : field.name;
      break;
    case '__value': {
      const raw = calculatedValue ? calculatedValue.numeric : field.values[row];
      const shown = calculatedValue ?? field.display?.(raw);
      value =
        path === 'time'
          ? frame.fields.find(({ type }: { type: string }) => type === 'time')?.values[row]
          : path === 'text'
            ? [shown?.prefix, shown?.text, shown?.suffix].join('')
            : path === 'numeric'
              ? shown?.numeric
              : raw;
      break;
    }
    case '__data': {
      const found = /^fields(?:\.(.+)|\[["']?(.+?)["']?\])(?:\.(raw|text|numeric))?$/.exec(path);
      const key = found?.[1]?.replace(/\.(raw|text|numeric)$/, '') ?? found?.[2] ?? '';
      const other =
        frame.fields.find((f: Field) =>
          [f.name, f.config.displayName, f.config.displayNameFromDS, f.state?.displayName].includes(key)
        ) ?? frame.fields[Number(key)];
      const raw = other?.values[row];
      value = /\.text$/.test(path) ? other?.display?.(raw).text : raw;
      break;
    }
  }
  return formatted(value ?? '', format, {});
}

function lookUp(from: unknown, path: string): unknown {
  const steps = path.match(/[^.[\]"']+/g) ?? [];
  const whole = steps.slice(1).join('.');
  const first = (from as Record<string, Record<string, unknown>>)?.[steps[0] ?? ''];
  if (whole && first && typeof first === 'object' && whole in first) {
    return first[whole];
  }
  return steps.reduce<unknown>((value, step) => (value as Record<string, unknown> | undefined)?.[step ?? ''], from);
}

function valueOf(variable: Variable, raw: boolean): Value {
  if ([variable.value].flat().includes(ALL) && !raw) {
    return variable.allValue ?? variable.options.map(({ value }) => value);
  }
  return variable.value;
}

export function textOf({ value, options }: Variable): string {
  return [value]
    .flat()
    .map((each) => (each === ALL ? 'All' : (options.find((option) => option.value === each)?.text ?? each)))
    .join(' + ');
}

export function queryParam({ name, type, value, filters }: Variable): string {
  const values =
    type === 'adhoc' ? filters.map(({ key, operator, value }) => [key, operator, value].join('|')) : [value].flat();
  return values.map((each) => `var-${encodeURIComponent(name)}=${encodeURIComponent(each)}`).join('&');
}

function formattedTime(ms: number, format: Format | undefined, timeZone: string): string {
  if (typeof format !== 'string' || !format.startsWith('date')) {
    return String(ms);
  }
  const pattern = format.slice('date:'.length);
  switch (pattern) {
    case '':
    case 'iso':
      return dateTime(ms).toISOString();
    case 'seconds':
      return String(Math.round(ms / 1000));
    default:
      return dateTimeFormat(ms, { format: pattern, timeZone });
  }
}

const escapeRegex = (text: string) => text.replace(/[\\^$*+?.()|[\]{}/]/g, '\\$&');

function formatted(value: unknown, format: Format | undefined, variable: Partial<Variable>): string {
  if (typeof format === 'function') {
    return format(value, variable);
  }
  const list = Array.isArray(value)
    ? value.map(String)
    : [typeof value === 'object' ? JSON.stringify(value) : String(value)];
  switch (format) {
    case 'csv':
    case 'raw':
      return list.join(',');
    case 'pipe':
      return list.join('|');
    case 'json':
      return JSON.stringify(Array.isArray(value) ? list : list[0]);
    case 'regex':
      return list.length === 1 ? escapeRegex(list[0]) : `(${list.map(escapeRegex).join('|')})`;
    case 'percentencode':
    case 'uriencode':
      return encodeURIComponent(list.length === 1 ? list[0] : `{${list.join(',')}}`);
    case 'singlequote':
    case 'sqlstring':
      return list.map((each) => `'${each.replaceAll("'", format === 'sqlstring' ? "''" : "\\'")}'`).join(',');
    case 'doublequote':
      return list.map((each) => `"${each.replaceAll('"', '\\"')}"`).join(',');
    case 'queryparam':
      return list.map((each) => `var-${variable.name}=${encodeURIComponent(each)}`).join('&');
    default:
      if (typeof format === 'string' && format.startsWith('date') && list.length === 1) {
        return formattedTime(Number(list[0]), format, variables.timeZone);
      }
      return list.length === 1 ? list[0] : `{${list.join(',')}}`;
  }
}
