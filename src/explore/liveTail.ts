import { type DataQueryResponse, LiveChannelScope, StreamingFrameAction } from '@grafana/data';
import { getGrafanaLiveSrv } from '@grafana/runtime';
import { from, map, merge, type Observable, switchMap } from 'rxjs';

import { restricts } from '../query/filters';
import { type EntraQuery, QUERY_VERSION } from '../types';

/** At most so many lines stay on the screen. */
const LINES = 1000;

/** Requests from the backend the path of the channel that follows a query. */
type FindPath = (model: object) => Promise<string>;

/** New records as they are stored, as log lines. */
export function liveTail(uid: string, targets: EntraQuery[], findPath: FindPath): Observable<DataQueryResponse> {
  return merge(...targets.map((target) => stream(uid, target, findPath)));
}

function stream(
  uid: string,
  { refId, queryType, filters }: EntraQuery,
  findPath: FindPath
): Observable<DataQueryResponse> {
  const model = { queryType, version: QUERY_VERSION, view: 'logs', filters: filters.filter(restricts) };
  return from(findPath(model)).pipe(
    switchMap((path) =>
      getGrafanaLiveSrv().getDataStream({
        // eslint-disable-next-line @typescript-eslint/no-deprecated -- Grafana before 13 calls the stream a namespace
        addr: { scope: LiveChannelScope.DataSource, stream: uid, namespace: uid, path, data: model },
        key: `tail-${refId}`,
        buffer: { maxLength: LINES, action: StreamingFrameAction.Append },
      })
    ),
    map((response) => ({ ...response, data: response.data.map((frame) => Object.assign(frame, { refId })) }))
  );
}
