import { describe, expect, onTestFinished, test } from 'vitest';
import { parseConfig } from '../../src/config/load.ts';
import { type Service, startService } from '../../src/service.ts';
import { systemClock } from '../../src/util/clock.ts';
import { silentLogger } from '../../src/util/log.ts';
import { type CliRun, cli, runCli, temporaryFolder } from '../support/cli.ts';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

interface Listening extends CliRun {
  readonly url: string;
}

async function listen(...args: string[]): Promise<Listening> {
  const run = runCli(['listen', '--port', '0', ...args]);
  const line = await run.errors.first((one) => one.startsWith('Listening on '));
  return { ...run, url: /http\S+/.exec(line)?.[0] ?? '' };
}

/** The real sender, with one subscription. */
async function sender(url: string, secret?: string): Promise<Service> {
  const subscriptions = [{ url, ...(secret === undefined ? {} : { secret }) }];
  const config = parseConfig({ subscriptions, max_retries: 1 }, { base: temporaryFolder() });
  const service = await startService(config, { logger: silentLogger, serveApi: false });
  onTestFinished(() => service.close());
  return service;
}

const event = {
  type: 'call.answered',
  occurredAt: systemClock.now(),
  data: { from_extension: '1001', to_extension: '1002', answered_by: '1002', caller_name: 'Eve\u001b[2J\n' },
};

describe('listen', () => {
  test('verifies both signatures of the real sender and prints each event as one line', async () => {
    const receiver = await listen('--secret', SECRET);
    await (await sender(receiver.url, SECRET)).publish(event);
    const line = await receiver.output.first(() => true);
    expect(line).toMatch(
      /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}VERIFIED {3}call\.answered +1001 -> 1002 {2}answered_by=1002 caller_name="Eve\\u001b\[2J\\n"$/,
    );
    receiver.process.kill('SIGINT');
    expect(await receiver.exit).toBe(0);
  });

  test('refuses another secret with 401 and the reason', async () => {
    const receiver = await listen('--secret', 'hunter2');
    await (await sender(receiver.url, SECRET)).publish(event);
    const line = await receiver.output.first(() => true);
    expect(line).toContain('REFUSED    call.answered');
    expect(line).toContain('No signature matches');
    expect(line).not.toContain('hunter2');
  });

  test('checks nothing without a secret, and says so', async () => {
    const receiver = await listen();
    expect(receiver.errors.all[0]).toContain('no --secret: signatures are not checked');
    await (await sender(receiver.url)).publish(event);
    expect(await receiver.output.first(() => true)).toContain('UNCHECKED  call.answered');
  });

  test('--json prints one object a line', async () => {
    const receiver = await listen('--json', '--secret', SECRET);
    const id = await (await sender(receiver.url, SECRET)).publish(event);
    expect(JSON.parse(await receiver.output.first(() => true))).toMatchObject({
      verdict: 'verified',
      attempt: 1,
      event: { event_id: id, event_type: 'call.answered', data: { answered_by: '1002' } },
    });
  });

  test.each([
    ['POST', 'no JSON', 400],
    ['POST', '{"event_id":1}', 400],
    ['GET', undefined, 405],
    ['POST', 'x'.repeat(5 * 1024 * 1024), 413],
  ])('answers %s of something else with a 4xx', async (method, body, status) => {
    const { url, process: child } = await listen();
    const response = await fetch(url, { method, body: body ?? null });
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ error: expect.any(String) });
    expect(child.exitCode).toBeNull();
  });

  test('is reached from this machine only, unless told otherwise', async () => {
    expect((await listen()).url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    expect((await listen('--host', '0.0.0.0')).url).toMatch(/^http:\/\/0\.0\.0\.0:\d+\/$/);
  });

  test('names a port that is in use in one line', async () => {
    const { url } = await listen();
    const { code, err } = await cli(['listen', '--port', new URL(url).port]);
    expect([code, err]).toEqual([
      1,
      `pbx-webhooks: can't listen on port ${new URL(url).port}: it is in use: choose another with --port`,
    ]);
  });
});
