import AxeBuilder from '@axe-core/playwright';
import type { APIRequestContext, Page } from '@playwright/test';
import { join } from 'node:path';

import pluginJson from '../../plugin.json';
import type { DashboardModel, PanelModel } from '../page/model';
import { dashboards, expect, newest, openDashboard, panel, panelsOf, seeAll, test } from './preview';

/** What there need not be of the one sign-in or user that a dashboard is opened for. */
const OPTIONAL = [
  'What else belongs to the attempt?',
  'Was it found risky?',
  'Was anything changed along with it?',
  'What was changed, by the user and of the user?',
];

/** Who or what a dashboard of one thing is opened for: somebody at risk, a risky sign-in. */
const SUBJECTS: Record<string, { variable: string; kind: string; field: string }> = {
  'entra-sign-in': { variable: 'id', kind: 'riskySignIn', field: 'id' },
  'entra-users': { variable: 'user', kind: 'riskySignIn', field: 'userPrincipalName' },
};

async function addressOf(request: APIRequestContext, { uid }: DashboardModel): Promise<string> {
  const subject = SUBJECTS[uid];
  if (!subject) {
    return `/d/${uid}?`;
  }
  const { variable, kind, field } = subject;
  const [value] = await newest(request, kind, field);
  return `/d/${uid}?var-${variable}=${encodeURIComponent(value)}`;
}

/** The preview has no Prometheus: the plugin answers such panels from the records, or they say that they need Grafana. */
const isOurs = ({ datasource }: PanelModel) => !datasource?.type || datasource.type === pluginJson.id;

/** Panels of the exporter's counters, in a graph and in a table. */
const COUNTERS = ['User sign-ins', 'Why sign-ins fail'];

for (const dashboard of dashboards) {
  test.describe(dashboard.title, () => {
    test('shows data in every panel, and is accessible', async ({ page, request }) => {
      await openDashboard(page, await addressOf(request, dashboard));
      await seeAll(page);
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(dashboard.title);
      for (const each of panelsOf(dashboard).filter(({ type }) => type !== 'row')) {
        const name = `${each.title} (${each.type})`;
        const drawn = panel(page, each.id);
        if (!isOurs(each)) {
          await expect.soft(drawn.locator('[data-empty=true]'), `${name} shows or says something`).toHaveCount(0);
          if (COUNTERS.includes(each.title ?? '')) {
            await expect.soft(drawn, name).not.toContainText('See it in Grafana');
          }
          continue;
        }
        await expect.soft(drawn, name).toHaveAttribute('data-state', 'Done');
        if (!OPTIONAL.includes(each.title ?? '')) {
          await expect.soft(drawn.locator('[data-empty]'), `${name} shows something`).toHaveCount(0);
        }
      }
      await accessible(page);
      await picture(page, `${dashboard.uid}-dark`);
    });

    test('is legible in light, too', async ({ page, request }) => {
      await openDashboard(page, `${await addressOf(request, dashboard)}&theme=light`);
      await seeAll(page);
      await accessible(page, 'color-contrast', 'link-in-text-block'); // all rules that look at colors
      await picture(page, `${dashboard.uid}-light`);
    });
  });
}

test('an empty calendar stays one, and says that it is empty', async ({ page }) => {
  const users = dashboards.find(({ uid }) => uid === 'entra-users')!;
  const calendar = panelsOf(users).find(({ type }) => type === 'heatmap')!;
  await openDashboard(page, `/d/${users.uid}?var-user=nobody@contoso.example`);
  const drawn = panel(page, calendar.id);
  await expect(drawn.getByText('23:00')).toBeVisible();
  await expect(drawn.locator('rect')).toHaveCount(0);
  await drawn.getByRole('button', { name: 'Panel status' }).hover();
  await expect(page.getByText('There are no sign-ins in this time range, or none with these filters.')).toBeVisible();
});

/** Draws a picture, where one is asked for: the dashboard without the preview's own head, and no more of it than a page has room for. */
async function picture(page: Page, name: string) {
  const folder = process.env.PICTURES;
  if (folder) {
    const { x, y, width, height } = (await page.getByRole('main').boundingBox())!;
    const clip = { x, y, width, height: Math.min(height, 1400) };
    await page.screenshot({ path: join(folder, `${name}.png`), clip });
  }
}

for (const [name, address] of [
  ['Explore', '/explore'],
  ['the settings', '/config'],
]) {
  for (const theme of ['dark', 'light']) {
    test(`${name} is accessible, ${theme}`, async ({ page }) => {
      await page.goto(`${address}?theme=${theme}`);
      await expect(page.getByRole('button').first()).toBeVisible();
      await expect(page.getByText('Loading fields…')).toHaveCount(0);
      await accessible(page);
    });
  }
}

/** Nothing on the page keeps anybody out, by all rules or some. Themes differ in their colors alone. */
async function accessible(page: Page, ...rules: string[]) {
  const axe = new AxeBuilder({ page });
  const { violations } = await (rules.length > 0 ? axe.withRules(rules) : axe).analyze();
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  // One fault is often found in every row of a table.
  const faults = new Set(
    serious.flatMap(({ id, nodes }) =>
      nodes.map(
        ({ target, failureSummary }) =>
          `${id}: ${String(target).replace(/nth-child\(\d+\)/g, 'nth-child')} ${failureSummary}`
      )
    )
  );
  expect([...faults], 'accessibility faults').toEqual([]);
}
