import { dateTime, type TimeRange } from '@grafana/data';
import { TimeRangePicker } from '@grafana/ui';
import React from 'react';

import { setParams } from './address';

interface Props {
  range: TimeRange;
  timeZone: string;
  onChange: (range: { from: string; to: string }) => void;
}

/** Chooses the time range, as it is written in an address, and the address's time zone. */
export function RangePicker({ range, timeZone, onChange }: Props) {
  const [from, to] = [range.from.valueOf(), range.to.valueOf()];
  // By parts of the range.
  const move = (begin: number, end: number) =>
    onChange({
      from: String(Math.round(from + begin * (to - from))),
      to: String(Math.round(to + end * (to - from))),
    });
  const written = (end: TimeRange['raw']['from']) => (typeof end === 'string' ? end : String(dateTime(end).valueOf()));

  return (
    <TimeRangePicker
      value={range}
      timeZone={timeZone}
      onChange={({ raw }) => onChange({ from: written(raw.from), to: written(raw.to) })}
      onChangeTimeZone={(zone) => setParams({ timezone: zone })}
      onMoveBackward={() => move(-0.5, -0.5)}
      onMoveForward={() => move(0.5, 0.5)}
      onZoom={() => move(-0.5, 0.5)}
    />
  );
}
