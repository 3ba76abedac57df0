import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { differences, type ProducedEvent } from '../support/expectation.ts';
import { readRecordings } from '../support/fact-streams.ts';

const folder = mkdtempSync(join(tmpdir(), 'replay-ami-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function replayAmi(args: readonly string[], input?: Buffer): Promise<Run> {
  return new Promise((resolve) => {
    const command = ['src/cli/main.ts', 'events', 'replay-ami', ...args];
    const child = execFile(process.execPath, command, { maxBuffer: 2 ** 27 }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
    // It may have seen enough before the end.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}

interface Envelope {
  readonly event_id: string;
  readonly event_type: string;
  readonly timestamp: string;
  readonly data: Record<string, unknown>;
}

const envelopesOf = (stdout: string): Envelope[] =>
  stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
const producedBy = (stdout: string): ProducedEvent[] =>
  envelopesOf(stdout).map(({ event_type, data }) => ({ type: event_type, data }));

/** The configuration with which a recording's client watched. */
function configFor(name: string, calls: Readonly<Record<string, unknown>>): string {
  const file = join(folder, `${name.replace('/', '-')}.yml`);
  // JSON is YAML.
  writeFileSync(
    file,
    JSON.stringify({ features: { webhooks: { calls: { trunks: ['trunk1'], ...calls } } } }),
  );
  return file;
}

/** One of each group of recordings: all of them go through the same reader in `ami-socket.test.ts`. */
const recordings = [...Map.groupBy(readRecordings(), ({ name }) => name.slice(0, 5)).values()].flatMap(
  (group) => group.slice(0, 1),
);
const fixture = (name: string): string => `test/fixtures/ami/${name}.ami`;

describe('prints what a subscriber of all events should get', () => {
  test.for(recordings)('$name', { concurrent: true }, async ({ name, file, expected }, { expect }) => {
    const config = configFor(name, expected.config?.calls ?? {});
    const { code, stdout, stderr } = await replayAmi([file, '--config', config]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(differences(expected, producedBy(stdout))).toEqual([]);
  });
});

test('each line is an envelope with the four keys of the guide, in the time of the recording', async () => {
  const { stdout } = await replayAmi([fixture('22/13a_sipp_20_calls')]);
  const envelopes = envelopesOf(stdout);
  expect(envelopes.length).toBeGreaterThan(20);
  expect(new Set(envelopes.map((envelope) => envelope.event_id)).size).toBe(envelopes.length);
  for (const envelope of envelopes) {
    expect(Object.keys(envelope)).toEqual(['event_id', 'event_type', 'timestamp', 'data']);
    expect(envelope.timestamp).toMatch(/^2026-11-23T15:\d\d:\d\d\.\d{6}Z$/);
    const ms = Date.parse(envelope.timestamp);
    expect(envelope.event_id).toMatch(new RegExp(`^${envelope.event_type}-${ms}(-\\d+)?$`));
  }
});

test('two runs print the same', async () => {
  const [one, two] = await Promise.all(
    [1, 2].map(() => replayAmi([fixture('22/13b_ring_group_one_answers')])),
  );
  expect(one).toEqual(two);
});

test('standard input is read as well as a file', async () => {
  const bytes = readFileSync(fixture('22/02a_internal_caller_hangs'));
  const [fromInput, fromFile] = await Promise.all([
    replayAmi(['-'], bytes),
    replayAmi([fixture('22/02a_internal_caller_hangs')]),
  ]);
  expect(fromInput).toEqual(fromFile);
});

test('a stream that breaks off leaves its call open, and says that it breaks off', async () => {
  const bytes = readFileSync(fixture('22/02a_internal_caller_hangs'));
  const cut = bytes.subarray(0, bytes.indexOf('Event: Hangup\r\n') + 20);
  const { code, stdout, stderr } = await replayAmi(['-'], cut);
  expect(code).toBe(0);
  const types = producedBy(stdout).map(({ type }) => type);
  expect(types).toContain('call.answered');
  expect(types).not.toContain('call.ended');
  expect(stderr).toBe('pbx-webhooks: standard input breaks off within a packet, which is left out\n');
});

test.each([
  ['a file that is not there', 'no-such-file.ami', 66],
  ['a folder', 'test/fixtures/ami', 66],
  ['another kind of file', 'package-lock.json', 65],
])('%s is one line and an exit code of its own', async (_name, file, code) => {
  const run = await replayAmi([file]);
  expect(run).toMatchObject({ code, stdout: '' });
  expect(run.stderr).toMatch(/^pbx-webhooks: [^\n]+\n$/);
  expect(run.stderr).toContain(file);
});

test.each([
  ['nothing', Buffer.alloc(0)],
  ['bytes without sense', Buffer.from(Uint8Array.from({ length: 400_000 }, (_, i) => (i * 7919) % 251))],
  ['line ends without CR', Buffer.from('Event: Hangup\nPrivilege: call,all\nUniqueid: 1.1\n\n')],
])('%s is no recording', async (_name, input) => {
  const run = await replayAmi(['-'], input);
  expect(run).toMatchObject({ code: 65, stdout: '' });
  expect(run.stderr).toMatch(/^pbx-webhooks: standard input is no recorded AMI stream: [^\n]+\n$/);
});

test('a configuration with an error is refused before anything is read', async () => {
  const config = join(folder, 'bad.yml');
  writeFileSync(config, 'features: { webhooks: { callz: {} } }\n');
  const run = await replayAmi([fixture('22/01a_register'), '--config', config]);
  expect(run).toMatchObject({ code: 78, stdout: '' });
  expect(run.stderr).toContain('callz');
});

test('a reader that has read enough is no error', async () => {
  const line = await new Promise<string>((resolve) => {
    const command = `"${process.execPath}" src/cli/main.ts events replay-ami ${fixture('22/13a_sipp_20_calls')} | head -n 1; echo "\${PIPESTATUS[0]}"`;
    execFile('bash', ['-c', command], (_error, stdout, stderr) => resolve(stdout + stderr));
  });
  expect(line).toMatch(/^\{"event_id":"call\.started-[^\n]+\}\n0\n$/);
});
