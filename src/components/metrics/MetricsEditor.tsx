import React, { type ReactNode, useState } from 'react';
import { type ScopedVars, store, type TimeRange } from '@grafana/data';
import { t } from '@grafana/i18n';
import { EditorField, EditorRow } from '@grafana/plugin-ui';
import { getTemplateSrv } from '@grafana/runtime';
import { Alert, Button, RadioButtonGroup, Stack } from '@grafana/ui';

import { messageOf } from '../WithCatalog';
import type { MetricsPlan, MetricsQuery } from '../../types';
import { Builder } from './Builder';
import { FIRST, read, write } from '../../metrics/built';
import { CodeField } from './CodeField';
import { interpolateExpression, interpolateMetrics, rangeVariables, stepVariables } from '../../metrics/interpolate';
import type { MetricsApi } from '../../metrics/MetricsApi';
import { OptionsRow } from './OptionsRow';
import { PlanPanel } from './PlanPanel';
import { withStandIns } from '../../metrics/pretty';
import { useMistake } from '../../metrics/useMistake';
import { useVocabulary } from '../../metrics/useVocabulary';

type Mode = 'code' | 'builder';

/** Where the browser remembers how its user likes to write. */
const MODE = 'entra-activity.metrics.mode';

interface Props {
  query: MetricsQuery;
  api: MetricsApi;
  range?: TimeRange;
  /** What the last request replaced. */
  scopedVars?: ScopedVars;
  onChange: (query: MetricsQuery) => void;
  onRunQuery: () => void;
  /** Shown before the editor's own choices. */
  children?: ReactNode;
}

/** Edits a query in MetricsQL, as text or built of its parts. */
export function MetricsEditor({ query, api, range, scopedVars: replaced, onChange, onRunQuery, children }: Props) {
  const scopedVars = { __interval_ms: ONE_MINUTE, ...replaced, ...rangeVariables(range) };
  const [text, setText, commit] = useDraft(query.expr, (expr) => onChange({ ...query, expr }));
  const mistake = useMistake(api, text, query, scopedVars);
  const vocabulary = useVocabulary(api);
  const [mode, setMode] = useState<Mode>(() => (query.expr && !read(query.expr) ? 'code' : store.get(MODE)) ?? 'code');
  const [plan, setPlan] = useState<MetricsPlan>();
  const [message, setMessage] = useState<string>();

  const isReadable = !text.trim() || read(text) !== undefined;
  const isBuilder = mode === 'builder' && isReadable;

  const change = (changed: MetricsQuery) => {
    onChange(changed);
    onRunQuery();
  };
  const put = (expr: string) => {
    setText(expr);
    commit(expr);
    onRunQuery();
  };

  const chooseMode = (chosen: Mode) => {
    setMessage(undefined);
    setMode(chosen);
    store.set(MODE, chosen);
    if (chosen === 'builder' && !text.trim()) {
      put(write(FIRST));
    }
  };

  const prettify = async () => {
    setMessage(undefined);
    const standing = withStandIns(text);
    if (!standing) {
      setMessage(
        t('metrics-editor.prettify.variables', 'With a variable where a label or a metric is, this cannot be rewritten')
      );
      return;
    }
    try {
      const check = await api.check(standing.text);
      if (check.ok) {
        put(standing.restore(check.pretty));
      }
    } catch (error) {
      setMessage(messageOf(error));
    }
  };

  const explain = async () => {
    setMessage(undefined);
    if (!range) {
      return;
    }
    const requested = interpolateMetrics({ ...query, expr: text }, scopedVars);
    try {
      const step = Number(stepVariables(requested.interval, scopedVars).__interval_ms?.value);
      setPlan(await api.explain({ ...query, ...requested }, range, step));
    } catch (error) {
      setPlan(undefined);
      setMessage(messageOf(error));
    }
  };

  const modeLabel = t('metrics-editor.mode.label', 'Written as');
  return (
    <>
      <EditorRow>
        {children}
        <EditorField label={modeLabel}>
          <RadioButtonGroup<Mode>
            aria-label={modeLabel}
            options={[
              { value: 'builder', label: t('metrics-editor.mode.builder', 'Builder') },
              { value: 'code', label: t('metrics-editor.mode.code', 'Code') },
            ]}
            value={isBuilder ? 'builder' : 'code'}
            onChange={chooseMode}
          />
        </EditorField>
        <EditorField label={t('metrics-editor.expression.label', 'Expression')}>
          <Stack>
            <Button variant="secondary" icon="brackets-curly" disabled={!text.trim()} onClick={prettify}>
              {t('metrics-editor.prettify.label', 'Prettify')}
            </Button>
            <Button variant="secondary" icon="question-circle" disabled={!text.trim() || !range} onClick={explain}>
              {t('metrics-editor.explain.label', 'Explain')}
            </Button>
          </Stack>
        </EditorField>
      </EditorRow>
      {mode === 'builder' && !isReadable && (
        <Alert
          severity="info"
          title={t('metrics-editor.builder.cannot', 'The builder cannot show this expression, so it stays as text')}
        />
      )}
      {isBuilder && vocabulary ? (
        <Builder expr={text} vocabulary={vocabulary} api={api} range={range} onChange={put} />
      ) : (
        <CodeField
          value={text}
          mistake={mistake}
          sources={{
            vocabulary: () => api.vocabulary(),
            values: (metric, label, search, match) =>
              api.values(metric, label, { text: search, range, match: interpolateExpression(match, scopedVars) }),
            variables: () =>
              getTemplateSrv()
                .getVariables()
                .map(({ name }) => name),
          }}
          onType={setText}
          onCommit={commit}
          onRun={(expr) => {
            commit(expr);
            onRunQuery();
          }}
        />
      )}
      {message && <Alert severity="warning" title={message} onRemove={() => setMessage(undefined)} />}
      {plan && <PlanPanel plan={plan} onClose={() => setPlan(undefined)} />}
      <OptionsRow query={query} onChange={change} />
    </>
  );
}

/** Stands for the interval before there was a request. */
const ONE_MINUTE = { text: '60000', value: 60_000 };

/**
 * A text that is typed before it is told. A change from elsewhere takes its place, but not one's own that comes back while
 * more is typed.
 */
function useDraft(
  saved: string,
  onCommit: (text: string) => void
): [text: string, setText: (text: string) => void, commit: (text: string) => void] {
  const [text, setText] = useState(saved);
  const [seen, setSeen] = useState(saved);
  const [told, setTold] = useState(saved);

  if (saved !== seen) {
    setSeen(saved);
    if (saved !== told) {
      setText(saved);
      setTold(saved);
    }
  }
  const commit = (changed: string) => {
    if (changed !== told) {
      setTold(changed);
      onCommit(changed);
    }
  };
  return [text, setText, commit];
}
