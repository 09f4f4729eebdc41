import { type DataQueryResponse, LiveChannelScope, StreamingFrameAction } from '@grafana/data';
import { getGrafanaLiveSrv } from '@grafana/runtime';
import { map, merge, type Observable } from 'rxjs';

import { restricts } from '../query/filters';
import { type EntraQuery, QUERY_VERSION } from '../types';

/** At most so many lines stay on the screen. */
const LINES = 1000;

/** New records as they are stored, as log lines. */
export function liveTail(uid: string, targets: EntraQuery[]): Observable<DataQueryResponse> {
  return merge(...targets.map((target) => stream(uid, target)));
}

function stream(uid: string, { refId, queryType, filters }: EntraQuery): Observable<DataQueryResponse> {
  const question = { queryType, version: QUERY_VERSION, view: 'logs', filters: filters.filter(restricts) };
  const path = `tail/${base64url(JSON.stringify(question))}`;
  return getGrafanaLiveSrv()
    .getDataStream({
      // Grafana before 13 calls the stream a namespace.
      addr: { scope: LiveChannelScope.DataSource, stream: uid, namespace: uid, path },
      key: `tail-${refId}`,
      buffer: { maxLength: LINES, action: StreamingFrameAction.Append },
    })
    .pipe(map((response) => ({ ...response, data: response.data.map((frame) => Object.assign(frame, { refId })) })));
}

/** Base64 in the alphabet of channel names, without padding. */
function base64url(text: string): string {
  const bytes = Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte));
  return btoa(bytes.join('')).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
