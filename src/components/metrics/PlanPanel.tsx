import React from 'react';
import { css } from '@emotion/css';
import { dateTimeFormat, type GrafanaTheme2 } from '@grafana/data';
import { t } from '@grafana/i18n';
import { Alert, IconButton, Stack, Text, useStyles2 } from '@grafana/ui';

import type { MetricsPlan } from '../../types';
import { duration } from '../../metrics/interpolate';

interface Props {
  plan: MetricsPlan;
  onClose: () => void;
}

/** Shows how the database evaluates an expression. */
export function PlanPanel({ plan, onClose }: Props) {
  const styles = useStyles2(getStyles);
  const title = t('metrics-editor.plan.title', 'How it is answered');

  return (
    <section aria-label={title} className={styles.panel}>
      <Stack direction="column" gap={1}>
        <Stack justifyContent="space-between">
          <Text element="h4" variant="h6">
            {title}
          </Text>
          <IconButton name="times" aria-label={t('metrics-editor.plan.close', 'Close')} onClick={onClose} />
        </Stack>
        <Text color="secondary">
          {t('metrics-editor.plan.grid', 'From {{start}} to {{end}}, a point every {{step}}', {
            start: dateTimeFormat(plan.start),
            end: dateTimeFormat(plan.end),
            step: duration(plan.step),
            interpolation: { escapeValue: false },
          })}
        </Text>
        <pre className={styles.code}>{plan.pretty}</pre>
        {plan.selectors.map(({ expr, served, read, sql }, index) => (
          <details key={index} open={plan.selectors.length === 1}>
            <summary>
              <Text variant="code">{expr}</Text>{' '}
              <Text color="secondary">
                {t('metrics-editor.plan.served', 'from {{served}}, {{read}} rows read', {
                  served,
                  read: read.toLocaleString('en'),
                  interpolation: { escapeValue: false },
                })}
              </Text>
            </summary>
            <pre className={styles.code}>{sql}</pre>
          </details>
        ))}
        {plan.notices.map((notice) => (
          <Alert key={notice} severity="info" title={notice} />
        ))}
      </Stack>
    </section>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  panel: css({
    border: `1px solid ${theme.colors.border.weak}`,
    borderRadius: theme.shape.radius.default,
    padding: theme.spacing(1),
  }),
  code: css({ margin: 0, whiteSpace: 'pre-wrap' }),
});
