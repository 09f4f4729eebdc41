import { css } from '@emotion/css';
import type { GrafanaTheme2, LinkModel } from '@grafana/data';
import { IconButton, useStyles2 } from '@grafana/ui';
import React from 'react';

interface Props {
  title?: string;
  rows: Array<{ name: string; text: string; color?: string; strong?: boolean }>;
  links?: Array<Pick<LinkModel, 'href' | 'title' | 'target'>>;
  dismiss?: () => void;
}

/** What a graph says of the place that is pointed at. */
export function Tip({ title, rows, links = [], dismiss }: Props) {
  const styles = useStyles2(getStyles);
  return (
    <div className={styles.tip}>
      <div className={styles.title}>
        <strong>{title}</strong>
        {dismiss && <IconButton name="times" aria-label="Close" onClick={dismiss} />}
      </div>
      {rows.map(({ name, text, color, strong }, i) => (
        <div key={i} className={styles.row}>
          {color && <span className={styles.mark} style={{ background: color }} />}
          <span className={strong ? styles.strong : undefined}>{name}</span>
          <span className={styles.value}>{text}</span>
        </div>
      ))}
      {links.map(({ href, title, target }) => (
        <a key={href + title} className={styles.link} href={href} target={target}>
          {title}
        </a>
      ))}
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  tip: css({ padding: theme.spacing(1), fontSize: theme.typography.bodySmall.fontSize, minWidth: 160 }),
  title: css({ display: 'flex', justifyContent: 'space-between', marginBottom: theme.spacing(0.5) }),
  row: css({ display: 'flex', alignItems: 'center', gap: theme.spacing(1) }),
  mark: css({ width: 12, height: 4, borderRadius: 2, flexShrink: 0 }),
  strong: css({ fontWeight: theme.typography.fontWeightBold }),
  value: css({ marginLeft: 'auto', paddingLeft: theme.spacing(2) }),
  link: css({ display: 'block', color: theme.colors.text.link, marginTop: theme.spacing(0.5) }),
});
