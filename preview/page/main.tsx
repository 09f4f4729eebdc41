import {
  createTheme,
  type GrafanaConfig,
  locationUtil,
  rangeUtil,
  standardTransformers,
  standardTransformersRegistry,
  ThemeContext,
} from '@grafana/data';
import { initPluginTranslations } from '@grafana/i18n';
import { config, locationService } from '@grafana/runtime';
import { GlobalStyles, LinkButton, PortalContainer, ToolbarButton } from '@grafana/ui';
import { css } from '@emotion/css';
import React, { useEffect, useMemo } from 'react';
import { createRoot } from 'react-dom/client';

import { followLinks, setParams, useAddress } from './address';
import { ConfigPage } from './ConfigPage';
import { DashboardPage } from './DashboardPage';
import { ExplorePage } from './ExplorePage';
import { installRegistry } from './fields';
import type { EntraQuery } from '../../src/types';
import type { DashboardModel } from './model';
import { backendSrv, datasource, installServices, loadDataSource } from './services';
import { variables } from './templating';

const HOME = 'entra-overview';

function App({ dashboards }: { dashboards: DashboardModel[] }) {
  const { pathname, searchParams } = useAddress();
  const mode = searchParams.get('theme') ?? sessionStorage.getItem('theme') ?? 'dark';
  const theme = useMemo(() => createTheme({ colors: { mode: mode === 'light' ? 'light' : 'dark' } }), [mode]);
  config.theme2 = theme;
  useEffect(() => sessionStorage.setItem('theme', mode), [mode]);

  const [, section, uid] = pathname.split('/');
  const dashboard = section === 'd' ? dashboards.find((each) => each.uid === uid) : undefined;
  useEffect(() => {
    if (section === '') {
      locationService.replace(
        `/d/${dashboards.some((each) => each.uid === HOME) ? HOME : dashboards[0]?.uid}${location.search}`
      );
    }
  }, [section, dashboards]);
  const title = { explore: 'Explore', config: 'Data source' }[section] ?? dashboard?.title;
  useEffect(() => {
    document.title = `${title ?? 'Not found'} - Preview`;
    document.documentElement.style.colorScheme = theme.colors.mode;
  }, [title, theme]);

  return (
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <div
        className={css({
          minHeight: '100vh',
          background: theme.colors.background.canvas,
          color: theme.colors.text.primary,
        })}
      >
        <nav
          aria-label="Preview"
          className={css({
            display: 'flex',
            flexWrap: 'wrap',
            alignItems: 'center',
            gap: theme.spacing(0.5),
            padding: theme.spacing(0.5, 2),
            background: theme.colors.background.primary,
            borderBottom: `1px solid ${theme.colors.border.weak}`,
          })}
        >
          <strong>This is a preview, not Grafana.</strong>
          {dashboards.map((each) => (
            <LinkButton
              key={each.uid}
              size="sm"
              fill={each === dashboard ? 'solid' : 'text'}
              variant="secondary"
              aria-current={each === dashboard ? 'page' : undefined}
              href={`/d/${each.uid}`}
            >
              {each.title.replace(/^Entra ID: /, '')}
            </LinkButton>
          ))}
          <LinkButton
            size="sm"
            fill={section === 'explore' ? 'solid' : 'text'}
            variant="secondary"
            icon="compass"
            href="/explore"
          >
            Explore
          </LinkButton>
          <LinkButton
            size="sm"
            fill={section === 'config' ? 'solid' : 'text'}
            variant="secondary"
            icon="cog"
            href="/config"
          >
            Data source
          </LinkButton>
          <ToolbarButton
            icon={mode === 'light' ? 'moon' : 'adjust-circle'}
            aria-label={mode === 'light' ? 'Dark theme' : 'Light theme'}
            onClick={() => setParams({ theme: mode === 'light' ? 'dark' : 'light' })}
          />
        </nav>
        <main>
          {section === 'explore' && <ExplorePage />}
          {section === 'config' && <ConfigPage />}
          {dashboard && <DashboardPage key={dashboard.uid} dashboard={dashboard} all={dashboards} />}
          {!dashboard && !['', 'explore', 'config'].includes(section) && <h1>There is nothing at {pathname}</h1>}
        </main>
      </div>
      <PortalContainer />
    </ThemeContext.Provider>
  );
}

/** The preview knows nobody: a user who signed in lately, for dashboards about whoever looks at them. */
async function somebody(): Promise<string> {
  const range = rangeUtil.convertRawToRange({ from: 'now-7d', to: 'now' });
  const filters: EntraQuery['filters'] = [{ field: 'signInEventTypes', operator: '=', values: ['interactiveUser'] }];
  try {
    const [first] = await datasource.catalog.values('signIn', 'userPrincipalName', { limit: 1, range, filters });
    return first?.value ?? '';
  } catch {
    return ''; // the dashboards say what is wrong
  }
}

async function start() {
  installServices();
  installRegistry();
  standardTransformersRegistry.setInit(() =>
    Object.values(standardTransformers).map(
      (transformation) =>
        ({ id: transformation.id, name: transformation.name, transformation: async () => transformation }) as never
    )
  );
  locationUtil.initialize({
    config: config as unknown as GrafanaConfig,
    getTimeRangeForUrl: () => ({ from: '', to: '' }),
    getVariablesUrlParams: () => ({}),
  });
  await initPluginTranslations('entra-activity-datasource');
  await loadDataSource();
  variables.viewer = await somebody();
  const dashboards: DashboardModel[] = await backendSrv.get('/api/dashboards');
  followLinks();
  createRoot(document.getElementById('root')!).render(<App dashboards={dashboards} />);
}

void start();
