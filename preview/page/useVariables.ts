import { CustomVariableSupport, type DataQueryRequest, type TimeRange } from '@grafana/data';
import { useEffect, useState } from 'react';
import { lastValueFrom } from 'rxjs';

import type { VariableQuery } from '../../src/types';
import type { DashboardModel } from './model';
import { datasource, settings } from './services';
import {
  ALL,
  type AdHocFilter,
  type Option,
  type Value,
  type Variable,
  type VariableModel,
  variables,
} from './templating';

/** Finds every variable's value and options, in the order of the dashboard's list; a later one may refer to earlier ones. */
export function useVariables(
  dashboard: DashboardModel,
  params: URLSearchParams,
  range: TimeRange
): Variable[] | undefined {
  const [found, setFound] = useState<{ key: string; uid: string; list: Variable[] }>();
  const chosen = [...params].filter(([name]) => name.startsWith('var-'));
  const key = JSON.stringify([dashboard.uid, chosen, range.from.valueOf(), range.to.valueOf()]);

  useEffect(() => {
    let current = true;
    const load = async () => {
      const list: Variable[] = [];
      for (const model of dashboard.templating?.list ?? []) {
        variables.list = list;
        list.push(await resolve(model, params.getAll(`var-${model.name}`), range));
        if (!current) {
          return;
        }
      }
      variables.list = list;
      setFound({ key, uid: dashboard.uid, list });
    };
    void load();
    return () => {
      current = false;
    };
    // The key says what the others hold.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [key]);

  return found?.uid === dashboard.uid ? found.list : undefined;
}

async function resolve(model: VariableModel, given: string[], range: TimeRange): Promise<Variable> {
  const variable: Variable = { ...model, value: '', options: [], filters: [] };
  if (model.type === 'adhoc') {
    return { ...variable, filters: given.length > 0 ? given.map(parseFilter) : (model.filters ?? []) };
  }
  try {
    variable.options = await optionsOf(model, range);
  } catch (error) {
    console.warn(`The variable ${model.name} has no values: ${messageOf(error)}`);
  }
  const saved = model.current?.value;
  const wanted =
    given.length > 0
      ? given
      : ([saved ?? []].flat() as string[]).filter((value) => value !== '' || model.type === 'textbox');
  variable.value = settle(variable, wanted, given.length > 0);
  return variable;
}

/** What of the wanted values there is; else the first. */
function settle(variable: Variable, wanted: string[], given: boolean): Value {
  const { type, options, multi, includeAll } = variable;
  switch (type) {
    case 'textbox':
      return wanted[0] ?? String(variable.query ?? '');
    case 'constant':
      return String(variable.query ?? '');
    case 'datasource':
      return options.some(({ value }) => value === wanted[0]) ? wanted[0] : (options[0]?.value ?? '');
  }
  // A value from the address may lie beyond what is listed.
  const known = wanted.filter((value) => given || value === ALL || options.some((option) => option.value === value));
  const chosen = known.map((value) => (value === 'All' && includeAll ? ALL : value));
  if (chosen.length === 0) {
    chosen.push(...(includeAll ? [ALL] : options.slice(0, 1).map(({ value }) => value)));
  }
  return multi ? chosen : (chosen[0] ?? '');
}

export async function optionsOf(model: VariableModel, range: TimeRange, typed = ''): Promise<Option[]> {
  switch (model.type) {
    case 'datasource':
      return model.query === settings.type ? [{ text: settings.name, value: settings.uid }] : [];
    case 'custom':
    case 'interval':
      return (String(model.query ?? '').match(/(?:\\,|[^,])+/g) ?? []).map((each) => {
        const [, text, value] = /^\s*(.+?)\s+:\s+(.+?)\s*$/.exec(each) ?? [undefined, each.trim(), each.trim()];
        return { text: text.replaceAll('\\,', ','), value: value.replaceAll('\\,', ',') };
      });
    case 'query':
      return queried(model, range, typed);
    default:
      return [];
  }
}

async function queried(model: VariableModel, range: TimeRange, typed: string): Promise<Option[]> {
  const { query, regex, sort = 0 } = model;
  if (model.datasource?.type && model.datasource.type !== settings.type) {
    return [];
  }
  const support = datasource.variables;
  if (!(support instanceof CustomVariableSupport)) {
    return [];
  }
  const request = {
    targets: [{ ...(query as VariableQuery), refId: 'variable' }],
    range,
    scopedVars: { __searchFilter: { text: typed, value: typed } },
    requestId: 'variable',
    timezone: variables.timeZone,
  } as unknown as DataQueryRequest<VariableQuery>;
  const { data } = await lastValueFrom(support.query(request));
  let options = (data as unknown as Option[]).map(({ text, value }) => ({
    text: String(text ?? value),
    value: String(value ?? text),
  }));
  const pattern = regex && /^\/(.*)\/(\w*)$/.exec(variables.replace(regex));
  if (pattern) {
    const matcher = new RegExp(pattern[1], pattern[2].replace('g', ''));
    options = options.flatMap((option) => {
      const match = matcher.exec(option.text);
      return match ? [match[1] ? { text: match[1], value: match[1] } : option] : [];
    });
  }
  if (sort > 0) {
    const numeric = sort === 3 || sort === 4;
    options.sort((a, b) => a.text.localeCompare(b.text, 'en', { numeric, sensitivity: sort > 4 ? 'base' : 'variant' }));
    if (sort % 2 === 0) {
      options.reverse();
    }
  }
  return options;
}

export function parseFilter(text: string): AdHocFilter {
  const [key = '', operator = '=', ...values] = text.split('|');
  return { key, operator, value: values[0] ?? '', values };
}

export function messageOf(error: unknown): string {
  const { data, message, statusText } = error as {
    data?: { message?: string; error?: string };
    message?: string;
    statusText?: string;
  };
  return data?.message ?? data?.error ?? message ?? statusText ?? String(error);
}
