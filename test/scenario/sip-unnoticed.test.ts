import { once } from 'node:events';
import Srf from 'drachtio-srf';
import { expect, onTestFinished, test } from 'vitest';
import register from '../../src/index.ts';
import type { PbxName } from '../../src/model/ids.ts';
import { createHostSipSource } from '../../src/source/sip/host-source.ts';
import type { Fact } from '../../src/telephony/facts.ts';
import { type Micros, systemClock } from '../../src/util/clock.ts';
import { temporaryFolder } from '../support/cli.ts';
import { readRecording } from '../support/drachtio-recording.ts';
import { DrachtioServer } from '../support/drachtio-server.ts';
import { CALLS } from '../support/sip-host.ts';
import { audio } from '../support/sip-phone.ts';

const NAME = 'edge' as PbxName;

function pluginOptions(): object {
  return {
    subscriptions: [{ url: 'http://127.0.0.1:9/', events: ['*'] }],
    store: { url: `sqlite:${temporaryFolder()}/webhooks.db` },
  };
}

const recording = readRecording();

/** The application that was recorded. */
function recordedApplication(srf: Srf): void {
  srf.on('cdr:attempt', () => {});
  srf.on('cdr:start', () => {});
  srf.on('cdr:stop', () => {});
  srf.use('register', (req, res) => {
    if (req.get('To').includes('auth@')) {
      res.send(401, { headers: { 'WWW-Authenticate': 'Digest realm="x", nonce="y"' } });
    } else {
      res.send(200, { headers: { Contact: `${req.get('Contact')};expires=60`, Expires: '60' } });
    }
  });
  srf.invite((req, res) => {
    void srf.createUAS(req, res, { localSdp: ANSWER }).then((dialog) => {
      dialog.on('refer', (_, answer) => answer.send(202));
      if (req.get('Call-ID').startsWith('1-26124')) Reflect.apply(dialog.on, dialog, ['hold', () => {}]);
      else dialog.on('modify', (_, answer) => answer.send(200, { body: ANSWER }));
    });
  });
}

const ANSWER = audio('sendrecv', '127.0.0.1').replace('o=- ', 'o=u ');

type Observer = 'none' | 'watching' | 'failing' | 'plugin';

/** The recorded session, a message when all of the one before has been done. */
async function play(server: DrachtioServer): Promise<void> {
  for (const { from, text } of recording) {
    if (from !== 'server' || !/^[^|]+\|(sip|cdr:\w+)\|/.test(text)) continue;
    await server.play(text);
    await server.settled();
  }
}

/** Plays the recorded session to the application; gives all that it sent, ids left out, and what its srf holds. */
async function played(observer: Observer): Promise<{ frames: readonly string[]; facts: readonly Fact[] }> {
  const server = await DrachtioServer.start();
  onTestFinished(() => server.stop());
  const srf = new Srf();
  void srf.connect({ host: '127.0.0.1', port: server.port, secret: server.secret });
  recordedApplication(srf);
  onTestFinished(() => srf.disconnect());
  await once(srf, 'connect');
  const facts: Fact[] = [];
  let isBroken = false;
  const now = (): Micros => {
    if (isBroken) throw new Error('the observer fails');
    return systemClock.now();
  };
  const source = createHostSipSource(srf, { name: NAME, calls: CALLS, clock: { ...systemClock, now } });
  const plugin = observer === 'plugin' ? await register({ srf }, pluginOptions()) : undefined;
  if (observer === 'watching' || observer === 'failing') source.start((fact) => facts.push(fact));
  isBroken = observer === 'failing';
  await play(server);
  isBroken = false;
  await source.stop();
  await plugin?.close();
  return { frames: server.frames.filter((frame) => !frame.includes(': probe-')), facts };
}

test('a host’s application answers every message byte for byte as it does without us', async () => {
  const alone = await played('none');
  const recorded = recording
    .filter(({ from, text }) => from === 'application' && !text.endsWith('|ping'))
    .map(({ text }) => text.slice(text.indexOf('|') + 1));
  expect(alone.frames).toEqual(recorded);
  const watched = await played('watching');
  expect(watched.frames).toEqual(alone.frames);
  expect(watched.facts.map(({ kind }) => kind)).toContain('contacts.granted');
});

test('also with the whole plugin loaded', async () => {
  expect((await played('plugin')).frames).toEqual((await played('none')).frames);
});

test('also when the observer throws at each of them', async () => {
  const failing = await played('failing');
  expect(failing.facts.map(({ kind }) => kind)).toEqual([
    'pbx.connected',
    'pbx.booted',
    'contacts.listed',
    'pbx.stock_taken',
  ]);
  expect(failing.frames).toEqual((await played('none')).frames);
});

test('nothing of the observer is left on a host’s srf once it has stopped', async () => {
  const server = await DrachtioServer.start();
  onTestFinished(() => server.stop());
  const srf = new Srf();
  void srf.connect({ host: '127.0.0.1', port: server.port, secret: server.secret });
  onTestFinished(() => srf.disconnect());
  await once(srf, 'connect');
  const before = stateOf(srf);
  const source = createHostSipSource(srf, { name: NAME, calls: CALLS });
  source.start(() => {});
  expect(stateOf(srf)).not.toEqual(before);
  expect(stateOf(srf).layers).toBe(before.layers);
  await source.stop();
  expect(stateOf(srf)).toEqual(before);
  expect(source.health()).toEqual({ state: 'stopped' });
});

/** All places where something may be hooked in. */
function stateOf(srf: Srf) {
  const app: { stack: unknown[]; client: { wp: NodeJS.EventEmitter } } = Reflect.get(srf, 'app');
  const { wp } = app.client;
  return {
    layers: app.stack.length,
    own: [Object.keys(srf), Object.keys(app.client), Object.keys(wp)],
    listeners: ['connect', 'close', 'error', 'reconnecting'].map((name) => srf.listenerCount(name)),
    ofWire: wp.eventNames().map((name) => [name, wp.listenerCount(name)]),
  };
}
