import { expect, it } from 'vitest';
import { reply } from '../support/receiver.ts';
import { button, heading, link, rows } from './rig/find.ts';
import { describeInBrowser } from './rig/stage.ts';

describeInBrowser('a page that is left open', { max_retries: 1, api: { port: 0 } }, (stage) => {
  it('shows events and their deliveries as they come', async () => {
    await stage.subscribe('/crm', { description: 'CRM' });
    const { page } = await stage.visit('#/live');
    await page.getByText('Live', { exact: true }).first().waitFor();
    await stage.tell('call-1', ['call.started']);
    await expect.poll(() => rows(page).count()).toBe(2);
    const [delivery, event] = await rows(page).allTextContents();
    expect(event).toContain('call.started');
    expect(delivery).toMatch(/call\.started.*Delivered.*CRM/s);
  });

  it('stands still while it is paused, and then shows what came meanwhile', async () => {
    const { page } = await stage.visit('#/live');
    await page.getByText('Live', { exact: true }).first().waitFor();
    await stage.tell('call-1', ['call.started']);
    await expect.poll(() => rows(page).count()).toBe(1);
    await button(page, 'Pause').click();
    await stage.tell('call-1', ['call.answered', 'call.ended']);
    await button(page, 'Resume (2 new)').click();
    await expect.poll(() => rows(page).count()).toBe(3);
  });

  it('shows only what it is narrowed to', async () => {
    const { page } = await stage.visit('#/live?type=call.ended');
    await page.getByText('Live', { exact: true }).first().waitFor();
    await stage.tell('call-1', ['call.started', 'call.ended']);
    await link(page, 'call.ended').waitFor();
    expect(await rows(page).count()).toBe(1);
  });

  it('begins anew when it is narrowed to something else', async () => {
    const { page } = await stage.visit('#/live');
    await page.getByText('Live', { exact: true }).first().waitFor();
    await stage.tell('call-1', ['call.started']);
    await link(page, 'call.started').waitFor();
    await page.getByLabel('Event type').fill('call.ended');
    await link(page, 'call.started').waitFor({ state: 'detached' });
  });

  it('says why it is refused', async () => {
    const visit = await stage.visit('#/live?subscription=https%3A%2F%2Fno.where%2F');
    await visit.page.getByText('There is no subscription for https://no.where/').waitFor();
    visit.forgive(/ 404 /);
  });

  it('says what was left out, where more came than is told again', async () => {
    const visit = await stage.visit('#/catalogue');
    const times = { since: '2025-12-07T12:00:00.000000Z', until: '2025-12-07T13:30:00.000000Z' };
    await visit.page.route(/\/stream$/, (route) =>
      route.fulfill({
        contentType: 'text/event-stream',
        body: `event: missed\ndata: ${JSON.stringify(times)}\n\n`,
      }),
    );
    await visit.page.goto(stage.url('#/live'));
    await visit.page.getByText(/Left out: more came between .*12:00:00 and .*13:30:00/).waitFor();
  });

  it('says on the overview that all is well, and what is not as soon as it is not', async () => {
    await stage.subscribe('/crm', { description: 'CRM' });
    const { page } = await stage.visit();
    await page.getByText('All webhooks work').waitFor();
    stage.receiver.behaviour = reply(500);
    await stage.tell('call-1', ['call.started']);
    await page.getByText('1 delivery gave up').waitFor();
  });

  it('counts on by itself', async () => {
    const id = await stage.subscribe('/crm', { description: 'CRM' });
    const { page } = await stage.visit(`#/subscriptions/${id}`);
    await heading(page, 'CRM').waitFor();
    await stage.tell('call-1', ['call.started']);
    await link(page, 'call.started').waitFor();
  });

  it('says that the service is gone, and goes on by itself when it is back', async () => {
    await stage.subscribe('/crm', { description: 'CRM' });
    const visit = await stage.visit();
    const { page } = visit;
    await heading(page, 'Overview').waitFor();
    await page.getByText('Live', { exact: true }).first().waitFor();
    await stage.stopService();
    await page.getByText('The service can’t be reached').waitFor();
    await stage.restartService();
    await page.getByText('The service can’t be reached').waitFor({ state: 'detached' });
    await page.getByText('Live', { exact: true }).first().waitFor();
    await stage.tell('call-1', ['call.started']);
    await stage.receiver.received(1);
    visit.forgive(/ERR_|request:/);
  });
});
