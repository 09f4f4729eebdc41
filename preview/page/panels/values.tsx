import {
  type DisplayValue,
  FieldColorModeId,
  type FieldDisplay,
  getDisplayValueAlignmentFactors,
  getFieldDisplayValues,
  type LinkModel,
  ReducerID,
  VizOrientation,
} from '@grafana/data';
import {
  BarGauge,
  BigValue,
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
  DataLinksContextMenu,
  useTheme2,
  VizRepeater,
} from '@grafana/ui';
import { BarGaugeDisplayMode } from '@grafana/schema';
import React, { type ReactNode } from 'react';

import { fieldConfigOf } from '../fields';
import { variables } from '../templating';
import type { PanelProps } from './PanelProps';

export function useValues({ panel, frames, timeZone }: PanelProps, sparkline = false): FieldDisplay[] {
  const theme = useTheme2();
  return getFieldDisplayValues({
    data: frames,
    fieldConfig: fieldConfigOf(panel.fieldConfig),
    reduceOptions: { calcs: [ReducerID.lastNotNull], ...panel.options?.reduceOptions },
    replaceVariables: variables.replace,
    theme,
    timeZone,
    sparkline,
    percentChange: panel.options?.showPercentChange,
  });
}

function Linked({
  value,
  children,
}: {
  value: FieldDisplay;
  children: (open?: React.MouseEventHandler<HTMLElement>, css?: string) => ReactNode;
}) {
  const { hasLinks, getLinks } = value;
  if (!hasLinks || !getLinks) {
    return <>{children()}</>;
  }
  return (
    <DataLinksContextMenu links={getLinks as () => LinkModel[]} style={{ flexGrow: 1 }}>
      {({ openMenu, targetClassName }) => <>{children(openMenu, targetClassName)}</>}
    </DataLinksContextMenu>
  );
}

export function StatPanel(props: PanelProps) {
  const theme = useTheme2();
  const { panel, width, height } = props;
  const options = panel.options ?? {};
  const graphMode = options.graphMode ?? BigValueGraphMode.Area;
  const values = useValues(props, graphMode !== BigValueGraphMode.None);

  return (
    <VizRepeater
      getValues={() => values}
      getAlignmentFactors={getDisplayValueAlignmentFactors}
      width={width}
      height={height}
      source={props.data}
      itemSpacing={3}
      renderCounter={0}
      autoGrid
      orientation={options.orientation ?? VizOrientation.Auto}
      renderValue={({ value, width, height, alignmentFactors, count }) => (
        <Linked value={value}>
          {(onClick, className) => (
            <BigValue
              value={value.display}
              sparkline={value.sparkline}
              count={count}
              width={width}
              height={height}
              theme={theme}
              colorMode={options.colorMode ?? BigValueColorMode.Value}
              graphMode={graphMode}
              justifyMode={options.justifyMode}
              textMode={textMode(options.textMode, values)}
              text={options.text}
              alignmentFactors={alignmentFactors}
              percentChangeColorMode={options.percentChangeColorMode}
              hasLinks={value.hasLinks}
              onClick={onClick}
              className={className}
            />
          )}
        </Linked>
      )}
    />
  );
}

// One number needs no name beside the panel's title.
const textMode = (mode: BigValueTextMode = BigValueTextMode.Auto, values: FieldDisplay[]) =>
  mode === BigValueTextMode.Auto && values.length === 1 ? BigValueTextMode.Value : mode;

export function BarGaugePanel(props: PanelProps) {
  const theme = useTheme2();
  const { panel, width, height } = props;
  const options = panel.options ?? {};
  const values = useValues(props);
  const orientation =
    options.orientation && options.orientation !== 'auto' ? options.orientation : VizOrientation.Horizontal;

  return (
    <VizRepeater
      getValues={() => values}
      getAlignmentFactors={getDisplayValueAlignmentFactors}
      width={width}
      height={height}
      source={props.data}
      renderCounter={0}
      itemSpacing={8}
      minVizHeight={options.minVizHeight ?? 16}
      minVizWidth={options.minVizWidth ?? 8}
      orientation={orientation}
      renderValue={({ value, width, height, alignmentFactors }) => (
        <Linked value={value}>
          {(onClick, className) => (
            <BarGauge
              value={values.length === 1 ? { ...value.display, title: undefined } : value.display}
              field={value.field}
              display={value.view?.getFieldDisplayProcessor(value.colIndex ?? 0)}
              width={width}
              height={height}
              theme={theme}
              orientation={orientation}
              displayMode={options.displayMode ?? BarGaugeDisplayMode.Gradient}
              valueDisplayMode={options.valueMode}
              namePlacement={options.namePlacement}
              showUnfilled={options.showUnfilled ?? true}
              alignmentFactors={alignmentFactors}
              text={options.text}
              itemSpacing={8}
              lcdCellWidth={8}
              onClick={onClick}
              className={className}
            />
          )}
        </Linked>
      )}
    />
  );
}

/** Grafana publishes no gauge: an arc of three quarters, its thresholds around it. */
export function GaugePanel(props: PanelProps) {
  const { width, height } = props;
  const values = useValues(props);
  return (
    <VizRepeater
      getValues={() => values}
      width={width}
      height={height}
      source={props.data}
      renderCounter={0}
      autoGrid
      orientation={props.panel.options?.orientation ?? VizOrientation.Auto}
      renderValue={({ value, width, height }) => (
        <Gauge value={value} width={width} height={height} named={values.length > 1} />
      )}
    />
  );
}

function Gauge({
  value: { display, field },
  width,
  height,
  named,
}: {
  value: FieldDisplay;
  width: number;
  height: number;
  named: boolean;
}) {
  const theme = useTheme2();
  const { min = 0, max = 100 } = field;
  const share = Math.min(1, Math.max(0, ((display.numeric || 0) - (min ?? 0)) / ((max ?? 100) - (min ?? 0) || 1)));
  const radius = Math.max(10, Math.min(width / 2, height / 1.75) - 12);
  const [x, y] = [width / 2, radius + 10];
  return (
    <svg width={width} height={height} role="img" aria-label={`${display.title ?? ''} ${textOf(display)}`}>
      <path
        d={arc(x, y, radius, 0, 1)}
        fill="none"
        stroke={theme.colors.background.secondary}
        strokeWidth={radius / 4}
      />
      <path d={arc(x, y, radius, 0, share)} fill="none" stroke={display.color} strokeWidth={radius / 4} />
      <text
        x={x}
        y={y + radius / 8}
        textAnchor="middle"
        fontSize={radius / 2.4}
        fill={field.color?.mode === FieldColorModeId.Fixed ? theme.colors.text.primary : display.color}
      >
        {textOf(display)}
      </text>
      {named && (
        <text
          x={x}
          y={Math.min(height - 4, y + radius * 0.9)}
          textAnchor="middle"
          fontSize={13}
          fill={theme.colors.text.primary}
        >
          {display.title}
        </text>
      )}
    </svg>
  );
}

const textOf = ({ prefix = '', text, suffix = '' }: DisplayValue) => prefix + text + suffix;

/** A part of three quarters of a circle, open below. */
function arc(x: number, y: number, radius: number, from: number, to: number): string {
  const at = (share: number) => {
    const angle = Math.PI * (0.75 + 1.5 * share);
    return `${x + radius * Math.cos(angle)} ${y + radius * Math.sin(angle)}`;
  };
  return `M ${at(from)} A ${radius} ${radius} 0 ${to - from > 2 / 3 ? 1 : 0} 1 ${at(to)}`;
}
