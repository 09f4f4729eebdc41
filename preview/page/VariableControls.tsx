import { css } from '@emotion/css';
import type { GrafanaTheme2, TimeRange } from '@grafana/data';
import { Button, type ComboboxOption, Input, MultiCombobox, useStyles2 } from '@grafana/ui';
import React, { type ReactNode, useState } from 'react';

import { Combobox } from '../../src/components/Combobox';
import type { EntraQuery } from '../../src/types';
import { setParams } from './address';
import { datasource } from './services';
import { ALL, type AdHocFilter, textOf, type Variable } from './templating';
import { optionsOf } from './useVariables';

interface Props {
  list: Variable[];
  range: TimeRange;
  /** Those of the dashboard, which say what ad hoc filters can be about. */
  queries: EntraQuery[];
  children?: ReactNode;
}

/** The row in which a dashboard's variables are chosen. */
export function VariableControls({ list, range, queries, children }: Props) {
  const styles = useStyles2(getStyles);
  const shown = list.filter(({ hide, type }) => hide !== 2 && type !== 'constant');
  return (
    <form className={styles.row} aria-label="Variables" onSubmit={(event) => event.preventDefault()}>
      {shown.map((variable) => (
        <div key={variable.name} className={styles.control}>
          <label
            htmlFor={`var-${variable.name}`}
            title={variable.description}
            className={variable.hide === 1 ? 'sr-only' : styles.label}
          >
            {variable.label || variable.name}
          </label>
          <Control variable={variable} range={range} queries={queries} />
        </div>
      ))}
      {children}
    </form>
  );
}

const choose = ({ name }: Variable, value: string | string[]) => setParams({ [`var-${name}`]: value });

type ControlProps = Pick<Props, 'range' | 'queries'> & { variable: Variable };

function Control({ variable, range, queries }: ControlProps) {
  const id = `var-${variable.name}`;
  switch (variable.type) {
    case 'textbox':
      return <TextBox id={id} key={String(variable.value)} variable={variable} />;
    case 'adhoc':
      return <AdHoc id={id} variable={variable} range={range} queries={queries} />;
    default:
      return variable.multi ? (
        <Several id={id} variable={variable} range={range} />
      ) : (
        <Combobox
          id={id}
          width="auto"
          minWidth={12}
          options={search(variable, range)}
          value={{ value: String(variable.value), label: textOf(variable) }}
          createCustomValue={variable.type !== 'datasource' && variable.allowCustomValue !== false}
          onChange={({ value }) => choose(variable, value)}
        />
      );
  }
}

function Several({ id, variable, range }: { id: string; variable: Variable; range: TimeRange }) {
  const value = [variable.value].flat().map((each) => ({ value: each, label: textOf({ ...variable, value: each }) }));
  return (
    <MultiCombobox
      id={id}
      width="auto"
      minWidth={14}
      maxWidth={48}
      options={search(variable, range)}
      value={value}
      createCustomValue={variable.allowCustomValue !== false}
      onChange={(options) => {
        const values = options.map((option) => option.value);
        // All and a single value exclude each other; the newer choice holds.
        const chosen = values.at(-1) === ALL ? [ALL] : values.filter((each) => each !== ALL);
        choose(variable, chosen.length > 0 ? chosen : variable.includeAll ? [ALL] : []);
      }}
    />
  );
}

/** The options as a list, or looked up while typing where the query can. */
function search(
  variable: Variable,
  range: TimeRange
): Array<ComboboxOption<string>> | ((typed: string) => Promise<Array<ComboboxOption<string>>>) {
  const all = variable.includeAll ? [{ value: ALL, label: 'All' }] : [];
  const present = (options: Variable['options']) => options.map(({ text, value }) => ({ label: text, value }));
  if (variable.type === 'query' && JSON.stringify(variable.query).includes('__searchFilter')) {
    return async (typed) => [...(typed ? [] : all), ...present(await optionsOf(variable, range, typed))];
  }
  return [...all, ...present(variable.options)];
}

function TextBox({ id, variable }: { id: string; variable: Variable }) {
  const [text, setText] = useState(String(variable.value));
  const save = () => text !== variable.value && choose(variable, text);
  return (
    <Input
      id={id}
      width={24}
      value={text}
      onChange={({ currentTarget }) => setText(currentTarget.value)}
      onBlur={save}
      onKeyDown={({ key }) => key === 'Enter' && save()}
    />
  );
}

const OPERATORS = ['=', '!=', '=|', '!=|', '=~', '!~', '<', '>'].map((value) => ({ value, label: value }));

function AdHoc({ id, variable, range, queries }: ControlProps & { id: string }) {
  const styles = useStyles2(getStyles);
  const [key, setKey] = useState<string>();
  const [operator, setOperator] = useState('=');
  const save = (filters: AdHocFilter[]) =>
    choose(
      variable,
      filters.map((filter) => [filter.key, filter.operator, filter.value].join('|'))
    );
  const keys = async (typed: string) =>
    (await datasource.getTagKeys({ queries, timeRange: range }))
      .filter(({ text }) => text.toLowerCase().includes(typed.toLowerCase()))
      .map(({ text, value }) => ({ label: text, value: String(value ?? text) }));
  const values = async () =>
    (await datasource.getTagValues({ key: key!, filters: variable.filters, queries, timeRange: range })).map(
      ({ text, value }) => ({ label: text, value: String(value ?? text) })
    );

  return (
    <div className={styles.control}>
      {variable.filters.map((filter, i) => (
        <Button
          key={i}
          size="md"
          variant="secondary"
          icon="times"
          tooltip="Remove this filter"
          onClick={() => save(variable.filters.filter((each) => each !== filter))}
        >
          {`${filter.key} ${filter.operator} ${filter.value}`}
        </Button>
      ))}
      <Combobox
        id={id}
        key={`key-${variable.filters.length}`}
        width={20}
        options={keys}
        value={key ?? null}
        placeholder="Filter by"
        onChange={({ value }) => setKey(value)}
      />
      {key && (
        <>
          <Combobox
            aria-label="Operator"
            width={8}
            options={OPERATORS}
            value={operator}
            onChange={({ value }) => setOperator(value)}
          />
          <Combobox
            aria-label="Value"
            width={20}
            options={values}
            createCustomValue
            value={null}
            onChange={({ value }) => {
              save([...variable.filters, { key, operator, value }]);
              setKey(undefined);
            }}
          />
        </>
      )}
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  row: css({ display: 'flex', flexWrap: 'wrap', gap: theme.spacing(1), padding: theme.spacing(0, 2) }),
  control: css({ display: 'flex', alignItems: 'center', gap: theme.spacing(0.5) }),
  label: css({
    color: theme.colors.text.primary,
    fontSize: theme.typography.bodySmall.fontSize,
    background: theme.colors.background.secondary,
    padding: theme.spacing(0, 1),
    lineHeight: '32px',
    margin: 0,
  }),
});
