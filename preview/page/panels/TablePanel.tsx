import { type DataFrame, getFrameDisplayName } from '@grafana/data';
import { Select } from '@grafana/ui';
import { TableNG } from '@grafana/ui/unstable';
import React, { useState } from 'react';

import { fieldConfigOf } from '../fields';
import type { PanelProps } from './PanelProps';

export function TablePanel({ panel, frames, width, height, range, onFilter }: PanelProps) {
  const [chosen, setChosen] = useState(0);
  const options = panel.options ?? {};
  const filled = frames.filter(({ fields }) => fields.length > 0);
  const frame = filled[Math.min(chosen, filled.length - 1)];
  const several = filled.length > 1;

  return (
    <>
      <TableNG
        ariaLabel={panel.title}
        data={shown(frame)}
        width={width}
        height={several ? height - 40 : height}
        noHeader={options.showHeader === false}
        showTypeIcons={options.showTypeIcons}
        resizable
        sortBy={options.sortBy}
        cellHeight={options.cellHeight}
        enablePagination={options.enablePagination}
        frozenColumns={options.frozenColumns?.left}
        timeRange={range}
        fieldConfig={fieldConfigOf(panel.fieldConfig)}
        onCellFilterAdded={onFilter}
        structureRev={1}
        transparent={panel.transparent}
      />
      {several && (
        <Select
          aria-label="Table"
          value={chosen}
          options={filled.map((each, value) => ({ label: getFrameDisplayName(each, value), value }))}
          onChange={({ value = 0 }) => setChosen(value)}
        />
      )}
    </>
  );
}

const shown = (frame: DataFrame): DataFrame => ({
  ...frame,
  fields: frame.fields.filter(({ config }) => !config.custom?.hideFrom?.viz && !config.custom?.hidden),
});
