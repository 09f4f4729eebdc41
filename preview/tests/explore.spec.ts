import type { Locator, Page } from '@playwright/test';

import type { EntraQuery } from '../../src/types';
import catalog from '../../src/testing/catalog.json';
import { expect, rowsOf, test } from './preview';

async function openExplore(page: Page) {
  // As far back as the invented tenant goes: all kinds of records have something there.
  const left = JSON.stringify({ range: { from: 'now-90d', to: 'now' } });
  await page.goto(`/explore?left=${encodeURIComponent(left)}`);
  await expect(page.getByRole('combobox', { name: 'Activity' })).toBeVisible();
}

/** Waits for the response to a query of a kind, and returns the query. */
async function requested(page: Page, kind: string, act: () => Promise<void>, isFiltered = false) {
  const answer = page.waitForResponse(
    (response) =>
      response.url().includes('/api/ds/query') &&
      response
        .request()
        .postDataJSON()
        .queries.some(
          ({ queryType, refId, filters }: EntraQuery) =>
            queryType === kind && refId === 'A' && (!isFiltered || filters.at(-1)?.values.length === 1)
        )
  );
  await act();
  const response = await answer;
  expect(response.status()).toBe(200);
  return response.request().postDataJSON().queries[0];
}

// The first kind is chosen when Explore opens; it comes last, so that choosing it is a change.
const kinds = [...catalog.kinds.slice(1), catalog.kinds[0]];

test('every kind of query is built by mouse', async ({ page }) => {
  await openExplore(page);
  for (const { kind, label } of kinds) {
    await test.step(label, async () => {
      await requested(page, kind, () => choose(page, 'Activity', startsWith(label)));
      await page.getByRole('button', { name: 'Add', exact: true }).first().click();
      const query = await requested(
        page,
        kind,
        async () => {
          await page
            .getByRole('combobox', { name: /^Values for/ })
            .last()
            .click();
          await page.getByRole('option').first().click();
        },
        true
      );
      expect(query.filters.at(-1).values).toHaveLength(1);
      await expect(page.getByRole('alert')).toHaveCount(0);
    });
  }
});

test('every kind of query is built by keyboard', async ({ page }) => {
  await openExplore(page);
  for (const { kind, label } of kinds) {
    await test.step(label, async () => {
      await reach(page, page.getByRole('combobox', { name: 'Activity' }));
      await requested(page, kind, async () => {
        await page.keyboard.press('ControlOrMeta+a');
        await page.keyboard.type(label);
        await pick(page, startsWith(label));
      });
      await reach(page, page.getByRole('button', { name: 'Add', exact: true }).first());
      await page.keyboard.press('Enter');
      await reach(page, page.getByRole('combobox', { name: /^Values for/ }).last());
      const query = await requested(
        page,
        kind,
        async () => {
          await page.keyboard.press('ArrowDown');
          await pick(page, /./);
        },
        true
      );
      expect(query.filters.at(-1).values).toHaveLength(1);
      await expect(page.getByRole('alert')).toHaveCount(0);
    });
  }
});

/** Chooses an option by mouse. The result of the query before may move the list away below it: then once more. */
async function choose(page: Page, name: string, label: RegExp) {
  const box = page.getByRole('combobox', { name });
  const option = page.getByRole('option', { name: label });
  await expect(async () => {
    if (!(await option.isVisible())) {
      await box.click();
    }
    await option.click({ timeout: 5_000 });
    await expect(box).toHaveAttribute('aria-expanded', 'false', { timeout: 2_000 });
  }).toPass();
}

// Options are named by their label and description.
const startsWith = (label: string) => new RegExp(`^${label}(?!:| of)`);

/** Takes the option that is named so, with the arrows. */
async function pick(page: Page, name: RegExp) {
  await expect(page.getByRole('option', { name }).first()).toBeVisible();
  for (let step = 0; step < 20; step++) {
    // Grafana's combobox says which option is the current one by a number only: the options have other ids.
    const id = await page.evaluate(() => document.activeElement?.getAttribute('aria-activedescendant'));
    const index = Number(/(\d+)$/.exec(id ?? '')?.[1] ?? -1);
    const current = (await page.getByRole('option').allTextContents())[index];
    if (current && name.test(current)) {
      await page.keyboard.press('Enter');
      return;
    }
    await page.keyboard.press('ArrowDown');
  }
  throw new Error(`The arrows never reach ${name}`);
}

/** Goes to a control as somebody does who has no mouse. */
async function reach(page: Page, control: Locator) {
  await expect(control).toBeVisible();
  for (let step = 0; step < 60; step++) {
    const way = await control.evaluate((element) => {
      const { activeElement } = document;
      const lies = activeElement?.compareDocumentPosition(element) ?? 0;
      return element === activeElement ? undefined : lies & Node.DOCUMENT_POSITION_PRECEDING ? 'Shift+Tab' : 'Tab';
    });
    if (!way) {
      return;
    }
    await page.keyboard.press(way);
  }
  throw new Error('Tab never reaches the control');
}

test('a download holds the rows on screen', async ({ page, request }) => {
  const query = {
    refId: 'A',
    version: 2,
    queryType: 'signIn',
    view: 'list',
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
