import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { temporaryFolder } from '../support/engine.ts';
import { Receiver, reply } from '../support/receiver.ts';

const CUTS = Number(process.env['CUTS'] ?? 10);
const EVENTS_PER_LIFE = 100_000;
const publisher = new URL('../support/crash-publisher.ts', import.meta.url).pathname;

let folder: ReturnType<typeof temporaryFolder>;
let receiver: Receiver;
let child: ChildProcess | undefined;

beforeEach(async () => {
  folder = temporaryFolder();
  receiver = await Receiver.start();
  receiver.behaviour = reply(204);
});
afterEach(async () => {
  child?.kill('SIGKILL');
  await receiver.stop();
  folder.remove();
});

function publish(path: string, events: number, onAccepted: (id: string) => void) {
  const args = [publisher, path, receiver.url('/crm'), String(events)];
  const process_ = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  child = process_;
  createInterface(process_.stdout).on('line', onAccepted);
  return { process: process_, exited: once(process_, 'exit') };
}

/** Resolves once the kernel has stopped every thread, so that the files stand still. */
async function stopped(pid: number): Promise<void> {
  const isStopped = () => /^State:\s+T/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  // Where the kernel does not tell, a moment is enough.
  if (!existsSync('/proc')) await sleep(50);
  else while (!isStopped()) await sleep(1);
}

/** Publishes until a random moment after the first event was accepted; what the disk has then goes into `copy`. */
async function runUntilCut(path: string, copy: string): Promise<string[]> {
  const accepted: string[] = [];
  const begun = Promise.withResolvers<void>();
  const life = publish(path, EVENTS_PER_LIFE, (id) => {
    accepted.push(id);
    begun.resolve();
  });
  await begun.promise;
  await sleep(Math.random() * 400);
  life.process.kill('SIGSTOP');
  await stopped(life.process.pid ?? 0);
  const known = [...accepted];
  copyFileSync(path, copy);
  if (existsSync(`${path}-wal`)) writeFileSync(`${copy}-wal`, withoutUnsynced(readFileSync(`${path}-wal`)));
  life.process.kill('SIGKILL');
  await life.exited;
  return known;
}

/**
 * The log of SQLite as a power cut may leave it: whatever follows the last commit was never synced, and is noise.
 * A frame belongs to the log if its salt is that of the header, and ends a commit if it has the database's size.
 * @see https://www.sqlite.org/fileformat2.html#walformat
 */
function withoutUnsynced(log: Buffer): Buffer {
  const HEADER = 32;
  if (log.length < HEADER) return log;
  const frameSize = 24 + log.readUInt32BE(8);
  const salt = log.subarray(16, 24);
  let end = HEADER;
  for (let at = HEADER; at + frameSize <= log.length; at += frameSize) {
    if (!log.subarray(at + 8, at + 16).equals(salt)) break;
    if (log.readUInt32BE(at + 4) > 0) end = at + frameSize;
  }
  const noise = Buffer.alloc(Math.floor(Math.random() * 3 * frameSize), 0xa5);
  return Buffer.concat([log.subarray(0, end), noise]);
}

test(`a power cut at ${CUTS} random moments loses no accepted event and repeats no id`, async () => {
  const accepted: string[] = [];
  let path = join(folder.path, '0.db');
  for (let cut = 1; cut <= CUTS; cut++) {
    const copy = join(folder.path, `${cut}.db`);
    accepted.push(...(await runUntilCut(path, copy)));
    path = copy;
  }
  const [code] = await publish(path, 0, () => {}).exited;

  expect(code).toBe(0);
  expect(accepted.length).toBeGreaterThan(CUTS * 10);
  expect(new Set(accepted).size).toBe(accepted.length);
  const bodies = new Map<string, string>();
  for (const { headers, body } of receiver.requests) {
    const id = String(headers['x-webhook-id']);
    expect(bodies.get(id) ?? body).toBe(body);
    bodies.set(id, body);
  }
  expect(accepted.filter((id) => !bodies.has(id))).toEqual([]);
});
