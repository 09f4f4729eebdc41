import { type DataFrame, dataFrameToJSON, getFrameDisplayName, toCSV } from '@grafana/data';
import { Button, Drawer, Select, Stack, Tab, TabsBar, useTheme2 } from '@grafana/ui';
import { TableNG } from '@grafana/ui/unstable';
import React, { useState } from 'react';

import type { PanelModel } from './model';
import { type PanelResult, withConfig } from './usePanelData';

const TABS = { data: 'Data', json: 'Data frames', query: 'Query', panel: 'Panel JSON' };
export type InspectorTab = keyof typeof TABS;

interface Props {
  panel: PanelModel;
  result: PanelResult;
  tab: InspectorTab;
  timeZone: string;
  onTab: (tab: InspectorTab) => void;
  onClose: () => void;
}

/** A panel's query and its result. */
export function Inspector({ panel, result, tab, timeZone, onTab, onClose }: Props) {
  return (
    <Drawer
      title={`Inspect: ${panel.title ?? panel.type}`}
      onClose={onClose}
      size="lg"
      tabs={
        <TabsBar>
          {(Object.keys(TABS) as InspectorTab[]).map((each) => (
            <Tab key={each} label={TABS[each]} active={each === tab} onChangeTab={() => onTab(each)} />
          ))}
        </TabsBar>
      }
    >
      {tab === 'data' && <Frames frames={result.raw} panel={panel} timeZone={timeZone} />}
      {tab === 'json' && (
        <Text
          text={JSON.stringify(
            result.raw.map((frame) => dataFrameToJSON(frame)),
            null,
            2
          )}
        />
      )}
      {tab === 'query' && <Text text={sqlOf(result)} />}
      {tab === 'panel' && <Text text={JSON.stringify(panel, null, 2)} />}
    </Drawer>
  );
}

function sqlOf({ raw, errors = [], request }: PanelResult): string {
  const took = request?.endTime ? [`-- ${request.endTime - request.startTime} ms`] : [];
  const stats = raw
    .flatMap(({ meta }) => meta?.stats ?? [])
    .map(({ displayName, value }) => `-- ${displayName}: ${value}`);
  const sql = raw.flatMap(({ refId, meta }) =>
    meta?.executedQueryString ? [`-- ${refId}`, meta.executedQueryString] : []
  );
  return [...took, ...stats, ...sql, ...errors.map(({ message }) => `-- ${message}`)].join('\n');
}

function Text({ text }: { text: string }) {
  return (
    <pre tabIndex={0} aria-label="Text" style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
      {text}
    </pre>
  );
}

interface FramesProps {
  frames: DataFrame[];
  panel: PanelModel;
  timeZone: string;
}

function Frames({ frames, panel, timeZone }: FramesProps) {
  const theme = useTheme2();
  const [chosen, setChosen] = useState(0);
  const plain = withConfig(frames, { ...panel, fieldConfig: undefined }, timeZone, theme);
  const frame = plain[chosen];
  if (!frame) {
    return <p>No data</p>;
  }
  const download = () => {
    const file = new Blob([toCSV([frame], { useExcelHeader: false })], { type: 'text/csv' });
    const anchor = document.createElement('a');
    anchor.href = URL.createObjectURL(file);
    anchor.download = `${panel.title ?? 'data'}.csv`;
    anchor.click();
    URL.revokeObjectURL(anchor.href);
  };
  return (
    <Stack direction="column">
      <Stack>
        <Select
          aria-label="Frame"
          value={chosen}
          options={plain.map((each, value) => ({ label: getFrameDisplayName(each, value), value }))}
          onChange={({ value = 0 }) => setChosen(value)}
        />
        <Button variant="secondary" icon="download-alt" onClick={download}>
          Download CSV
        </Button>
      </Stack>
      <TableNG data={frame} width={760} height={Math.max(300, window.innerHeight - 240)} ariaLabel="Data" resizable />
    </Stack>
  );
}
