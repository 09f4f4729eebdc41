import { css } from '@emotion/css';
import { getTemplateSrv } from '@grafana/runtime';

import type { FieldValue } from '../types';

/** The dashboard's variables, where a value may be one. */
export function variableOptions(search: string): FieldValue[] {
  return matching(
    getTemplateSrv()
      .getVariables()
      .map(({ name }) => ({ value: `\${${name}}`, label: `\${${name}}` })),
    search
  );
}

/** The values that hold a text. */
export function matching(values: FieldValue[], search: string): FieldValue[] {
  return values.filter(({ label }) => label.toLowerCase().includes(search.toLowerCase()));
}

/** Lets the parts of a filter take several lines where they have no room in one, such as in a narrow pane of Explore. */
export const wrapping = css({
  '& > div': { flexWrap: 'wrap' },
  '& > div > *': { maxWidth: '100%' },
});
