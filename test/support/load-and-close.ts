/** Loads the plugin into one host and closes it, again and again; prints what is left of it as JSON, a line a sample. */
import { createHook } from 'node:async_hooks';
import { EventEmitter, once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import Manager from 'asterisk-manager';
import Srf from 'drachtio-srf';
import register from '../../src/index.ts';
import { createPlayback, listenOnLoopback } from '../../src/source/ami/playback.ts';
import { hostSrfOf } from '../../src/source/sip/host-srf.ts';
import { DrachtioServer } from './drachtio-server.ts';

const [folder = '', cycles = '0', threads = '0'] = process.argv.slice(2);

const pbx = createPlayback({ streams: [], pace: 'whole' });
const ami = new Manager(await pbx.listen(), '127.0.0.1', 'u', 's', true);
const loggedIn = Promise.withResolvers<unknown>();
ami.action({ action: 'Ping' }, loggedIn.resolve);
await loggedIn.promise;
const drachtio = await DrachtioServer.start();
const srf = new Srf();
void srf.connect({ host: '127.0.0.1', port: drachtio.port, secret: drachtio.secret });
await once(srf, 'connect');
const wire = wireOf(srf);
const events = new EventEmitter();
const delivered = new EventEmitter();
const receiver = createServer((request, response) => {
  request.resume().on('end', () => {
    response.writeHead(204).end();
    delivered.emit('one');
  });
});
const port = await listenOnLoopback(receiver, 0);
const options = {
  subscriptions: [{ url: `http://127.0.0.1:${port}/`, events: ['user.event'] }],
  store: { url: `sqlite:${folder}/webhooks.db` },
  worker_threads: Number(threads),
};

/** Also those that keep no process alive, which Node does not list. */
const timers = new Set<number>();
createHook({
  init: (id, type) => void (type === 'Timeout' && timers.add(id)),
  destroy: (id) => void timers.delete(id),
}).enable();

async function loadAndClose(): Promise<void> {
  const plugin = await register({ ami, srf, events, http: { use: () => {} } }, options);
  const arrived = once(delivered, 'one');
  events.emit('user.event', { name: 'x', fields: {} });
  await arrived;
  await plugin.close();
}

/** Where a connected Srf hears its server. */
function wireOf(connected: object): EventEmitter {
  const wire = hostSrfOf(connected).app.client?.wp;
  if (!(wire instanceof EventEmitter)) throw new Error('a connected Srf has no wire that emits');
  return wire;
}

function threadCount(): number {
  if (process.platform !== 'linux') return 0;
  return Number(/^Threads:\s*(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
}

async function sample(): Promise<object> {
  // What a closed socket or thread leaves goes within a moment.
  await pause(300);
  globalThis.gc?.();
  const ofProcess = process.eventNames().map((name) => process.listenerCount(name));
  return {
    listeners: {
      ami: ['rawevent', 'connect', 'close'].map((name) => ami.listeners(name).length),
      srf: [srf.listeners('connect').length, srf.listeners('close').length, wire.listenerCount('msg')],
      events: events.eventNames(),
      process: ofProcess.reduce((sum, count) => sum + count, 0),
    },
    timers: timers.size,
    resources: process.getActiveResourcesInfo().sort(),
    threads: threadCount(),
    heap: process.memoryUsage().heapUsed,
  };
}

const every = Math.max(1, Math.floor(Number(cycles) / 10));
for (let done = 1; done <= Number(cycles); done += 1) {
  await loadAndClose();
  if (done % every === 0) process.stdout.write(`${JSON.stringify(await sample())}\n`);
}
ami.disconnect();
srf.disconnect();
await drachtio.stop();
receiver.close();
receiver.closeAllConnections();
await pbx.close();
