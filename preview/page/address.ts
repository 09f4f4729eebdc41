// The state of a page is in its address, as in Grafana.
import { dateMath, type RawTimeRange, rangeUtil, type TimeRange } from '@grafana/data';
import { locationService } from '@grafana/runtime';
import { useSyncExternalStore } from 'react';

export function useAddress(): URL {
  const href = useSyncExternalStore(
    (changed) => locationService.getHistory().listen(changed),
    () => location.href
  );
  return new URL(href);
}

/** Changes parameters of the address; undefined removes one. */
export function setParams(changes: Record<string, string | string[] | undefined>, replace = false) {
  const url = new URL(location.href);
  for (const [name, value] of Object.entries(changes)) {
    url.searchParams.delete(name);
    for (const each of value === undefined ? [] : [value].flat()) {
      url.searchParams.append(name, each);
    }
  }
  const path = url.pathname + url.search;
  if (path === location.pathname + location.search) {
    return;
  }
  if (replace) {
    locationService.replace(path);
  } else {
    locationService.push(path);
  }
}

/** Opens a link to one of the page's own addresses without loading the page anew. */
export function followLinks() {
  document.addEventListener('click', (event) => {
    const anchor = (event.target as Element).closest?.('a[href]') as HTMLAnchorElement | null;
    const elsewhere =
      event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0 || anchor?.target === '_blank';
    if (!anchor || elsewhere || event.defaultPrevented || anchor.origin !== location.origin) {
      return;
    }
    if (!/^\/($|d\/|explore|config)/.test(anchor.pathname)) {
      return;
    }
    event.preventDefault();
    locationService.push(anchor.pathname + anchor.search);
  });
}

const end = (text: string): string => (/^\d+$/.test(text) ? new Date(Number(text)).toISOString() : text);

/** The time range of an address: from and to, or a window around a time. */
export function rangeOf(params: URLSearchParams, fallback: RawTimeRange, timeZone: string): TimeRange {
  const middle = params.get('time');
  const width = Number(params.get('time.window'));
  let raw: RawTimeRange = { from: params.get('from') ?? fallback.from, to: params.get('to') ?? fallback.to };
  if (middle && width) {
    raw = {
      from: new Date(Number(middle) - width / 2).toISOString(),
      to: new Date(Number(middle) + width / 2).toISOString(),
    };
  } else {
    raw = { from: end(String(raw.from)), to: end(String(raw.to)) };
  }
  const range = rangeUtil.convertRawToRange(raw, timeZone);
  return range.from.isValid() && range.to.isValid() ? range : rangeUtil.convertRawToRange(fallback, timeZone);
}

/** The range of a panel that overrides its dashboard's. */
export function shifted(
  range: TimeRange,
  timeFrom: string | undefined,
  timeShift: string | undefined,
  timeZone: string
): TimeRange {
  let found = range;
  if (timeFrom) {
    found = rangeUtil.convertRawToRange({ from: `now-${timeFrom}`, to: 'now' }, timeZone);
  }
  if (timeShift) {
    const from = dateMath.parseDateMath(`-${timeShift}`, found.from);
    const to = dateMath.parseDateMath(`-${timeShift}`, found.to);
    if (from && to) {
      found = { from, to, raw: { from, to } };
    }
  }
  return found;
}
