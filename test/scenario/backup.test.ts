import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../src/util/clock.ts';
import { cli } from '../support/cli.ts';
import { startRig, temporaryFolder } from '../support/engine.ts';
import { Receiver } from '../support/receiver.ts';

const publisher = new URL('../support/crash-publisher.ts', import.meta.url).pathname;

let folder: ReturnType<typeof temporaryFolder>;
let receiver: Receiver;
let child: ChildProcess | undefined;
let database: string;
let copy: string;
beforeEach(async () => {
  folder = temporaryFolder();
  receiver = await Receiver.start();
  database = join(folder.path, 'webhooks.db');
  copy = join(folder.path, 'copy.db');
});
afterEach(async () => {
  child?.kill('SIGKILL');
  await receiver.stop();
  folder.remove();
});

/** Publishes without end, in a process of its own; gathers the ids of what it has accepted. */
async function publishing(): Promise<{
  readonly accepted: string[];
  until(count: number): Promise<void>;
  kill(): Promise<void>;
}> {
  const running = spawn(process.execPath, [publisher, database, receiver.url(), '1000000'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child = running;
  const accepted: string[] = [];
  const lines = createInterface(running.stdout);
  lines.on('line', (id) => accepted.push(id));
  return {
    accepted,
    async until(count) {
      while (accepted.length < count) await once(lines, 'line');
    },
    async kill() {
      const exited = once(running, 'exit');
      running.kill('SIGKILL');
      await exited;
    },
  };
}

async function eventsIn(path: string): Promise<ReadonlySet<string>> {
  const at = temporaryFolder();
  copyFileSync(path, join(at.path, 'webhooks.db'));
  const rig = await startRig({ folder: at.path, clock: systemClock });
  const ids = new Set<string>();
  for (let before: Parameters<typeof rig.store.events>[0]['before']; ; ) {
    const page = await rig.store.events({ limit: 1_000, before });
    for (const { id } of page.events) ids.add(id);
    before = page.next;
    if (before === undefined) break;
  }
  await rig.stop();
  at.remove();
  return ids;
}

test('a backup made while events are published has every event accepted before it, and passes every check', async () => {
  const { accepted, until, kill } = await publishing();
  for (const count of [500, 3_000, 6_000]) {
    await until(count);
    const before = accepted.slice();
    expect(await cli(['backup', database, copy])).toEqual({
      code: 0,
      out: `${database} is kept in ${copy}`,
      err: '',
    });
    const kept = await eventsIn(copy);
    expect(before.filter((id) => !kept.has(id))).toEqual([]);
    expect(readdirSync(folder.path).filter((name) => name.startsWith('copy'))).toEqual(['copy.db']);
    expect(statSync(copy).mode & 0o777).toBe(0o600);
  }
  await kill();
});

test('restored, it sends what waited when it was made, under the same ids, and gives new ids to new events', async () => {
  const url = receiver.url();
  const rig = await startRig({ folder: folder.path, clock: systemClock });
  const { id } = await rig.registry.add({ url, events: ['*'] });
  await rig.registry.update(id, { enabled: false });
  const event = { type: 'call.ended', occurredAt: systemClock.now(), data: {} };
  const waiting = await rig.engine.publish(event);
  expect((await cli(['backup', database, copy])).code).toBe(0);
  const lost = await rig.engine.publish(event);
  await rig.stop();

  // As docs/running.md says: the log belongs to the file that was there before.
  rmSync(`${database}-wal`, { force: true });
  copyFileSync(copy, database);
  const restored = await startRig({ folder: folder.path, clock: systemClock });
  await restored.registry.update(id, { enabled: true });
  const later = await restored.engine.publish(event);
  const ids = (await receiver.received(2)).map(({ headers }) => headers['x-webhook-id']);
  expect(ids).toEqual([waiting, later]);
  expect(later).not.toBe(lost);
  await restored.stop();
});

test('what is no database, or no earlier backup, is refused and left as it is', async () => {
  const other = join(folder.path, 'config.yml');
  writeFileSync(other, 'features: {}\n');
  const rig = await startRig({ folder: folder.path, clock: systemClock });
  for (const [from, to, says] of [
    [join(folder.path, 'none.db'), copy, /no such file/],
    [other, copy, /config\.yml gives no whole copy: file is not a database/],
    [folder.path, copy, /EISDIR|illegal operation/i],
    [database, other, /config\.yml is no earlier backup, so it was left as it is/],
    [database, database, /webhooks\.db is no earlier backup, so it was left as it is/],
    [database, join(folder.path, 'none', 'copy.db'), /copy\.db\.part can't be made: .*no such file/],
  ] as const) {
    const { code, out, err } = await cli(['backup', from, to]);
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(says);
    expect(err.split('\n')).toHaveLength(1);
  }
  await rig.stop();
  expect(readFileSync(other, 'utf8')).toBe('features: {}\n');
  expect(existsSync(copy)).toBe(false);
});
