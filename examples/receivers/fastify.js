// A receiver on Fastify: verifies, keeps each event once, answers, and works afterwards.
import fastify from 'fastify';
import { VerificationError, verify } from 'pbx-webhooks/verify';
import { Inbox } from './inbox.js';

const { PORT = '3000', WEBHOOK_SECRET, INBOX = 'inbox' } = process.env;

const inbox = new Inbox(INBOX, async (event) =>
  console.info(`handled ${event.event_type} ${event.event_id}`),
);

// region verify
const app = fastify({ bodyLimit: 8 * 1024 * 1024 });
app.removeAllContentTypeParsers();
app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

app.post('/hook', async (request, reply) => {
  let event;
  try {
    event = verify(request.body, request.headers, WEBHOOK_SECRET, { requireTimestamp: true });
  } catch (error) {
    if (!(error instanceof VerificationError)) throw error;
    console.warn(`refused: ${error.message}`);
    return reply.code(401).send({ error: error.code });
  }
  await inbox.keep(event);
  return reply.code(204).send();
});
// endregion

await app.listen({ host: '127.0.0.1', port: Number(PORT) });
console.info(`listening on ${app.server.address().port}`);
process.once('SIGTERM', () => app.close());
