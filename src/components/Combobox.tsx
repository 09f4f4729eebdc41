import { Combobox as GrafanaCombobox } from '@grafana/ui';
import { isEqual } from 'lodash';
import React, { type ComponentProps, useState } from 'react';

type Props = ComponentProps<typeof GrafanaCombobox>;

/**
 * Grafana's Combobox, which keeps what is typed while its parent renders. Grafana's own puts the chosen option's text in
 * its place whenever options or value are other objects than before, equal or not: see findings/combobox-options.sh.
 */
export const Combobox = function Combobox(props: Props) {
  const { options, value } = props;
  const chosen =
    typeof options === 'function' && (typeof value === 'string' || typeof value === 'number')
      ? { value, label: String(value) }
      : value;
  return <GrafanaCombobox {...({ ...props, options: useEqual(options), value: useEqual(chosen) } as Props)} />;
} as typeof GrafanaCombobox;

/** The first of the equal values that follow one another. */
function useEqual<T>(value: T): T {
  const [kept, keep] = useState({ value });
  if (isEqual(kept.value, value)) {
    return kept.value;
  }
  keep({ value });
  return value;
}
