import { type DataSourceInstanceSettings, type DataSourcePluginMeta, PluginType, type ScopedVars } from '@grafana/data';
import { type BackendSrv, setBackendSrv, setTemplateSrv, type TemplateSrv } from '@grafana/runtime';
import { of, throwError } from 'rxjs';

import { DataSource } from '../datasource';
import pluginJson from '../plugin.json';
import type { CatalogKind, EntraSettings, MetricsVocabulary } from '../types';
import catalog from './catalog.json';
import metrics from './metrics.json';

/** What MetricsQL can be written about, in part. */
export const vocabulary = metrics as MetricsVocabulary;

/** What the backend's catalog says, of all kinds. */
export const kinds = catalog.kinds as CatalogKind[];

export function kindNamed(name: string): CatalogKind {
  const kind = kinds.find((candidate) => candidate.kind === name);
  if (!kind) {
    throw new Error(`There is no kind ${name}`);
  }
  return kind;
}

/** A request that reached Grafana's server. */
export interface SentRequest {
  url: string;
  params?: Record<string, unknown>;
  data?: { queries: Array<Record<string, unknown>> };
}

/** Stands in for Grafana's server: answers by the end of the path, and keeps the requests. */
export function serve(answers: Record<string, unknown>): SentRequest[] {
  const requests: SentRequest[] = [];
  setBackendSrv({
    fetch: (request: SentRequest) => {
      requests.push(request);
      const path = Object.keys(answers).find((candidate) => request.url.split('?')[0].endsWith(candidate));
      const answer = path && answers[path];
      return answer instanceof Error ? throwError(() => answer) : of({ data: answer ?? {} });
    },
  } as unknown as BackendSrv);
  return requests;
}

/** Stands in for a dashboard's variables, by name. A panel's own are the value of `__sceneObject` among what it asks with. */
export function setVariables(values: Record<string, string | string[]>) {
  setTemplateSrv({
    getVariables: () => Object.entries(values).map(([name, value]) => ({ name, current: { value } })),
    replace: (text = '', scopedVars: ScopedVars = {}, format: (value: unknown) => string = String) =>
      text.replace(/\$(\w+)|\$\{(\w+)[^}]*\}|\[\[(\w+)\]\]/g, (reference, bare, braced, bracketed) => {
        const name = bare ?? braced ?? bracketed;
        const value = scopedVars[name]?.value ?? scopedVars.__sceneObject?.value[name] ?? values[name];
        return value === undefined ? reference : format(value);
      }),
  } as unknown as TemplateSrv);
}

export function newDataSource(): DataSource {
  return new DataSource({
    uid: 'entra',
    name: 'Entra ID',
    type: pluginJson.id,
    access: 'proxy',
    readOnly: false,
    jsonData: {},
    meta: { id: pluginJson.id, name: pluginJson.name, type: PluginType.datasource } as DataSourcePluginMeta,
  } as DataSourceInstanceSettings<EntraSettings>);
}

/** Menus draw the options that are visible; jsdom has no layout, so everything gets a size. */
export function fakeLayout() {
  jest.spyOn(Element.prototype, 'clientHeight', 'get').mockReturnValue(400);
  jest.spyOn(Element.prototype, 'clientWidth', 'get').mockReturnValue(400);
}
