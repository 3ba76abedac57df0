import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSqliteStore } from '../../src/store/sqlite/store.ts';
import { keepDeliveries, RECIPIENTS } from '../support/kept-deliveries.ts';
import { button, dialog, rows } from './rig/find.ts';
import { isSkipped, Stage } from './rig/stage.ts';

const DELIVERIES = 1_000_000;

/** What a person calls at once, on a machine that does much else; what it takes on a quiet one is in docs/performance.md. */
const MOST_MS = 10_000;

describe.skipIf(isSkipped())('with a million kept deliveries', () => {
  const stage = new Stage();
  beforeAll(async () => {
    await stage.start();
    await stage.open(
      { api: { port: 0 }, store: { url: 'sqlite:webhooks.db', max_size_mb: 10_000 } },
      {},
      async (folder) => {
        const store = createSqliteStore({ path: join(folder, 'webhooks.db') });
        await store.open();
        await keepDeliveries(store, DELIVERIES, Date.now());
        await store.close();
      },
    );
  }, 600_000);
  afterAll(async () => {
    await stage.close();
    await stage.stop();
  });

  it.each([
    ['all deliveries', '#/deliveries', 50],
    ['those of a type that hardly ever comes', '#/deliveries?type=pbx.disconnected', 36],
    [
      'those of a receiver that fails',
      `#/deliveries?subscription=${RECIPIENTS.broken.id}&status=expired`,
      50,
    ],
    ['the dead letters', '#/dead-letters', 50],
    ['the latest calls', '#/calls', 20],
  ])('%s are there at once, without asking for more', async (_what, place, atLeast) => {
    const begun = performance.now();
    const { page } = await stage.visit(place);
    await expect.poll(() => rows(page).count(), { timeout: MOST_MS }).toBeGreaterThanOrEqual(atLeast);
    expect(performance.now() - begun).toBeLessThan(MOST_MS);
    await page.close();
  });

  it('further ones follow where they are asked for', async () => {
    const { page } = await stage.visit('#/deliveries');
    await expect.poll(() => rows(page).count(), { timeout: MOST_MS }).toBe(50);
    await button(page, 'Load more').click();
    await expect.poll(() => rows(page).count(), { timeout: MOST_MS }).toBe(100);
    await page.close();
  });

  it('as many stand there again for whoever comes back from a detail', async () => {
    const { page } = await stage.visit('#/deliveries');
    for (const shown of [50, 100, 150, 200]) {
      await expect.poll(() => rows(page).count(), { timeout: MOST_MS }).toBe(shown);
      await button(page, 'Load more').click();
    }
    await expect.poll(() => rows(page).count(), { timeout: MOST_MS }).toBe(250);
    await rows(page).nth(249).getByRole('link').click();
    await page.getByRole('region', { name: 'Attempts' }).waitFor();
    const answered = page.waitForResponse((response) => response.url().includes('/deliveries?'));
    await page.goBack();
    await answered;
    await page.locator('[aria-busy="true"]').first().waitFor({ state: 'detached' });
    expect(await rows(page).count()).toBe(250);
    await page.close();
  });

  it('all dead letters that match are deleted, however many that are', async () => {
    const type = 'voicemail.new';
    const { page } = await stage.visit(`#/dead-letters?type=${type}`);
    await expect.poll(() => rows(page).count(), { timeout: MOST_MS }).toBe(50);
    await page.getByLabel('Choose all 50 shown').check();
    await button(page, 'Choose all that match').click();
    await button(page, 'Delete').click();
    await button(dialog(page, 'Delete all that match?'), 'Delete').click();
    await page.getByText(/dead letters deleted/).waitFor({ timeout: 60_000 });
    await page.getByText('No dead letter fits').waitFor();
    expect((await stage.running.api.call('GET /dead-letters', { query: { type } })).items).toEqual([]);
    await page.close();
  });
});
