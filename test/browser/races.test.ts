import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { deferred } from '../../src/util/deferred.ts';
import { reply } from '../support/receiver.ts';
import { button, dialog, heading, rows } from './rig/find.ts';
import { describeInBrowser } from './rig/stage.ts';

/**
 * Answers to what this asks for, taken from the service at once, wait for `release`, which resolves when the page has
 * them, or wants them no more.
 */
async function heldBack(page: Page, method: string, path: RegExp) {
  const held = deferred<void>();
  const gate = deferred<void>();
  const answers: Promise<void>[] = [];
  await page.route(path, async (route) => {
    if (route.request().method() !== method) return route.fallback();
    const response = await route.fetch();
    const answered = gate.promise.then(() => route.fulfill({ response }).catch(() => undefined));
    answers.push(answered);
    held.resolve();
    await answered;
  });
  const release = async (): Promise<void> => {
    gate.resolve();
    await Promise.all(answers);
  };
  return { held: held.promise, release };
}

/** What was there to be drawn is drawn. */
const drawn = (page: Page) =>
  page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');

describeInBrowser('on a slow line', { max_retries: 2, retry_delay: 3_600, api: { port: 0 } }, (stage) => {
  it('what changes is shown, though each answer takes longer than the pause between two', async () => {
    await stage.subscribe('/crm');
    stage.receiver.script.push(reply(500));
    await stage.tell('call-1', ['call.started']);
    await stage.receiver.received(1);
    const { api } = stage.running;
    const id = (await api.call('GET /deliveries')).items[0]?.id ?? 0;
    const { page } = await stage.visit(`#/deliveries/${id}`);
    await page.getByText('Retrying', { exact: true }).waitFor();
    await page.route(/\/deliveries\/\d+$/, async (route) => {
      const response = await route.fetch();
      setTimeout(() => void route.fulfill({ response }).catch(() => undefined), 1_500);
    });
    await api.call('POST /deliveries/{id}/retry', { path: { id } });
    await page.getByText('Delivered', { exact: true }).waitFor();
  });

  it('an older answer changes nothing of what was done since', async () => {
    const id = await stage.subscribe('/crm', { description: 'CRM' });
    const { page } = await stage.visit(`#/subscriptions/${id}`);
    await heading(page, 'CRM').waitFor();
    const asked = await heldBack(page, 'GET', new RegExp(`/webhooks/${id}$`));
    await asked.held;
    await button(page, 'Disable').click();
    await button(dialog(page, 'Disable this subscription?'), 'Disable').click();
    await button(page, 'Enable').waitFor();
    await asked.release();
    await drawn(page);
    expect(await button(page, 'Enable').count()).toBe(1);
  });

  it('a replay that ends after its dialog was left closes no other', async () => {
    const id = await stage.subscribe('/crm', { description: 'CRM' });
    const { page } = await stage.visit(`#/subscriptions/${id}`);
    const replay = await heldBack(page, 'POST', /\/replay$/);
    await button(page, 'Replay…').click();
    await button(dialog(page, 'Replay events'), 'Replay').click();
    await replay.held;
    await page.keyboard.press('Escape');
    await button(page, 'Send test').click();
    await dialog(page, 'Send a test').waitFor();
    await replay.release();
    await page.getByText('0 events are sent again').waitFor();
    await drawn(page);
    expect(await dialog(page, 'Send a test').isVisible()).toBe(true);
  });

  it('a new secret that is being made is waited for: it is shown but once', async () => {
    const id = await stage.subscribe('/crm', { description: 'CRM' });
    const { page } = await stage.visit(`#/subscriptions/${id}`);
    const rotation = await heldBack(page, 'POST', /\/rotate-secret$/);
    await button(page, 'Rotate secret…').click();
    await button(dialog(page, 'Rotate the secret'), 'Make a new secret').click();
    await rotation.held;
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await rotation.release();
    expect(await dialog(page, 'Signing secret').getByRole('code').textContent()).toMatch(/^whsec_/);
  });
});

describeInBrowser('what others do meanwhile', { max_retries: 1, api: { port: 0 } }, (stage) => {
  it('is told: a subscription that they deleted is not there any more', async () => {
    const id = await stage.subscribe('/crm', { description: 'CRM' });
    const visit = await stage.visit(`#/subscriptions/${id}`);
    const { page } = visit;
    await heading(page, 'CRM').waitFor();
    await stage.running.api.call('DELETE /{id}', { path: { id } });
    await page.getByText(`There is no subscription ${id}`).waitFor();
    visit.forgive(/ 404 /);
  });

  it('that they failed is not hidden: what can’t be listed is not taken for nothing', async () => {
    await stage.subscribe('/crm', { description: 'CRM' });
    const visit = await stage.visit('#/live');
    const { page } = visit;
    const body = JSON.stringify({ error: 'The database is locked', code: 'store_locked', details: [] });
    await page.route(/\/dead-letters\?/, (route) =>
      route.fulfill({ status: 503, contentType: 'application/json', body }),
    );
    await page.goto(stage.url());
    const failures = page.getByRole('region', { name: 'Recent failures' });
    await failures.getByText('The database is locked').waitFor();
    visit.forgive(/ 503 /);
  });

  it('counts all dead letters on the overview, also those that it does not list', async () => {
    await stage.subscribe('/crm', { description: 'CRM' });
    stage.receiver.behaviour = reply(500);
    await stage.tell('call-1', ['call.started', 'call.ringing', 'call.answered', 'call.hold', 'call.resume']);
    await stage.tell('call-2', ['call.started', 'call.ended']);
    const { page } = await stage.visit();
    await page.getByText('7 deliveries gave up').waitFor();
    expect(await rows(page).count()).toBe(5);
    await stage.running.api.call('DELETE /dead-letters');
    await page.getByText('No delivery has given up').waitFor();
    await page.getByText('All webhooks work').waitFor();
  });
});
