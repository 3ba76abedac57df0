import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, inject, onTestFinished, test } from 'vitest';
import { verify } from '../../src/verify.ts';
import { startAmiServer } from '../support/ami-server.ts';
import { temporaryFolder } from '../support/cli.ts';
import { DrachtioServer } from '../support/drachtio-server.ts';
import { Receiver } from '../support/receiver.ts';
import { createRecorder, type Recorder } from '../support/recorder.ts';
import { register as registerOf } from '../support/sip-phone.ts';

const SECRET = 'example-secret';
const call = readFileSync('test/fixtures/ami/22/02a_internal_caller_hangs.ami');

let receiver: Receiver;
beforeEach(async () => {
  receiver = await Receiver.start();
});
afterEach(() => receiver.stop());

interface Example {
  readonly process: ChildProcess;
  readonly lines: Recorder<string>;
}

/** Runs an example as its README says, in a folder of its own. */
function start(file: string, env: Record<string, string> = {}): Example {
  const child = spawn(process.execPath, [join(inject('examples'), file)], {
    cwd: temporaryFolder(),
    env: { PATH: process.env['PATH'], HOOK_URL: receiver.url(), HOOK_SECRET: SECRET, PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines = createRecorder<string>();
  for (const input of [child.stdout, child.stderr]) {
    createInterface({ input }).on('line', (line) => lines.add(line));
  }
  void once(child, 'close').then(() => lines.end());
  return { process: child, lines };
}

/** Ends the example, and expects that nothing keeps it from ending. */
async function end({ process: child }: Example): Promise<void> {
  const closed = once(child, 'close');
  child.kill('SIGTERM');
  expect(await closed).toEqual([0, null]);
}

async function typesOf(count: number): Promise<string[]> {
  const requests = await receiver.received(count);
  return requests.map(({ body, headers }) => verify(body, headers, SECRET).event_type);
}

async function originOf({ lines }: Example): Promise<string> {
  const line = await lines.first((text) => text.startsWith('listening on '));
  return `http://127.0.0.1:${line.split(' ').at(-1)}`;
}

test('hosts/asterisk-manager.js watches the PBX of its host', async () => {
  const pbx = await startAmiServer();
  onTestFinished(() => pbx.close());
  const account = { AMI_PORT: String(pbx.port), AMI_USER: 'u', AMI_SECRET: 's' };
  const example = start('hosts/asterisk-manager.js', account);
  await pbx.actions.first((action) => action.get('action') === 'ListCommands');
  pbx.send(call);
  expect(await typesOf(4)).toEqual(['call.started', 'call.ringing', 'call.answered', 'call.ended']);
  expect(pbx.sockets.all).toHaveLength(1);
  await end(example);
});

test('hosts/drachtio-registrar.js watches what its host grants, and the phone gets the host’s answer', async () => {
  const server = await DrachtioServer.start();
  onTestFinished(() => server.stop());
  const account = { DRACHTIO_PORT: String(server.port), DRACHTIO_SECRET: server.secret };
  const example = start('hosts/drachtio-registrar.js', account);
  await server.until(() => server.frames.includes('route|register'));
  // The host hears of its connection a moment later; phones register again and again.
  while (receiver.requests.length === 0) {
    await server.receive(registerOf());
    await pause(100);
  }
  await server.receive(registerOf({ expires: 0 }));
  expect(await typesOf(2)).toEqual(['extension.registered', 'extension.unregistered']);
  await end(example);
});

test('hosts/express.js serves the API and its own routes', async () => {
  const example = start('hosts/express.js');
  const origin = await originOf(example);
  const options = { headers: { connection: 'close' } };
  const list = await fetch(`${origin}/api/webhooks`, options);
  expect(await list.json()).toMatchObject([{ url: receiver.url() }]);
  expect((await fetch(`${origin}/doorbell`, { method: 'POST', ...options })).status).toBe(202);
  expect(await typesOf(1)).toEqual(['user.event']);
  await end(example);
});

test('hosts/ten-lines.js tells its own calls', async () => {
  const example = start('hosts/ten-lines.js');
  expect(await typesOf(3)).toEqual(['call.started', 'call.answered', 'call.ended']);
  await end(example);
});

test('loader/pbx.js loads the plugin by its manifest', async () => {
  const example = start('loader/pbx.js');
  const origin = await originOf(example);
  expect(await typesOf(1)).toEqual(['call.started']);
  const list = await fetch(`${origin}/api/webhooks`, { headers: { connection: 'close' } });
  expect(await list.json()).toMatchObject([{ url: receiver.url() }]);
  await end(example);
});
