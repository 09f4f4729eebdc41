// These change the settings that all other tests rely on, and run after them.
import { expect, test } from './preview';

test('Save & test says that the store can be read', async ({ page }) => {
  await page.goto('/config');
  await page.getByRole('button', { name: 'Save & test' }).click();
  await expect(page.getByRole('status').or(page.getByRole('alert')).first()).toContainText(
    /sign-ins|records|ready|OK/i
  );
});

test.describe('settings', () => {
  test.use({ complaint: /\/health$/ });
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
});
