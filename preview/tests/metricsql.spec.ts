import type { Locator, Page } from '@playwright/test';
import { join } from 'node:path';

import type { MetricsQuery } from '../../src/types';
import { expect, test } from './preview';

/** Opens Explore, and chooses what it offers first there. */
async function openMetrics(page: Page) {
  await page.goto('/explore');
  await page.getByRole('combobox', { name: 'Activity' }).click();
  const first = page.getByRole('option').first();
  await expect(first).toContainText('MetricsQL');
  await requested(page, () => first.click());
  await expect(code(page)).toBeVisible();
}

const code = (page: Page): Locator => page.locator('.monaco-editor').first();

/** Waits for the response to an expression, and returns its query. */
async function requested(page: Page, act: () => Promise<void>): Promise<MetricsQuery> {
  const answer = page.waitForResponse(
    (response) =>
      response.url().includes('/api/ds/query') && response.request().postDataJSON().queries[0].queryType === 'metrics'
  );
  await act();
  const response = await answer;
  expect(response.status(), await response.text()).toBe(200);
  return response.request().postDataJSON().queries[0];
}

/** Puts a text in the place of the expression. Brackets are closed by the editor itself. */
async function write(page: Page, text: string) {
  await code(page).click();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.press('Delete');
  await page.keyboard.type(text, { delay: 20 });
}

/** Types on, waits until something is offered, and takes it. */
async function complete(page: Page, text: string, offered: string) {
  await page.keyboard.type(text, { delay: 40 });
  const option = page.locator('.suggest-widget .monaco-list-row.focused');
  await expect(option).toContainText(offered);
  await page.keyboard.press('Enter');
}

/** The expression's lines; Monaco draws spaces as others. */
const lines = (page: Page) =>
  code(page)
    .locator('.view-line')
    .allTextContents()
    .then((texts) => texts.map((text) => text.replace(/\u00a0/g, ' ')));

// Monaco without its workers takes its time, and so does typing as people do.
test.slow();

test('an expression is typed with the help of completion, and drawn', async ({ page }) => {
  await openMetrics(page);
  await write(page, '');
  await complete(page, 'incr', 'increase');
  await page.keyboard.type('(');
  await complete(page, 'entra_signins_t', 'entra_signins_total');
  await page.keyboard.type('{');
  await complete(page, 'stat', 'status');
  await page.keyboard.type('"');
  await complete(page, 'fail', 'failure');
  await page.keyboard.press('End');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.type('[1d');
  await page.keyboard.press('Escape');
  expect(await lines(page)).toEqual(['increase(entra_signins_total{status="failure"}[1d])']);

  const { expr } = await requested(page, () => page.keyboard.press('Shift+Enter'));
  expect(expr).toBe('increase(entra_signins_total{status="failure"}[1d])');
  await expect(page.locator('p[role=alert]')).toHaveCount(0); // Monaco has alerts of its own

  await write(page, 'sum by (status) (increase(entra_signins_total[1d]))');
  await page.keyboard.press('Escape');
  await requested(page, () => page.keyboard.press('Shift+Enter'));
  const graph = page
    .getByRole('region', { name: 'Graph' })
    .or(page.locator('section', { hasText: 'Graph' }))
    .first();
  await expect(graph.locator('canvas')).toBeVisible();
  await expect(graph).toContainText('{status="success"}');
  const folder = process.env.SCREENSHOTS;
  if (folder) {
    await page.screenshot({ path: join(folder, 'metricsql.png') });
  }
});

test('a mistake is underlined where it is, and said', async ({ page }) => {
  await openMetrics(page);
  await write(page, 'sum(irate(entra_signins_total[5m');
  await page.keyboard.press('Escape');
  await expect(page.getByText('irate takes the last two samples of a scrape')).toBeVisible();
  const underline = code(page).locator('.squiggly-error');
  await expect(underline).toHaveCount(1);
  const [mark, text] = [await underline.boundingBox(), await code(page).locator('.view-line').boundingBox()];
  expect(mark!.x - text!.x, 'only the function is underlined').toBeGreaterThan(20);
  expect(mark!.width).toBeLessThan(text!.width / 3);

  await write(page, 'sum(increase(entra_signins_total[5m');
  await expect(underline).toHaveCount(0);
});

test('a function is explained when it is pointed at', async ({ page }) => {
  await openMetrics(page);
  const name = code(page)
    .locator('.view-line span', { hasText: /^increase$/ })
    .first();
  const explanation = page.locator('.monaco-hover', { hasText: 'The number of records in the window' });
  await expect(async () => {
    await page.mouse.move(0, 0); // what is pointed at before the language is loaded is not explained later
    await name.hover();
    await expect(explanation).toBeVisible({ timeout: 5_000 });
  }).toPass();
});

test('an expression is written prettily, and its plan is shown', async ({ page }) => {
  await openMetrics(page);
  await write(
    page,
    'sum(increase(entra_signins_total{status="failure"}[1h])) / sum(increase(entra_signins_total{kind="interactive"}[1h])) > 0.2'
  );
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Prettify' }).click();
  await expect.poll(async () => (await lines(page)).length).toBeGreaterThan(3);

  await page.getByRole('button', { name: 'Explain' }).click();
  const plan = page.getByRole('region', { name: 'How it is answered' });
  await expect(plan).toContainText('SELECT');
  await expect(plan).toContainText('rows read');
});

test('the builder writes an expression', async ({ page }) => {
  await openMetrics(page);
  await page.getByRole('radio', { name: 'Builder' }).click();
  const { expr } = await requested(page, async () => {
    await page.getByRole('combobox', { name: 'Function' }).click();
    await page.getByRole('option', { name: 'rate' }).click();
  });
  expect(expr).toMatch(/^sum by \(status\) \(rate\(entra_signins_total\{kind="interactive"\}\[\d+\w+\]\)\)$/);
  await page.getByRole('radio', { name: 'Code' }).click();
  expect((await lines(page)).join('')).toBe(
    'sum by (status) (rate(entra_signins_total{kind="interactive"}[$__interval]))'
  );
});
