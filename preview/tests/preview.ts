// What the tests share: a page that must not complain, dashboards and questions.
import { type APIRequestContext, expect, type Locator, type Page, test as base } from '@playwright/test';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { EntraQuery, Filter } from '../../src/types';
import type { DashboardModel, PanelModel } from '../page/model';

export const DAY = 24 * 60 * 60 * 1000;

const folder = join(__dirname, '..', '..', 'dashboards');

export const dashboards: DashboardModel[] = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .sort()
  .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')));

/** A page on which nothing may go wrong behind the scenes. */
export const test = base.extend<{ complaint?: RegExp }>({
  complaint: [undefined, { option: true }],
  page: async ({ page, complaint }, use) => {
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error' && !complaint?.test(message.location().url)) {
        complaints.push(`${message.text()} (${message.location().url})`);
      }
    });
    page.on('pageerror', ({ message }) => complaints.push(message));
    await use(page);
    expect(complaints, 'errors in the browser').toEqual([]);
  },
});

/** Opens a dashboard, and waits until every panel has its answer. */
export async function openDashboard(page: Page, address: string) {
  await page.goto(address);
  await settled(page);
}

export async function settled(page: Page) {
  await page.waitForFunction(() => {
    const panels = Array.from(document.querySelectorAll<HTMLElement>('section[data-panel]'));
    return panels.length > 0 && panels.every(({ dataset }) => dataset.state !== 'Loading');
  });
}

/** Waits until the page has drawn what the last input led to. */
export async function painted(page: Page) {
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
}

/** Makes the window as high as the dashboard: what lies below its edge is not drawn. */
export async function seeAll(page: Page) {
  for (const row of await page.locator('h2 button[aria-expanded=false]').all()) {
    await row.click();
  }
  await settled(page);
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  await page.setViewportSize({ width: page.viewportSize()!.width, height: Math.max(900, height) });
  await settled(page);
}

export const panel = (page: Page, id: number): Locator => page.locator(`section[data-panel="${id}"]`);

/** How many rows a table has, the ones out of sight too. */
export async function rowsOf(table: Locator): Promise<number> {
  const grid = table.getByRole('grid');
  if ((await grid.count()) === 0) {
    return 0;
  }
  return Number(await grid.first().getAttribute('aria-rowcount')) - 1;
}

/** The values of a field in the newest records of a kind that have any and fit. */
export async function newest(
  request: APIRequestContext,
  queryType: string,
  field: string,
  {
    from = Date.now() - 30 * DAY,
    to = Date.now(),
    filters = [],
  }: { from?: number; to?: number; filters?: Filter[] } = {}
): Promise<string[]> {
  const some: Filter[] = field === 'id' ? [] : [{ field, operator: '!=', values: [''] }];
  const query = { refId: 'A', queryType, version: 2, view: 'list', columns: [field], limit: 10 };
  const data = { from: String(from), to: String(to), queries: [{ ...query, filters: [...filters, ...some] }] };
  const response = await request.post('/api/ds/query', { data });
  expect(response.ok(), await response.text()).toBe(true);
  return (await response.json()).results.A.frames[0].data.values[0];
}

/** Counts records through the plugin. */
export async function count(
  request: APIRequestContext,
  queryType: string,
  filters: Filter[],
  from: number,
  to: number
): Promise<number> {
  const query: EntraQuery = { refId: 'A', queryType, version: 2, view: 'value', measure: 'count', filters };
  const response = await request.post('/api/ds/query', {
    data: { from: String(from), to: String(to), queries: [query] },
  });
  expect(response.ok(), await response.text()).toBe(true);
  const [frame] = (await response.json()).results.A.frames;
  return frame.data.values[0]?.[0] ?? 0;
}

export const panelsOf = (dashboard: DashboardModel): PanelModel[] =>
  (dashboard.panels ?? []).flatMap((each) => [each, ...(each.panels ?? [])]);

export { expect };
