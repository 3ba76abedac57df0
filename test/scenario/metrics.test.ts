import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.ts';
import { type Service, startService } from '../../src/service.ts';
import { systemClock } from '../../src/util/clock.ts';
import { silentLogger } from '../../src/util/log.ts';
import { type AmiServer, startAmiServer } from '../support/ami-server.ts';
import { temporaryFolder } from '../support/engine.ts';
import { parsePrometheus } from '../support/prometheus.ts';
import { Receiver, reply } from '../support/receiver.ts';
import { createRecorder } from '../support/recorder.ts';

const call = readFileSync(new URL('../fixtures/ami/22/02a_internal_caller_hangs.ami', import.meta.url));

const folder = temporaryFolder();
let receiver: Receiver;
let pbx: AmiServer;
let service: Service;
/** Log lines: one is written when an attempt is over and counted. */
const lines = createRecorder<string>();

beforeEach(async () => {
  receiver = await Receiver.start();
  pbx = await startAmiServer({ stream: call });
  const config = parseConfig(
    {
      max_retries: 1,
      api: { port: 0 },
      store: { url: `sqlite:${join(folder.path, 'webhooks.db')}` },
      sources: { ami: { name: 'hq', port: pbx.port, username: 'u', secret: 's' } },
      subscriptions: [
        { url: `${receiver.url('/crm')}?token=query-secret`, events: ['call.*'] },
        { url: receiver.url('/broken'), events: ['user.event'] },
      ],
    },
    { base: folder.path },
  );
  const add = (line: string): void => lines.add(line);
  service = await startService(config, {
    logger: { ...silentLogger, info: add, error: add, isLevelEnabled: () => true },
  });
});

afterEach(async () => {
  await service.close();
  await pbx.close();
  await receiver.stop();
  folder.remove();
});

async function scrape(): Promise<Map<string, number>> {
  const response = await fetch(`${service.apiUrl}/metrics`);
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  const text = await response.text();
  expect(text).not.toContain('secret');
  return new Map([...parsePrometheus(text).values()].flatMap(({ samples }) => [...samples]));
}

describe('/metrics of a service at work', () => {
  it('says what happened', async () => {
    await lines.first((line) => line.startsWith('Webhook delivered: call.ended'));
    receiver.behaviour = reply(500);
    for (const type of ['made.up', 'user.event']) {
      await service.publish({ type, occurredAt: systemClock.now(), data: {} });
    }
    await lines.first((line) => line.startsWith('Webhook delivery failed after 1 attempts: user.event'));

    const samples = await scrape();
    const value = (start: string) => [...samples].find(([name]) => name.startsWith(start))?.[1];
    const delivered = receiver.requests.filter(({ path }) => path.startsWith('/crm')).length;
    expect(delivered).toBeGreaterThan(2);
    const sums = (start: string, part: string) =>
      [...samples]
        .filter(([name]) => name.startsWith(start) && name.includes(part))
        .reduce((sum, [, count]) => sum + count, 0);
    expect(sums('pbx_webhooks_deliveries_total', 'outcome="delivered"')).toBe(delivered);
    expect(sums('pbx_webhooks_deliveries_total', 'outcome="dead"')).toBe(1);
    expect(sums('pbx_webhooks_failed_attempts_total', '')).toBe(1);
    expect(sums('pbx_webhooks_backlog', '')).toBe(0);
    expect(value('pbx_webhooks_events_published_total{type="call.ended"}')).toBe(1);
    expect(value('pbx_webhooks_events_published_total{type="other"}')).toBe(1);
    expect(value('pbx_webhooks_attempt_duration_seconds_count{result="delivered"}')).toBe(delivered);
    expect(value('pbx_webhooks_attempt_duration_seconds_count{result="status_5xx"}')).toBe(1);
    expect(value('pbx_webhooks_store_commit_seconds_count')).toBeGreaterThan(0);
    expect(value('pbx_webhooks_pbx_connected{pbx="hq"}')).toBe(1);
    expect(value('pbx_webhooks_ami_events_total{pbx="hq"}')).toBeGreaterThan(20);
    expect(value('pbx_webhooks_pbx_unseen_seconds_total{pbx="hq"}')).toBeGreaterThan(0);
    expect(value('process_resident_memory_bytes')).toBeGreaterThan(1e6);
  });

  it('tells of a PBX that is lost', async () => {
    await lines.first((line) => line.startsWith('hq: connected'));
    await pbx.close();
    await lines.first((line) => line.startsWith('Webhook delivered: call.ended'));
    await expect.poll(async () => (await scrape()).get('pbx_webhooks_pbx_connected{pbx="hq"}')).toBe(0);
    const unseen = async () => (await scrape()).get('pbx_webhooks_pbx_unseen_seconds_total{pbx="hq"}') ?? 0;
    const before = await unseen();
    expect(await unseen()).toBeGreaterThan(before);
  });
});
