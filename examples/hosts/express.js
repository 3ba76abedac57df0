// An Express app: the plugin's API is mounted in it, behind the app's own middleware, and ends with it.
import { EventEmitter } from 'node:events';
import express from 'express';
import register from 'pbx-webhooks';

const { PORT = '3000', HOOK_URL, HOOK_SECRET } = process.env;

const app = express();
const events = new EventEmitter();
const closers = [];

await register(
  { name: 'office', events, http: app, logger: console, onClose: (close) => closers.push(close) },
  { subscriptions: [{ url: HOOK_URL, events: ['*'], secret: HOOK_SECRET }] },
);

// curl -X POST http://127.0.0.1:3000/doorbell   and   curl http://127.0.0.1:3000/api/webhooks
app.post('/doorbell', (_request, response) => {
  events.emit('user.event', { name: 'DoorOpened', fields: { door: 'north' } });
  response.sendStatus(202);
});

const server = app.listen(Number(PORT), '127.0.0.1', () =>
  console.info(`listening on ${server.address().port}`),
);

process.once('SIGTERM', async () => {
  await Promise.all(closers.map((close) => close()));
  server.close();
});
