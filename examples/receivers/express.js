// A receiver on Express: verifies, keeps each event once, answers, and works afterwards.
import express from 'express';
import { VerificationError, verify } from 'pbx-webhooks/verify';
import { Inbox } from './inbox.js';

const { PORT = '3000', WEBHOOK_SECRET, INBOX = 'inbox' } = process.env;

const inbox = new Inbox(INBOX, async (event) =>
  console.info(`handled ${event.event_type} ${event.event_id}`),
);
const app = express();

// region verify
app.post('/hook', express.raw({ type: () => true, limit: '8mb' }), async (request, response) => {
  let event;
  try {
    event = verify(request.body, request.headers, WEBHOOK_SECRET, { requireTimestamp: true });
  } catch (error) {
    if (!(error instanceof VerificationError)) throw error;
    console.warn(`refused: ${error.message}`);
    return response.status(401).json({ error: error.code });
  }
  await inbox.keep(event);
  response.sendStatus(204);
});
// endregion

const server = app.listen(Number(PORT), '127.0.0.1', () =>
  console.info(`listening on ${server.address().port}`),
);
process.once('SIGTERM', () => server.close());
