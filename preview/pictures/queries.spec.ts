import { test } from '@playwright/test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { EntraQuery } from '../../src/types';

const docs = join(__dirname, '..', '..', 'docs', 'queries.md');

/** The week that the documentation asks about. */
const range = { from: String(Date.UTC(2026, 2, 23)), to: String(Date.UTC(2026, 2, 30)) };

/** Each query of the documentation that has a picture, and the picture's name. */
const pictured: Array<[name: string, query: EntraQuery]> = Array.from(
  readFileSync(docs, 'utf8').matchAll(
    /```json\n([^`]*)```\n\n```text\n[^`]*```\n\n!\[[^\]]*\]\(img\/queries\/([\w-]+)\.png\)/g
  ),
  ([, text, name]) => [name, { refId: 'A', version: 2, ...JSON.parse(text) }]
);

test.use({ viewport: { width: 1180, height: 600 }, deviceScaleFactor: 1.25 });

for (const [name, query] of pictured) {
  test(name, async ({ page }) => {
    test.setTimeout(300_000);
    const left = JSON.stringify({ queries: [query], range });
    await page.goto(`/explore?theme=light&timezone=${query.timezone ?? 'UTC'}&left=${encodeURIComponent(left)}`);
    await page.locator('[data-state="Done"]').waitFor();
    const main = (await page.locator('main').boundingBox())!;
    // Under a graph comes the table of the same numbers.
    const table = query.view === 'timeSeries' && (await page.getByText('Table', { exact: true }).boundingBox());
    const end = table ? table.y - 16 : main.y + main.height;
    await page.setViewportSize({ width: 1180, height: Math.ceil(end) });
    await page.mouse.move(0, 0);
    await page.waitForTimeout(500); // for what opens and fades
    await page.screenshot({
      path: join(process.env.PICTURES!, `${name}.png`),
      clip: { ...main, height: end - main.y },
      animations: 'disabled',
    });
  });
}
