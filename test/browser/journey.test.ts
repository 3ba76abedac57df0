import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { verify } from '../../src/verify.ts';
import { reply } from '../support/receiver.ts';
import { button, dialog, fact, heading, link, rows } from './rig/find.ts';
import { describeInBrowser, type Stage } from './rig/stage.ts';

/** The secret that is shown this once. */
async function takeSecret(page: Page): Promise<string> {
  const shown = dialog(page, 'Signing secret');
  const secret = await shown.getByRole('code').textContent();
  await button(shown, 'I have copied it').click();
  return secret ?? '';
}

/** One attempt each, so that a failure is a dead letter at once. */
describeInBrowser('a person at the dashboard', { max_retries: 1, api: { port: 0 } }, (stage) => {
  it('adds a subscription, whose webhooks bear a signature made with the secret that was shown once', async () => {
    const { page } = await stage.visit();
    await link(page, 'Add subscription').click();
    await page.getByLabel('URL').fill(stage.receiver.url('/crm'));
    await page.getByLabel('Description').fill('CRM');
    await button(page, 'Add subscription').click();
    const secret = await takeSecret(page);
    await heading(page, 'CRM').waitFor();
    expect(await page.content()).not.toContain(secret);

    await stage.tell('call-1', ['call.started']);
    const [request] = await stage.receiver.received(1, '/crm');
    expect(verify(request?.body ?? '', request?.headers ?? {}, secret)).toMatchObject({
      event_type: 'call.started',
    });
    await fact(page, 'Delivered').getByText('1').waitFor();
  });

  it('is told by the form what is wrong, and where', async () => {
    const visit = await visitAt(stage, '#/subscriptions/new', 'Add subscription');
    const { page } = visit;
    await page.getByLabel('URL').fill('crm.example.com/hook');
    await button(page, 'Add subscription').click();
    const field = page.getByLabel('URL');
    await expect.poll(() => field.getAttribute('aria-invalid')).toBe('true');
    visit.forgive(/ 400 /);
  });

  it('tries a filter on what happened lately, before it is saved', async () => {
    await stage.tell('call-1', ['call.started'], { direction: 'inbound' });
    await stage.tell('call-2', ['call.started'], { direction: 'internal' });
    const visit = await visitAt(stage, '#/subscriptions/new', 'Add subscription');
    const { page } = visit;
    const trial = page.getByRole('region', { name: 'Filter' }).getByRole('status');
    await trial.getByText('2 of the newest 2').waitFor();
    await page.getByLabel('Where').fill("data.direction = 'inbound'");
    await trial.getByText('1 of the newest 2').waitFor();
    await page.getByLabel('Where').fill('data.direction = (');
    await expect.poll(() => page.getByLabel('Where').getAttribute('aria-invalid')).toBe('true');
    visit.forgive(/ 400 /);
  });

  it('finds a delivery that failed from the overview, mends the receiver and sends it again', async () => {
    await stage.subscribe('/crm', { description: 'CRM' });
    stage.receiver.behaviour = reply(503, 'the database of the <b>CRM</b> is down');
    await stage.tell('call-1', ['call.started']);
    const { page } = await stage.visit();
    await link(page, 'call.started').click();
    await heading(page, 'call.started').waitFor();
    await page.getByText('the database of the <b>CRM</b> is down').waitFor();
    expect(await page.getByText('Dead letter', { exact: true }).count()).toBe(1);

    stage.receiver.behaviour = reply(204);
    await button(page, 'Retry now').click();
    await page.getByText('is sent again').waitFor();
    await page.getByText('Delivered', { exact: true }).waitFor();
    expect(await page.getByRole('region', { name: 'Attempts' }).getByRole('listitem').count()).toBe(2);
    expect(await button(page, 'Retry now').count()).toBe(0);
  });

  it('opens an attempt and sees what it sent, also once the subscription sends elsewhere and otherwise', async () => {
    const id = await stage.subscribe('/crm', { description: 'CRM', headers: { 'X-Key': 'hush' } });
    stage.receiver.behaviour = reply(500);
    await stage.tell('call-1', ['call.started']);
    const visit = await stage.visit();
    const { page } = visit;
    await link(page, 'call.started').click();
    const first = page.getByRole('region', { name: 'Request of attempt 1' });
    await first.getByText(stage.receiver.url('/crm')).waitFor();
    const { api } = stage.running;
    const body = { url: stage.receiver.url('/new'), template: 'slack' } as const;
    await api.call('PATCH /{id}', { path: { id }, body });

    await button(page, 'Retry now').click();
    const second = page.getByRole('region', { name: 'Request of attempt 2' });
    await second.getByText(stage.receiver.url('/new')).waitFor();
    await second.getByText('"blocks"').waitFor();
    const summary = page.locator('summary').filter({ has: page.getByText('1', { exact: true }) });
    await expect.poll(() => first.isVisible()).toBe(false);
    await summary.focus();
    await page.keyboard.press('Enter');
    await first.getByText(stage.receiver.url('/crm')).waitFor();
    await first.getByText('"event_type"').waitFor();
    await first.getByText('Request headers').click();
    await first.getByRole('definition').getByText('•••').waitFor();
    expect(await page.content()).not.toContain('hush');
  });

  it('sees that a request could not be loaded, and tries again', async () => {
    await stage.subscribe('/crm');
    await stage.tell('call-1', ['call.started']);
    const { items } = await stage.running.api.call('GET /deliveries');
    const visit = await stage.visit();
    const { page } = visit;
    let isBroken = true;
    await page.route('**/attempts/1/request', (route) =>
      isBroken
        ? route.fulfill({ status: 503, body: '{"error":"It is about to end","code":"engine_stopped"}' })
        : route.continue(),
    );
    await page.goto(stage.url(`#/deliveries/${items[0]?.id}`));
    const request = page.getByRole('region', { name: 'Request of attempt 1' });
    await request.getByText('This could not be loaded').waitFor();
    isBroken = false;
    await button(request, 'Try again').click();
    await request.getByText(stage.receiver.url('/crm')).waitFor();
    visit.forgive(/ 503 /);
  });

  it('rotates the secret, and the receiver verifies with either', async () => {
    const before = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    const id = await stage.subscribe('/crm', { description: 'CRM', secret: before });
    const { page } = await visitAt(stage, `#/subscriptions/${id}`, 'CRM');
    await button(page, 'Rotate secret…').click();
    await button(dialog(page, 'Rotate the secret'), 'Make a new secret').click();
    const after = await takeSecret(page);
    await stage.tell('call-1', ['call.started']);
    const [request] = await stage.receiver.received(1);
    for (const secret of [before, after]) {
      expect(verify(request?.body ?? '', request?.headers ?? {}, secret)).toMatchObject({
        event_type: 'call.started',
      });
    }
  });

  it('sends a test, which shows what the receiver answered and enters no history', async () => {
    const id = await stage.subscribe('/crm', { description: 'CRM' });
    stage.receiver.behaviour = reply(201, 'thank you');
    const { page } = await visitAt(stage, `#/subscriptions/${id}`, 'CRM');
    await button(page, 'Send test').click();
    await button(dialog(page, 'Send a test'), 'Send test').click();
    await dialog(page, 'Send a test').getByText('It answered 201').waitFor();
    await dialog(page, 'Send a test').getByText('thank you').waitFor();
    await page.keyboard.press('Escape');
    await dialog(page, 'Send a test').waitFor({ state: 'detached' });
    expect((await stage.running.api.call('GET /deliveries', {})).items).toEqual([]);
  });

  it('replays the last hour, under the ids that were sent before', async () => {
    const id = await stage.subscribe('/crm', { description: 'CRM' });
    await stage.tell('call-1', ['call.started', 'call.answered', 'call.ended']);
    const first = await stage.receiver.received(3);
    const { page } = await visitAt(stage, `#/subscriptions/${id}`, 'CRM');
    await button(page, 'Replay…').click();
    await button(dialog(page, 'Replay events'), 'Replay').click();
    await page.getByText('3 events are sent again').waitFor();
    const all = await stage.receiver.received(6);
    const ids = all.map(({ headers }) => headers['x-webhook-id']);
    expect(ids.slice(3)).toEqual(first.map(({ headers }) => headers['x-webhook-id']));
  });

  it('disables a subscription, which keeps its events, and enables it, which sends them', async () => {
    const id = await stage.subscribe('/crm', { description: 'CRM' });
    const { page } = await visitAt(stage, `#/subscriptions/${id}`, 'CRM');
    await button(page, 'Disable').click();
    await button(dialog(page, 'Disable this subscription?'), 'Disable').click();
    await button(page, 'Enable').waitFor();
    await stage.tell('call-1', ['call.started', 'call.ended']);
    await fact(page, 'Waiting').getByText('2').waitFor();
    expect(stage.receiver.requests).toEqual([]);

    await button(page, 'Enable').click();
    const question = dialog(page, 'Enable this subscription?');
    await question.getByText('2 events were kept').waitFor();
    await button(question, 'Enable').click();
    await stage.receiver.received(2);
    await fact(page, 'Delivered').getByText('2').waitFor();
  });

  it('deletes a subscription, and finds it gone', async () => {
    const id = await stage.subscribe('/crm', { description: 'CRM' });
    const { page } = await visitAt(stage, `#/subscriptions/${id}`, 'CRM');
    await button(page, 'Delete…').click();
    await button(dialog(page, 'Delete this subscription?'), 'Delete').click();
    await heading(page, 'Subscriptions').waitFor();
    await page.getByRole('link', { name: 'CRM' }).waitFor({ state: 'detached' });
    expect(await stage.running.api.call('GET /', {})).toEqual([]);
  });

  it('retries the dead letters that were chosen, and deletes all others that match', async () => {
    await stage.subscribe('/crm', { description: 'CRM' });
    stage.receiver.behaviour = reply(500);
    await stage.tell('call-1', ['call.started', 'call.answered', 'call.ended']);
    await stage.tell('call-2', ['call.started', 'call.ended']);
    await stage.receiver.received(5);
    stage.receiver.behaviour = reply(204);
    const { page } = await visitAt(stage, '#/dead-letters', 'Dead letters');
    await expect.poll(() => rows(page).count()).toBe(5);
    await page.getByLabel('Choose call.ended').first().check();
    await page.getByLabel('Choose call.answered').check();
    await button(page, 'Retry').click();
    await page.getByText('2 dead letters sent again').waitFor();
    await stage.receiver.received(7);
    await expect.poll(() => rows(page).count()).toBe(3);

    await page.getByLabel('Choose all 3 shown').check();
    await button(page, 'Delete').click();
    await button(dialog(page, 'Delete 3 dead letters?'), 'Delete').click();
    await page.getByText('3 dead letters deleted').waitFor();
    await page.getByText('No delivery has given up').waitFor();
    expect(stage.receiver.requests).toHaveLength(7);
  });

  it('reads the story of a call in its order, with what came of each event', async () => {
    await stage.subscribe('/crm', { description: 'CRM', events: ['call.*'] });
    const story = [
      'call.started',
      'call.ringing',
      'call.answered',
      'call.hold',
      'call.resume',
      'call.ended',
    ] as const;
    await stage.tell('1765108800.42', story);
    await stage.tell('1765108800.43', ['call.started', 'call.missed', 'call.ended']);
    await stage.receiver.received(9);
    const { page } = await visitAt(stage, '#/calls', 'Calls');
    await page.getByLabel('Search calls').fill('1765108800.42');
    await button(page, 'Open call').click();
    await fact(page, 'Call id').getByText('1765108800.42').waitFor();
    const told = page.getByRole('region', { name: 'What happened' }).getByRole('link', { name: /^call\./ });
    expect(await told.allTextContents()).toEqual(story);
    expect(await page.getByRole('link', { name: 'Delivered CRM' }).count()).toBe(story.length);
    await page.getByRole('link', { name: 'Delivered CRM' }).last().click();
    await heading(page, 'call.ended').waitFor();
  });

  it('sets a time of its own, part by part, which counts once it is whole', async () => {
    await stage.subscribe('/crm', { description: 'CRM' });
    await stage.tell('call-1', ['call.started']);
    await stage.receiver.received(1);
    const { page } = await visitAt(stage, '#/deliveries', 'Deliveries');
    await page.getByLabel('Time').selectOption('From … until …');
    const from = page.getByLabel('From', { exact: true });
    await from.fill('');
    await expect.poll(() => page.url()).not.toContain('since=');
    await from.fill('2031-05-06T07:08');
    await page.getByText('No delivery fits').waitFor();
    expect(new URL(page.url()).hash).toContain('since=2031-05-06T07%3A08');
    await button(page, 'Clear').click();
    await expect.poll(() => rows(page).count()).toBe(1);
    expect(await from.count()).toBe(0);
  });

  it('passes on the address of a search, which finds the same when it is loaded anew', async () => {
    const id = await stage.subscribe('/crm', { description: 'CRM' });
    await stage.subscribe('/erp', { description: 'ERP' });
    await stage.tell('call-1', ['call.started', 'call.ended']);
    await stage.receiver.received(4);
    const { page } = await visitAt(stage, '#/deliveries', 'Deliveries');
    await page.getByLabel('Subscription').selectOption('CRM');
    await page.getByLabel('Event type').fill('call.ended');
    await page.getByLabel('Status').selectOption('Delivered');
    await expect.poll(() => rows(page).count()).toBe(1);
    expect(page.url()).toContain(id);

    const other = await stage.visit(new URL(page.url()).hash);
    await rows(other.page).first().waitFor();
    expect(await rows(other.page).allTextContents()).toEqual(await rows(page).allTextContents());
    expect(await other.page.getByLabel('Event type').inputValue()).toBe('call.ended');
  });
});

async function visitAt(stage: Stage, place: string, title: string) {
  const visit = await stage.visit(place);
  await heading(visit.page, title).waitFor();
  return visit;
}
