import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { expect, it, onTestFinished } from 'vitest';
import { runCli } from '../support/cli.ts';
import { reply } from '../support/receiver.ts';
import { heading, link, rows } from './rig/find.ts';
import { describeInBrowser } from './rig/stage.ts';

describeInBrowser('the dashboard', { api: { port: 0 } }, (stage) => {
  it('works under the prefix of a host, where its links lead to its own pages', async () => {
    const app = express();
    app.use('/pbx', stage.running.service.handler);
    const server = createServer(app).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    await stage.subscribe('/crm', { description: 'CRM' });
    await stage.tell('call-1', ['call.started']);
    const { port } = server.address() as AddressInfo;
    const { page } = await stage.visit('', { origin: `http://127.0.0.1:${port}/pbx` });
    await page.getByText('All webhooks work').waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    await link(page, 'Deliveries').click();
    await rows(page).first().waitFor();
    await page.reload();
    await heading(page, 'Deliveries').waitFor();
    await rows(page).first().waitFor();
  });

  it('shows what a recorded PBX tells, while `npm run demo` plays it', async () => {
    const { process, output, exit } = runCli(['demo']);
    const line = await output.first((text) => text.startsWith('dashboard'));
    const { origin } = new URL(line.replace('dashboard', '').trim());
    const { page } = await stage.visit('#/live', { origin });
    await expect.poll(() => rows(page).count(), { timeout: 60_000 }).toBeGreaterThanOrEqual(10);
    await link(page, 'Calls').click();
    await page.getByRole('link', { name: /→/ }).first().click();
    await page
      .getByRole('region', { name: 'What happened' })
      .getByRole('link', { name: 'call.started' })
      .waitFor();
    await page.close();
    process.kill('SIGINT');
    expect(await exit).toBe(0);
  });

  it('leads a person on a phone to every page', async () => {
    const { page } = await stage.visit('', { size: 'phone' });
    await heading(page, 'Overview').waitFor();
    for (const name of ['Subscriptions', 'Deliveries', 'Dead letters']) {
      await link(page.getByRole('navigation', { name: 'Main' }), name).click();
      await heading(page, name).waitFor();
    }
    for (const name of ['Calls', 'Live tail', 'Event catalogue']) {
      await page.getByRole('button', { name: 'More' }).click();
      await link(page.getByRole('dialog', { name: 'More' }), name).click();
      await heading(page, name).waitFor();
      expect(await page.getByRole('dialog').count()).toBe(0);
    }
  });

  it('lets a person on a phone choose rows, which lead to their details elsewhere', async () => {
    await stage.subscribe('/crm', { description: 'CRM', retry: { attempts: 1 } });
    stage.receiver.behaviour = reply(500);
    await stage.tell('call-1', ['call.started', 'call.ended']);
    await stage.ended(2, 'dead');
    const { page } = await stage.visit('#/dead-letters', { size: 'phone' });
    await page.getByLabel('Choose call.ended').check();
    await page.getByText('1 chosen').waitFor();
    await link(page, 'call.started').click();
    await heading(page, 'call.started').waitFor();
  });
});
