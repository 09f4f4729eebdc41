import type { ScopedVars } from '@grafana/data';
import { getTemplateSrv } from '@grafana/runtime';
import { isEqual } from 'lodash';

import type { Filter } from '../types';
import { restricts, withValues } from './filters';

/** Names in `$name`, `${name}`, `${name:format}` and `[[name]]`. */
const REFERENCE = /\$(\w+)|\$\{(\w+)[^}]*\}|\[\[(\w+)[^\]]*\]\]/g;

/** Replaces variables in filters; a filter with a variable set to All is left out. */
export function interpolateFilters(filters: Filter[], scopedVars: ScopedVars): Filter[] {
  return filters
    .filter((filter) => !filter.values.some((value) => refersToAll(value, scopedVars)))
    .map((filter) =>
      withValues(
        filter,
        filter.values.flatMap((value) => interpolate(value, scopedVars))
      )
    )
    .filter(restricts);
}

/** Replaces variables in a text: one text for each combination of the values of variables with several. */
function interpolate(text: string, scopedVars: ScopedVars): string[] {
  const choices: string[][] = [];
  const template = getTemplateSrv().replace(text, scopedVars, (value: string | string[]) => {
    choices.push([value].flat().map(String));
    return placeholder(choices.length - 1);
  });
  return choices.reduce(
    (texts, values, i) => texts.flatMap((partial) => values.map((value) => partial.split(placeholder(i)).join(value))),
    [template]
  );
}

/** A mark that no value contains. */
const placeholder = (index: number) => `\u0000${index}\u0000`;

// All is looked for before it is replaced: Grafana would put every value known to the variable in its place, and
// miss the records with any other.
function refersToAll(text: string, scopedVars: ScopedVars): boolean {
  return Array.from(text.matchAll(REFERENCE), ([, bare, braced, bracketed]) => bare ?? braced ?? bracketed).some(
    (name) => [currentValue(name, scopedVars)].flat().includes('$__all')
  );
}

/** What a variable is set to now, as it is saved: All is not its values. */
export function currentValue(name: string, scopedVars: ScopedVars): unknown {
  if (scopedVars[name]) {
    return scopedVars[name].value;
  }
  // A repeated panel or row has a value of its own, which Grafana does not say but puts in.
  const own = replacement(name, scopedVars);
  if (!isEqual(own, replacement(name, {}))) {
    return own;
  }
  const variable = getTemplateSrv()
    .getVariables()
    .find((candidate) => candidate.name === name);
  return variable && 'current' in variable ? variable.current.value : undefined;
}

/** What Grafana puts in the place of a variable. */
function replacement(name: string, scopedVars: ScopedVars): unknown {
  let found: unknown;
  getTemplateSrv().replace(`\${${name}}`, scopedVars, (value: unknown) => {
    found = value;
    return '';
  });
  return found;
}
