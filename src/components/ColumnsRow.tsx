import React, { useEffect, useRef } from 'react';
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { t } from '@grafana/i18n';
import { EditorField, EditorRow } from '@grafana/plugin-ui';
import { Button, IconButton, useStyles2 } from '@grafana/ui';

import { Combobox } from './Combobox';
import { findField } from '../catalog';
import type { CatalogKind, EntraQuery } from '../types';
import { fieldOptions } from './fieldOptions';

interface Props {
  query: EntraQuery;
  kind: CatalogKind;
  onChange: (query: EntraQuery) => void;
}

/** The columns of a list, in their order. */
export function ColumnsRow({ query, kind, onChange }: Props) {
  const styles = useStyles2(getStyles);
  const row = useRef<HTMLDivElement>(null);
  const focusNext = useRef<string[]>([]);

  const chosen = query.columns ?? [];
  const columns = chosen.length > 0 ? chosen : kind.fields.filter((field) => field.default).map(({ name }) => name);
  const change = (names: string[]) => onChange({ ...query, columns: names });

  const move = (name: string, by: -1 | 1) => {
    const names = columns.filter((column) => column !== name);
    names.splice(columns.indexOf(name) + by, 0, name);
    const moves = `[data-column="${name}"] [data-by]:enabled`;
    focusNext.current = [`${moves}[data-by="${by}"]`, moves];
    change(names);
  };

  const add = (name: string) => {
    focusNext.current = ['input'];
    change([...columns, name]);
  };

  // A column that moves takes the focus along, so that the keyboard can move it further; the same for adding another.
  useEffect(() => {
    const found = focusNext.current.map((selector) => row.current?.querySelector<HTMLElement>(selector));
    found.find(Boolean)?.focus();
    focusNext.current = [];
  }, [query.columns]);

  return (
    <EditorRow>
      <EditorField label={t('query-editor.columns.label', 'Columns')}>
        <div ref={row} className={styles.row}>
          <ul className={styles.list}>
            {columns.map((name, i) => {
              const column = findField(kind, name)?.label ?? name;
              return (
                <li key={name} data-column={name} className={styles.column}>
                  <IconButton
                    name="angle-left"
                    data-by={-1}
                    disabled={i === 0}
                    aria-label={t('query-editor.columns.left', 'Move {{column}} left', { column })}
                    onClick={() => move(name, -1)}
                  />
                  {column}
                  <IconButton
                    name="angle-right"
                    data-by={1}
                    disabled={i === columns.length - 1}
                    aria-label={t('query-editor.columns.right', 'Move {{column}} right', { column })}
                    onClick={() => move(name, 1)}
                  />
                  <IconButton
                    name="times"
                    disabled={columns.length === 1}
                    aria-label={t('query-editor.columns.remove', 'Remove column {{column}}', { column })}
                    onClick={() => change(columns.filter((other) => other !== name))}
                  />
                </li>
              );
            })}
          </ul>
          <Combobox
            key={columns.join()} // forgets what was chosen
            aria-label={t('query-editor.columns.add', 'Add a column')}
            placeholder={t('query-editor.columns.add', 'Add a column')}
            width={26}
            options={fieldOptions(kind.fields.filter(({ name }) => !columns.includes(name)))}
            value={null}
            onChange={({ value }) => add(value)}
          />
          {chosen.length > 0 && (
            <Button variant="secondary" fill="text" onClick={() => change([])}>
              {t('query-editor.columns.reset', 'Reset to defaults')}
            </Button>
          )}
        </div>
      </EditorField>
    </EditorRow>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  row: css({
    alignItems: 'center',
    display: 'flex',
    flexWrap: 'wrap',
    gap: theme.spacing(1),
  }),
  list: css({
    display: 'flex',
    flexWrap: 'wrap',
    gap: theme.spacing(1),
    listStyle: 'none',
  }),
  column: css({
    alignItems: 'center',
    background: theme.colors.background.primary,
    border: `1px solid ${theme.colors.border.medium}`,
    borderRadius: theme.shape.radius.default,
    display: 'flex',
    fontSize: theme.typography.bodySmall.fontSize,
    gap: theme.spacing(0.5),
    height: theme.spacing(theme.components.height.md),
    padding: theme.spacing(0, 0.5),
  }),
});
