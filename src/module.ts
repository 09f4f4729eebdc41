import { DataSourcePlugin } from '@grafana/data';
import { initPluginTranslations } from '@grafana/i18n';

import { ConfigEditor } from './components/ConfigEditor';
import { QueryEditor } from './components/QueryEditor';
import { QueryEditorHelp } from './components/QueryEditorHelp';
import { DataSource } from './datasource';
import pluginJson from './plugin.json';
import type { Query, EntraSecrets, EntraSettings } from './types';

await initPluginTranslations(pluginJson.id);

export const plugin = new DataSourcePlugin<DataSource, Query, EntraSettings, EntraSecrets>(DataSource)
  .setConfigEditor(ConfigEditor)
  .setQueryEditor(QueryEditor)
  .setQueryEditorHelp(QueryEditorHelp);
