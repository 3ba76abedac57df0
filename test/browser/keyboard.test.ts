import { expect, it } from 'vitest';
import { reply } from '../support/receiver.ts';
import { button, dialog, hasFocus, heading, link, rows, tabTo } from './rig/find.ts';
import { describeInBrowser } from './rig/stage.ts';

/** Nobody touches a mouse here. */
describeInBrowser('with the keyboard alone', { max_retries: 1, api: { port: 0 } }, (stage) => {
  it('a person adds a subscription', async () => {
    const { page } = await stage.visit();
    await heading(page, 'Overview').waitFor();
    await tabTo(page, link(page, 'Add subscription'));
    await page.keyboard.press('Enter');
    await heading(page, 'Add subscription').waitFor();
    await tabTo(page, page.getByLabel('URL'));
    await page.keyboard.type(stage.receiver.url('/crm'));
    await page.keyboard.press('Enter');
    const secret = dialog(page, 'Signing secret');
    await secret.waitFor();
    // It is shown once: no slip of the finger takes it away.
    for (const key of ['Escape', 'Escape', 'Escape']) await page.keyboard.press(key);
    expect(await secret.isVisible()).toBe(true);
    const done = button(page, 'I have copied it');
    if (!(await hasFocus(done))) await tabTo(page, done);
    await page.keyboard.press('Enter');
    await secret.waitFor({ state: 'detached' });
    await expect.poll(() => stage.running.api.call('GET /', {})).toHaveLength(1);
  });

  it('a person finds a dead letter and retries it', async () => {
    await stage.subscribe('/crm', { description: 'CRM' });
    stage.receiver.behaviour = reply(500);
    await stage.tell('call-1', ['call.started']);
    await stage.receiver.received(1);
    stage.receiver.behaviour = reply(204);
    const { page } = await stage.visit();
    await heading(page, 'Overview').waitFor();
    await page.keyboard.press('g');
    await page.keyboard.press('x');
    await heading(page, 'Dead letters').waitFor();
    await rows(page).first().waitFor();
    await tabTo(page, link(page, 'call.started'));
    await page.keyboard.press('Enter');
    await heading(page, 'call.started').waitFor();
    await tabTo(page, button(page, 'Retry now'));
    await page.keyboard.press('Enter');
    await stage.receiver.received(2);
    await page.getByText('Delivered', { exact: true }).waitFor();
  });

  it('every page is two keys away, the search one, and the list of keys too', async () => {
    const { page } = await stage.visit();
    const pages = {
      s: 'Subscriptions',
      d: 'Deliveries',
      x: 'Dead letters',
      c: 'Calls',
      l: 'Live tail',
      e: 'Event catalogue',
      o: 'Overview',
    };
    await heading(page, 'Overview').waitFor();
    for (const [key, title] of Object.entries(pages)) {
      await page.keyboard.press('g');
      await page.keyboard.press(key);
      await heading(page, title).waitFor();
    }
    await page.keyboard.press('?');
    await dialog(page, 'Keyboard shortcuts').waitFor();
    await page.keyboard.press('Escape');
    await dialog(page, 'Keyboard shortcuts').waitFor({ state: 'detached' });
    await page.keyboard.press('g');
    await page.keyboard.press('e');
    await page.getByLabel('Search event types').waitFor();
    await page.keyboard.press('/');
    await expect.poll(() => hasFocus(page.getByLabel('Search event types'))).toBe(true);
  });

  it('a dialog gives the focus back to where it was', async () => {
    const id = await stage.subscribe('/crm', { description: 'CRM' });
    const { page } = await stage.visit(`#/subscriptions/${id}`);
    await heading(page, 'CRM').waitFor();
    await tabTo(page, button(page, 'Disable'));
    await page.keyboard.press('Enter');
    await dialog(page, 'Disable this subscription?').waitFor();
    await page.keyboard.press('Escape');
    await dialog(page, 'Disable this subscription?').waitFor({ state: 'detached' });
    await expect.poll(() => hasFocus(button(page, 'Disable'))).toBe(true);
  });

  it('a dialog has the focus before another key can be pressed', async () => {
    const id = await stage.subscribe('/crm', { description: 'CRM' });
    const { page } = await stage.visit(`#/subscriptions/${id}`);
    await tabTo(page, button(page, 'Disable'));
    const isOpen = page.evaluate(`new Promise((resolve) => {
      document.activeElement.click();
      setTimeout(() => resolve(document.activeElement.closest('dialog:modal') !== null));
    })`);
    expect(await isOpen).toBe(true);
  });

  it('what opened a dialog may go with what was done: then the focus is at the top of the page', async () => {
    await stage.subscribe('/crm', { description: 'CRM' });
    stage.receiver.behaviour = reply(500);
    await stage.tell('call-1', ['call.started', 'call.ended']);
    await stage.ended(2, 'dead');
    const { page } = await stage.visit('#/dead-letters');
    await page.getByLabel('Choose call.ended').focus();
    await page.keyboard.press('Space');
    await tabTo(page, button(page, 'Delete'));
    await page.keyboard.press('Enter');
    const question = dialog(page, 'Delete 1 dead letter?');
    await tabTo(page, button(question, 'Delete'));
    await page.keyboard.press('Enter');
    await question.waitFor({ state: 'detached' });
    await expect.poll(() => hasFocus(heading(page, 'Dead letters')), { timeout: 10_000 }).toBe(true);
  });

  it('the first stop leads past the navigation', async () => {
    const { page } = await stage.visit('#/deliveries');
    await heading(page, 'Deliveries').waitFor();
    await page.evaluate('document.activeElement.blur()');
    await tabTo(page, button(page, 'Skip to content'));
    await page.keyboard.press('Enter');
    await expect.poll(() => hasFocus(heading(page, 'Deliveries'))).toBe(true);
  });
});
