// What Grafana's server and shell give its plugins: here from the preview's host, see ../preview.go.
import {
  createDataFrame,
  type DataQueryResponse,
  type DataSourceInstanceSettings,
  type DataSourcePluginMeta,
  EventBusSrv,
  LoadingState,
  PluginType,
  StreamingDataFrame,
} from '@grafana/data';
import {
  type BackendSrv,
  type BackendSrvRequest,
  config,
  type DataSourceSrv,
  type GrafanaLiveSrv,
  setAppEvents,
  setBackendSrv,
  setDataSourceSrv,
  setGrafanaLiveSrv,
  setTemplateSrv,
} from '@grafana/runtime';
import { firstValueFrom, from, Observable } from 'rxjs';

import pluginJson from '../../plugin.json';
import type { DataSource } from '../../src/datasource';
import type { EntraSettings } from '../../src/types';
import { variables } from './templating';

/** The response to a failed request, in the shape that Grafana rejects with. */
async function send(request: BackendSrvRequest) {
  const url = new URL(request.url, location.origin);
  for (const [name, value] of Object.entries(request.params ?? {})) {
    if (value !== undefined) {
      url.searchParams.append(name, String(value));
    }
  }
  const response = await fetch(url, {
    method: request.method ?? 'GET',
    headers: { 'Content-Type': 'application/json', ...request.headers },
    body: request.data === undefined ? undefined : JSON.stringify(request.data),
    signal: request.abortSignal,
  });
  const text = await response.text();
  let data: unknown = text;
  try {
    data = JSON.parse(text);
  } catch {
    // A download is no JSON.
  }
  const { status, statusText, ok, headers, redirected, type } = response;
  const result = { data, status, statusText, ok, headers, redirected, type, url: url.href, config: request };
  if (!ok) {
    throw result;
  }
  return result;
}

const observe = (request: BackendSrvRequest) =>
  new Observable((subscriber) => {
    const abort = new AbortController();
    const sent = from(send({ ...request, abortSignal: abort.signal })).subscribe(subscriber);
    return () => {
      sent.unsubscribe();
      abort.abort();
    };
  });

const body = async (request: BackendSrvRequest) => ((await firstValueFrom(observe(request))) as { data: unknown }).data;

const backend = {
  fetch: observe,
  datasourceRequest: (request: BackendSrvRequest) => firstValueFrom(observe(request)),
  request: body,
  get: (url: string, params?: Record<string, unknown>) => body({ url, params }),
  post: (url: string, data?: unknown) => body({ url, data, method: 'POST' }),
  put: (url: string, data?: unknown) => body({ url, data, method: 'PUT' }),
  patch: (url: string, data?: unknown) => body({ url, data, method: 'PATCH' }),
  delete: (url: string, data?: unknown) => body({ url, data, method: 'DELETE' }),
} as unknown as BackendSrv;

/** A channel of Grafana Live, which the host sends as server-sent events. */
const live = {
  getDataStream: ({ addr, buffer, key }) =>
    new Observable<DataQueryResponse>((subscriber) => {
      const data = encodeURIComponent(JSON.stringify(addr.data ?? {}));
      const events = new EventSource(`/api/live/${addr.path}?data=${data}`);
      const frame = StreamingDataFrame.empty({ maxLength: buffer?.maxLength, action: buffer?.action });
      const next = (state: LoadingState) => subscriber.next({ key, state, data: [createDataFrame(frame)] });
      next(LoadingState.Streaming);
      events.onmessage = ({ data }) => {
        frame.push(JSON.parse(data));
        next(LoadingState.Streaming);
      };
      events.addEventListener('problem', (event) => {
        events.close();
        subscriber.error(new Error(JSON.parse((event as MessageEvent).data)));
      });
      return () => events.close();
    }),
} as Partial<GrafanaLiveSrv> as GrafanaLiveSrv;

export type SavedSettings = DataSourceInstanceSettings<EntraSettings> & { secureJsonFields: Record<string, boolean> };

/** The data source under its settings, made anew when these are saved. */
export let datasource: DataSource;
export let settings: SavedSettings;
/** The plugin's own editors. */
export let components: (typeof import('../../src/module'))['plugin']['components'];

/** Reads the data source's settings from the host, and makes it the one that every page uses. */
export async function loadDataSource() {
  settings = {
    ...((await backend.get(`/api/datasources/uid/${UID}`)) as SavedSettings),
    id: 1,
    readOnly: false,
    meta: { ...pluginJson, type: PluginType.datasource, module: '', baseUrl: '' } as unknown as DataSourcePluginMeta,
  };
  const { plugin } = await import('../../src/module');
  datasource = new plugin.DataSourceClass(settings);
  datasource.meta = settings.meta;
  components = plugin.components;
}

export const UID = 'entra-activity';

export const backendSrv = backend;
export const appEvents = new EventBusSrv();

/** Puts all services in the place where Grafana's packages look for them. */
export function installServices() {
  Object.assign(config, { appSubUrl: '', appUrl: `${location.origin}/`, featureToggles: {} });
  setBackendSrv(backend);
  setTemplateSrv(variables);
  setAppEvents(appEvents);
  setGrafanaLiveSrv(live);
  setDataSourceSrv({
    get: async () => datasource,
    getList: () => [settings],
    getInstanceSettings: () => settings,
    reload: loadDataSource,
    registerRuntimeDataSource() {},
  } as unknown as DataSourceSrv);
}
