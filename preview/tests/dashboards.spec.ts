import AxeBuilder from '@axe-core/playwright';
import { join } from 'node:path';

import pluginJson from '../../plugin.json';
import { dashboards, expect, openDashboard, panel, panelsOf, seeAll, test } from './preview';

/** Panels that have nothing to show of the invented tenant, and why. */
const EMPTY: Record<string, string> = {};

/** Those that ask Prometheus can only be drawn by Grafana. */
const ours = dashboards.filter((dashboard) =>
  panelsOf(dashboard).every(({ datasource }) => !datasource?.type || datasource.type === pluginJson.id)
);

test('all but one dashboard can be drawn', () => {
  expect(dashboards.length - ours.length, 'dashboards of Prometheus').toBeLessThanOrEqual(1);
});

for (const dashboard of ours) {
  test.describe(dashboard.title, () => {
    test('shows data in every panel', async ({ page }) => {
      await openDashboard(page, `/d/${dashboard.uid}`);
      await seeAll(page);
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(dashboard.title);
      for (const { id, type, title } of panelsOf(dashboard).filter(({ type }) => type !== 'row')) {
        const drawn = panel(page, id);
        const name = `${title} (${type})`;
        await expect.soft(drawn, name).toHaveAttribute('data-state', 'Done');
        await expect
          .soft(drawn.locator('[data-empty]'), `${name} shows something`)
          .toHaveCount(EMPTY[`${dashboard.uid} ${title}`] ? 1 : 0);
      }
    });

    for (const theme of ['dark', 'light']) {
      test(`is accessible, ${theme}`, async ({ page }) => {
        await openDashboard(page, `/d/${dashboard.uid}?theme=${theme}`);
        await seeAll(page);
        await accessible(page);
        const folder = process.env.SCREENSHOTS;
        if (folder) {
          await page.screenshot({ path: join(folder, `${dashboard.uid}-${theme}.png`) });
        }
      });
    }
  });
}

for (const [name, address] of [
  ['Explore', '/explore'],
  ['the settings', '/config'],
]) {
  test(`${name} is accessible`, async ({ page }) => {
    await page.goto(address);
    await expect(page.getByRole('button').first()).toBeVisible();
    await expect(page.getByText('Loading fields…')).toHaveCount(0);
    await accessible(page);
  });
}

async function accessible(page: Parameters<typeof openDashboard>[0]) {
  const { violations } = await new AxeBuilder({ page }).analyze();
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
