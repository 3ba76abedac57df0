// A PBX with plugins: which ones, and what they are told, stands in its own configuration.
import { EventEmitter } from 'node:events';
import { createServer } from 'node:http';
import { loadPlugin } from './loader.js';

const { HOOK_URL, HOOK_SECRET, PORT = '3000' } = process.env;
const config = {
  plugins: ['pbx-webhooks'],
  features: { webhooks: { subscriptions: [{ url: HOOK_URL, events: ['call.*'], secret: HOOK_SECRET }] } },
};

const routes = new Map();
const closers = [];
const host = {
  config,
  logger: console,
  events: new EventEmitter(),
  http: { use: (path, handler) => routes.set(path, handler) },
  onClose: (close) => closers.push(close),
};
for (const name of config.plugins) await loadPlugin(name, host);

const server = createServer((request, response) => {
  const [, handler] = [...routes].find(([path]) => request.url.startsWith(path)) ?? [];
  if (handler) handler(request, response);
  else response.writeHead(404).end();
});
server.listen(Number(PORT), '127.0.0.1', () => console.info(`listening on ${server.address().port}`));

host.events.emit('call.started', { call_id: 'first', from_extension: '1001', to_extension: '1002' });

process.once('SIGTERM', async () => {
  await Promise.all(closers.map((close) => close()));
  server.close();
});
