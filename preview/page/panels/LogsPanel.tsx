import { css } from '@emotion/css';
import {
  type DataFrame,
  dateTimeFormat,
  FieldType,
  type GrafanaTheme2,
  type Labels,
  type LinkModel,
} from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import React, { useState } from 'react';

import type { PanelProps } from './PanelProps';

const LEVELS: Record<string, string> = {
  critical: 'purple',
  error: 'red',
  warning: 'orange',
  info: 'green',
  debug: 'blue',
};

interface Line {
  key: string;
  time: number;
  body: string;
  level: string;
  labels: Labels;
  links: Array<LinkModel>;
}

/** Grafana publishes no list of log lines. */
export function LogsPanel({
  panel,
  frames,
  height,
  timeZone,
}: Pick<PanelProps, 'panel' | 'frames' | 'height' | 'timeZone'>) {
  const styles = useStyles2(getStyles);
  const lines = frames.flatMap(linesOf);
  const isAscending = panel.options?.sortOrder === 'Ascending';
  lines.sort((a, b) => (isAscending ? a.time - b.time : b.time - a.time));

  return (
    <ul className={styles.list} style={{ height }} tabIndex={0} aria-label={panel.title ?? 'Log lines'}>
      {lines.map((line) => (
        <LogLine key={line.key} line={line} timeZone={timeZone} />
      ))}
    </ul>
  );
}

function LogLine({ line: { time, body, level, labels, links }, timeZone }: { line: Line; timeZone: string }) {
  const styles = useStyles2(getStyles);
  const [isOpen, setOpen] = useState(false);
  return (
    <li className={styles.line} data-level={level}>
      <button type="button" className={styles.head} aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <span className={styles.level} style={{ background: LEVELS[level] ?? 'gray' }} title={level} />
        <time>{dateTimeFormat(time, { timeZone })}</time> {body}
      </button>
      {isOpen && (
        <dl className={styles.details}>
          {Object.entries(labels).map(([name, value]) => (
            <React.Fragment key={name}>
              <dt>{name}</dt>
              <dd>{String(value)}</dd>
            </React.Fragment>
          ))}
          {links.map(({ href, title, target }) => (
            <dd key={href}>
              <a className={styles.link} href={href} target={target}>
                {title}
              </a>
            </dd>
          ))}
        </dl>
      )}
    </li>
  );
}

function linesOf(frame: DataFrame, index: number): Line[] {
  const named = (name: string) => frame.fields.find((field) => field.name === name);
  const time = named('timestamp') ?? frame.fields.find(({ type }) => type === FieldType.time);
  const body = named('body') ?? frame.fields.find(({ type }) => type === FieldType.string);
  const [level, id, labels] = [named('severity') ?? named('level'), named('id'), named('labels')];
  return (time?.values ?? []).map((at: number, row: number) => ({
    key: `${index} ${id?.values[row] ?? row}`,
    time: at,
    body: String(body?.values[row] ?? ''),
    level: String(level?.values[row] ?? ''),
    labels: labels?.values[row] ?? {},
    links: frame.fields.flatMap((field) =>
      field.config.links?.length ? (field.getLinks?.({ valueRowIndex: row }) ?? []) : []
    ),
  }));
}

const getStyles = (theme: GrafanaTheme2) => ({
  list: css({
    listStyle: 'none',
    margin: 0,
    overflow: 'auto',
    fontFamily: theme.typography.fontFamilyMonospace,
    fontSize: theme.typography.bodySmall.fontSize,
  }),
  line: css({ borderBottom: `1px solid ${theme.colors.border.weak}` }),
  head: css({
    display: 'block',
    width: '100%',
    textAlign: 'left',
    border: 'none',
    background: 'none',
    color: 'inherit',
    padding: theme.spacing(0.25, 1),
    '&:hover': { background: theme.colors.action.hover },
  }),
  level: css({ display: 'inline-block', width: 4, height: 12, marginRight: theme.spacing(1) }),
  details: css({
    display: 'grid',
    gridTemplateColumns: 'max-content 1fr',
    gap: theme.spacing(0, 2),
    padding: theme.spacing(1, 3),
  }),
  link: css({ color: theme.colors.text.link }),
});
