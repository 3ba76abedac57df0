import { createServer } from 'node:http';
import type { Page } from 'playwright-core';
import { expect, it, onTestFinished } from 'vitest';
import { listenOnLoopback } from '../../src/source/ami/playback.ts';
import { describeInBrowser, type Stage } from './rig/stage.ts';

const NEW = JSON.stringify({ url: 'https://evil.example/hook', events: ['*'] });

/** What a page may try, each as an expression that tells what it got, or `refused`. */
const ATTEMPTS = (api: string, id: string) => ({
  'reads a list': `fetch('${api}').then((r) => r.text())`,
  'reads the metrics': `fetch('${api}/metrics').then((r) => r.text())`,
  'changes with JSON': `fetch('${api}', { method: 'POST', headers: { 'content-type': 'application/json' }, body: ${JSON.stringify(NEW)} }).then((r) => r.text())`,
  'changes as a form would': `fetch('${api}', { method: 'POST', mode: 'no-cors', body: ${JSON.stringify(NEW)} }).then(() => Promise.reject())`,
  'disables, for which no body is needed': `fetch('${api}/${id}/disable', { method: 'POST', mode: 'no-cors' }).then(() => Promise.reject())`,
  'changes by a beacon': `Promise.resolve(navigator.sendBeacon('${api}/dead-letters/retry')).then(() => Promise.reject())`,
  deletes: `fetch('${api}?url=https%3A%2F%2F192.0.2.1%2Fhook', { method: 'DELETE' }).then((r) => r.text())`,
  listens: `new Promise((resolve, reject) => {
    const source = new EventSource('${api}/stream');
    source.onopen = resolve;
    source.onerror = () => (source.close(), reject());
  })`,
  'loads it as a script': `new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = '${api}';
    script.onload = resolve;
    script.onerror = reject;
    document.head.append(script);
  })`,
  'sends a form': `new Promise((resolve, reject) => {
    const frame = Object.assign(document.createElement('iframe'), { name: 'sent' });
    document.body.innerHTML = '<form method="post" enctype="text/plain" target="sent" action="${api}"><input name=\\'{"url":"https://evil.example/hook","x":"\\' value=\\'"}\\'></form>';
    document.body.append(frame);
    frame.onload = reject;
    document.forms[0].submit();
  })`,
});

/** A page of somebody else, under that name on this machine. */
async function foreignPage(page: Page, host: string): Promise<void> {
  const server = createServer((_request, response) => {
    response
      .writeHead(200, { 'Content-Type': 'text/html' })
      .end('<!doctype html><title>Prizes</title><body>');
  });
  const port = await listenOnLoopback(server, 0);
  onTestFinished(() => void server.close());
  await page.goto(`http://${host}:${port}/`);
}

async function isUntouched(stage: Stage): Promise<void> {
  expect(await stage.running.api.call('GET /')).toMatchObject([
    { url: 'https://192.0.2.1/hook', enabled: true },
  ]);
}

const config = { subscriptions: [{ url: 'https://192.0.2.1/hook', events: ['*'] }] };

describeInBrowser('a page of another origin', config, (stage) => {
  it.each(['evil.localhost', 'localhost', '127.0.0.1'])(
    'at %s reads nothing and changes nothing',
    async (host) => {
      const { page } = await stage.stranger();
      await foreignPage(page, host);
      const [subscription] = await stage.running.api.call('GET /');
      const api = `${stage.running.service.apiUrl}/api/webhooks`;
      for (const [what, attempt] of Object.entries(ATTEMPTS(api, subscription?.id ?? ''))) {
        const got = await page.evaluate(`(${attempt}).then(String, () => 'refused')`);
        expect(got, what).toBe('refused');
      }
      await isUntouched(stage);
    },
  );

  it('frames nothing of the dashboard, though a link of it leads there', async () => {
    const { page } = await stage.stranger();
    await foreignPage(page, 'evil.localhost');
    await page.setContent(`<iframe src="${stage.url()}"></iframe><a href="${stage.url()}">Webhooks</a>`);
    await expect.poll(() => page.frames()[1]?.url()).toMatch(/^chrome-error:/);
    await page.getByRole('link', { name: 'Webhooks' }).click();
    await page.getByRole('heading', { level: 1 }).waitFor();
    expect(page.url()).toContain(stage.url());
  });

  it('under a name that was made to lead here is told nothing', async () => {
    const { page } = await stage.stranger();
    const { port } = new URL(stage.url());
    for (const path of ['/webhooks/', '/api/webhooks', '/api/webhooks/stream', '/healthz']) {
      const response = await page.goto(`http://rebound.localhost:${port}${path}`);
      expect(response?.status()).toBe(403);
      expect(await response?.json()).toMatchObject({ code: 'host_refused' });
    }
    await isUntouched(stage);
  });
});
