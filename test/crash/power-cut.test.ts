import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { canMountImages, DiskImage } from '../support/disk-image.ts';
import { temporaryFolder } from '../support/engine.ts';
import { Receiver, reply } from '../support/receiver.ts';

const CUTS = Number(process.env['CUTS'] ?? 10);
const EVENTS_PER_LIFE = 100_000;
const publisher = new URL('../support/crash-publisher.ts', import.meta.url).pathname;

/** Where a database lies; once nobody writes there any more, it tells what is left after a power cut. */
interface Disk {
  readonly folder: string;
  afterPowerCut(path: string): Disk;
  remove(): void;
}

let folder: ReturnType<typeof temporaryFolder>;
let receiver: Receiver;
let disk: Disk | undefined;
let child: ChildProcess | undefined;

beforeEach(async () => {
  folder = temporaryFolder();
  receiver = await Receiver.start();
  receiver.behaviour = reply(204);
});
afterEach(async () => {
  if (child?.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  disk?.remove();
  disk = undefined;
  await receiver.stop();
  folder.remove();
});

function publish(on: Disk, events: number, onAccepted: (id: string) => void) {
  const args = [publisher, join(on.folder, 'webhooks.db'), receiver.url('/crm'), String(events)];
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

/** Publishes until a random moment after the first event was accepted; gives what was, and what the disk has then. */
async function runUntilCut(on: Disk, path: string): Promise<{ known: readonly string[]; left: Disk }> {
  const accepted: string[] = [];
  const begun = Promise.withResolvers<void>();
  const life = publish(on, EVENTS_PER_LIFE, (id) => {
    accepted.push(id);
    begun.resolve();
  });
  await begun.promise;
  await sleep(Math.random() * 400);
  life.process.kill('SIGSTOP');
  await stopped(life.process.pid ?? 0);
  const known = [...accepted];
  const left = on.afterPowerCut(path);
  life.process.kill('SIGKILL');
  await life.exited;
  on.remove();
  return { known, left };
}

/** As good as the kernel, but for the end of the log. */
class TornLog implements Disk {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
    mkdirSync(folder);
  }

  afterPowerCut(path: string): Disk {
    const left = new TornLog(path);
    const [from, to] = [join(this.folder, 'webhooks.db'), join(left.folder, 'webhooks.db')];
    copyFileSync(from, to);
    if (existsSync(`${from}-wal`))
      writeFileSync(`${to}-wal`, withoutUncommitted(readFileSync(`${from}-wal`)));
    return left;
  }

  remove(): void {}
}

/**
 * The log of SQLite as a power cut may leave it: what follows the last commit is noise.
 * A frame belongs to the log if its salt is that of the header, and ends a commit if it has the database's size.
 * @see https://www.sqlite.org/fileformat2.html#walformat
 */
function withoutUncommitted(log: Buffer): Buffer {
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

/** Whatever was accepted before any of the cuts is delivered in the end, under its id. */
async function survive(first: Disk): Promise<void> {
  disk = first;
  const accepted: string[] = [];
  for (let cut = 1; cut <= CUTS; cut++) {
    const { known, left } = await runUntilCut(disk, join(folder.path, `after${cut}`));
    accepted.push(...known);
    disk = left;
  }
  const [code] = await publish(disk, 0, () => {}).exited;

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
}

test(`a log that ends in noise after ${CUTS} power cuts loses no accepted event and repeats no id`, () =>
  survive(new TornLog(join(folder.path, 'first'))));

test.skipIf(!canMountImages)(
  `a disk that loses ${CUTS} times all that was not synced loses no accepted event and repeats no id`,
  () => survive(DiskImage.empty(join(folder.path, 'first'))),
);
