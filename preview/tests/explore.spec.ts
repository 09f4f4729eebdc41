import type { Page } from '@playwright/test';

import catalogue from '../../src/testing/catalogue.json';
import { expect, rowsOf, test } from './preview';

/** Labels of views, as the editor writes them, by what they are called in a query. */
const LIST = 'list';

async function openExplore(page: Page) {
  await page.goto('/explore');
  await expect(page.getByRole('combobox', { name: 'Activity' })).toBeVisible();
}

/** Waits for the answer to a question of a kind, and returns the question. */
async function asked(page: Page, kind: string, act: () => Promise<void>) {
  const answer = page.waitForResponse(
    (response) =>
      response.url().includes('/api/ds/query') &&
      response
        .request()
        .postDataJSON()
        .queries.some(
          ({ queryType, refId }: { queryType: string; refId: string }) => queryType === kind && refId === 'A'
        )
  );
  await act();
  const response = await answer;
  expect(response.status()).toBe(200);
  return response.request().postDataJSON().queries[0];
}

for (const { kind, label } of catalogue.kinds) {
  test.describe(`a query about ${label}`, () => {
    test('is built by mouse', async ({ page }) => {
      await openExplore(page);
      // The first is chosen already: go there from another.
      if (kind === 'signIn') {
        await choose(page, 'Activity', 'Audit events');
      }
      const query = await asked(page, kind, () => choose(page, 'Activity', label));
      expect(query.queryType).toBe(kind);
      await page.getByRole('button', { name: /^Add/ }).first().click();
      await expect(page.getByRole('combobox', { name: 'Field' }).or(page.getByLabel('Field')).first()).toBeVisible();
      await expect(page.getByRole('alert')).toHaveCount(0);
    });

    test('is built by keyboard', async ({ page }) => {
      await openExplore(page);
      if (kind === 'signIn') {
        await choose(page, 'Activity', 'Audit events');
      }
      await reach(page, 'Activity');
      const query = await asked(page, kind, async () => {
        await page.keyboard.press('ControlOrMeta+a');
        await page.keyboard.type(label);
        await expect(page.getByRole('option').first()).toBeVisible();
        await page.keyboard.press('ArrowDown');
        await page.keyboard.press('Enter');
      });
      expect(query.queryType).toBe(kind);
      await expect(page.getByRole('alert')).toHaveCount(0);
    });
  });
}

async function choose(page: Page, control: string, option: string) {
  await page.getByRole('combobox', { name: control }).click();
  await page
    .getByRole('option', { name: new RegExp(`^${option}`) })
    .first()
    .click();
}

/** Goes to a control as somebody does who has no mouse. */
async function reach(page: Page, name: string) {
  const control = page.getByRole('combobox', { name });
  await page.locator('body').focus();
  for (let step = 0; step < 60; step++) {
    await page.keyboard.press('Tab');
    if (await control.evaluate((element) => element === document.activeElement)) {
      return;
    }
  }
  throw new Error(`Tab never reaches ${name}`);
}

test('a download holds the rows on screen', async ({ page, request }) => {
  const query = {
    refId: 'A',
    version: 2,
    queryType: 'signIn',
    view: LIST,
    filters: [{ field: 'status', operator: '=', values: ['failure'] }],
    columns: ['createdDateTime', 'userPrincipalName', 'appDisplayName', 'errorCode'],
  };
  const left = JSON.stringify({ queries: [query], range: { from: 'now-7d', to: 'now' } });
  await page.goto(`/explore?left=${encodeURIComponent(left)}`);
  const table = page.getByRole('grid');
  await expect(table).toBeVisible();
  const shown = await table
    .getByRole('row')
    .evaluateAll((rows) =>
      rows.slice(1).map((row) => Array.from(row.querySelectorAll('[role=gridcell]'), (cell) => cell.textContent))
    );
  const total = await rowsOf(page.locator('main'));

  const href = await page.getByRole('link', { name: 'Download as CSV' }).getAttribute('href');
  const csv = await (await request.get(href!)).text();
  const lines = csv
    .replace(/^\uFEFF/, '')
    .trim()
    .split(/\r?\n/)
    .map((line) => line.split(','));
  const [header, ...records] = lines;
  expect(records.length).toBe(total);
  expect(shown.length).toBeGreaterThan(5);
  const column = (name: RegExp) => header.findIndex((each) => name.test(each));
  const user = column(/^"?(userPrincipalName|Username)/);
  expect(shown.map((cells) => cells[1])).toEqual(records.slice(0, shown.length).map((cells) => cells[user]));
});

test('Save & test says that the store can be read', async ({ page }) => {
  await page.goto('/config');
  await page.getByRole('button', { name: 'Save & test' }).click();
  await expect(page.getByRole('status').or(page.getByRole('alert')).first()).toContainText(
    /sign-ins|records|ready|OK/i
  );
});

test('wrong settings are told from right ones', async ({ page }) => {
  await page.goto('/config');
  const database = page.getByLabel(/^Database/);
  const right = await database.inputValue();
  await database.fill('elsewhere');
  const [refused] = await Promise.all([
    page.waitForResponse((response) => response.url().includes('/health')),
    page.getByRole('button', { name: 'Save & test' }).click(),
  ]);
  expect(refused.status()).toBe(400);
  await database.fill(right);
  const [accepted] = await Promise.all([
    page.waitForResponse((response) => response.url().includes('/health')),
    page.getByRole('button', { name: 'Save & test' }).click(),
  ]);
  expect(accepted.status()).toBe(200);
});
