import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { NameResolver, type NameResolverOptions } from '../../../src/delivery/name-resolver.ts';
import { temporaryFolder } from '../../support/engine.ts';

const POLL = { interval: 5, timeout: 8_000 };

const A = 1;
const AAAA = 28;

/** Answers by name and type: addresses as bytes, an error code of DNS, or silence. */
type Zone = Record<string, Partial<Record<number, readonly (readonly number[])[]>> | number | 'silent'>;

let server: Socket;
let zone: Zone;
let questions: string[];
let now: number;
let folder: ReturnType<typeof temporaryFolder>;
let resolver: NameResolver;

beforeEach(async () => {
  zone = {};
  questions = [];
  now = 0;
  folder = temporaryFolder();
  server = createSocket('udp4', (query, peer) => {
    const answer = answerTo(query);
    if (answer !== undefined) server.send(answer, peer.port, peer.address);
  });
  server.bind(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => {
  resolver.stop();
  server.close();
  folder.remove();
});

/** RFC 1035: a header of 12 bytes, the question, answers that point back to its name. */
function answerTo(query: Buffer): Buffer | undefined {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  const type = query.readUInt16BE(at + 1);
  const name = labels.join('.').toLowerCase();
  questions.push(`${type === A ? 'A' : 'AAAA'} ${name}`);
  const found = zone[name] ?? 3;
  if (found === 'silent') return undefined;
  const records = typeof found === 'number' ? [] : (found[type] ?? []);
  const header = Buffer.from(query.subarray(0, 12));
  header.writeUInt16BE(0x8180 | (typeof found === 'number' ? found : 0), 2);
  header.writeUInt16BE(records.length, 6);
  header.writeUInt16BE(0, 8);
  header.writeUInt16BE(0, 10);
  const answers = records.map((bytes) =>
    Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, bytes.length, ...bytes]),
  );
  return Buffer.concat([header, query.subarray(12, at + 5), ...answers]);
}

function start(options: Partial<NameResolverOptions> = {}, hosts = ''): NameResolver {
  const hostsFile = join(folder.path, 'hosts');
  writeFileSync(hostsFile, hosts);
  resolver = new NameResolver({
    elapsedMs: () => now,
    servers: [`127.0.0.1:${server.address().port}`],
    hostsFile,
    system: (name) => Promise.reject(Object.assign(new Error(name), { code: 'ENOTFOUND', hostname: name })),
    ...options,
  });
  return resolver;
}

test('all addresses of a name are found, IPv4 first', async () => {
  const v6 = [0x26, 6, ...new Array(13).fill(0), 1];
  zone['crm.example'] = {
    [A]: [
      [192, 0, 2, 1],
      [10, 0, 0, 1],
    ],
    [AAAA]: [v6],
  };
  expect(await start().resolve('CRM.example.')).toEqual(['192.0.2.1', '10.0.0.1', '2606::1']);
});

test('names of this machine need no DNS, and the hosts file counts before it and is read again', async () => {
  zone['crm.example'] = { [A]: [[192, 0, 2, 1]] };
  start({}, '# crm.example\n10.0.0.7\tcrm.example CRM.lan # ours\nfd00::7 crm.lan\nnot-an-address x.lan\n');
  expect(await resolver.resolve('crm.example')).toEqual(['10.0.0.7']);
  expect(await resolver.resolve('crm.lan')).toEqual(['10.0.0.7', 'fd00::7']);
  expect(await resolver.resolve('a.localhost')).toEqual(['127.0.0.1', '::1']);
  writeFileSync(join(folder.path, 'hosts'), '10.0.0.88 crm.example\n');
  now += 60_000;
  expect(await resolver.resolve('crm.example')).toEqual(['10.0.0.88']);
  expect(questions).toEqual([]);
});

test('an answer holds for ten seconds, and one question is asked however many wait for it', async () => {
  zone['crm.example'] = { [A]: [[192, 0, 2, 1]] };
  start();
  await Promise.all(Array.from({ length: 100 }, () => resolver.resolve('crm.example')));
  now += 9_999;
  await resolver.resolve('crm.example');
  expect(questions.toSorted()).toEqual(['A crm.example', 'AAAA crm.example']);
  zone['crm.example'] = { [A]: [[192, 0, 2, 2]] };
  now += 1;
  expect(await resolver.resolve('crm.example')).toEqual(['192.0.2.2']);
});

test('names whose servers are silent hold up no other, however many they are', async () => {
  zone['well.example'] = { [A]: [[192, 0, 2, 1]] };
  start();
  const ended = vi.fn();
  for (let n = 0; n < 60; n += 1) {
    zone[`dead${n}.example`] = 'silent';
    resolver.resolve(`dead${n}.example`).then(ended, ended);
  }
  expect(await resolver.resolve('well.example')).toEqual(['192.0.2.1']);
  expect(ended).not.toHaveBeenCalled();
});

describe('a name that DNS does not know', () => {
  test('is asked of the system, one at a time', async () => {
    const asked: string[] = [];
    const answers: ((addresses: readonly string[]) => void)[] = [];
    start({
      system: (name) => {
        asked.push(name);
        return new Promise((resolve) => answers.push(resolve));
      },
    });
    const both = [resolver.resolve('printer.local'), resolver.resolve('crm')];
    await vi.waitFor(() => expect(asked).toHaveLength(1), POLL);
    answers[0]?.(['10.0.0.1']);
    await vi.waitFor(() => expect(asked).toHaveLength(2), POLL);
    answers[1]?.(['10.0.0.2']);
    expect((await Promise.all(both)).flat().toSorted()).toEqual(['10.0.0.1', '10.0.0.2']);
  });

  test('and the system neither is an error, which is not held', async () => {
    start();
    await expect(resolver.resolve('late.example')).rejects.toMatchObject({ code: 'ENOTFOUND' });
    zone['late.example'] = { [A]: [[192, 0, 2, 9]] };
    expect(await resolver.resolve('late.example')).toEqual(['192.0.2.9']);
  });
});

test('a name server that fails is not taken for one that does not know', async () => {
  zone['broken.example'] = 2;
  const system = vi.fn();
  start({ system });
  await expect(resolver.resolve('broken.example')).rejects.toMatchObject({ code: 'ESERVFAIL' });
  expect(system).not.toHaveBeenCalled();
});

test('stop ends what is under way', async () => {
  zone['dead.example'] = 'silent';
  const answer = start().resolve('dead.example');
  await vi.waitFor(() => expect(questions.length).toBeGreaterThan(0), POLL);
  resolver.stop();
  await expect(answer).rejects.toMatchObject({ code: 'ECANCELLED' });
});
