import { defineConfig } from '@playwright/test';

// Run by ../preview/browser_test.go, which starts the preview, and names the browser and the folder of specifications.
export default defineConfig({
  testDir: process.env.SPECIFICATIONS,
  outputDir: process.env.PLAYWRIGHT_OUTPUT,
  workers: 2,
  retries: 1, // two browsers and a server on two processors are late at times; the list says which tests were
  fullyParallel: true,
  projects: [
    { name: 'all', testIgnore: /settings/ },
    { name: 'settings', testMatch: /settings/, fullyParallel: false, dependencies: ['all'] },
  ],
  // Far more than any test needs on a busy machine: tests wait for states, and only one that fails waits so long.
  timeout: 300_000,
  expect: { timeout: 60_000 },
  reporter: 'list',
  use: {
    baseURL: process.env.PREVIEW_URL,
    timezoneId: 'UTC',
    viewport: { width: 1280, height: 900 },
    launchOptions: {
      executablePath: process.env.CHROMIUM,
      // Chromium refuses to keep itself apart when run as root. It opens nothing here but the preview.
      args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    },
  },
});
