import { createHmac } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';
import { z } from 'zod';

const PORT = 9000;

/** A delivery may wait for a retry after a busy moment of the machine. */
const PATIENCE_MS = 30_000;

const envelope = z.strictObject({
  event_id: z.string(),
  event_type: z.string(),
  timestamp: z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
  data: z.record(z.string(), z.unknown()),
});

export type ReceivedEvent = z.output<typeof envelope>;

/** A receiver that believes nothing: a POST whose shape or signatures are wrong gets a 400 and is kept in `refused`. */
export class Receiver {
  readonly url = `http://127.0.0.1:${PORT}/hook`;
  /** `whsec_` and 32 bytes in base64. */
  readonly secret: string;
  /** Every event that verified, in the order of arrival. */
  readonly events: ReceivedEvent[] = [];
  readonly refused: string[] = [];
  readonly #server: Server;
  readonly #arrivals = new EventEmitter();

  private constructor(secret: string) {
    this.secret = secret;
    this.#server = createServer((request, response) => {
      this.#take(request, response).catch((error: unknown) => response.destroy(new Error(String(error))));
    });
  }

  static async start(secret: string): Promise<Receiver> {
    const receiver = new Receiver(secret);
    receiver.#server.listen(PORT, '127.0.0.1');
    await once(receiver.#server, 'listening');
    return receiver;
  }

  /** The nth event (default: the first) from index `from` on that matches, here already or yet to come. */
  async until(matches: (event: ReceivedEvent) => boolean, from = 0, nth = 1): Promise<ReceivedEvent> {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    try {
      for (;;) {
        const found = this.events.slice(from).filter(matches)[nth - 1];
        if (found !== undefined) {
          return found;
        }
        await once(this.#arrivals, 'event', { signal });
      }
    } catch (cause) {
      const received = JSON.stringify(
        { events: this.events.slice(from), refused: this.refused },
        undefined,
        1,
      );
      throw new Error(`the event did not come in ${PATIENCE_MS} ms; received: ${received}`, { cause });
    }
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request);
    try {
      const event = this.#verify(request, body);
      this.events.push(event);
      response.writeHead(204).end();
      this.#arrivals.emit('event');
    } catch (error) {
      this.refused.push(`${String(error)}: ${body.toString()}`);
      response.writeHead(400).end();
    }
  }

  #verify({ headers }: IncomingMessage, body: Buffer): ReceivedEvent {
    const one = (name: string): string =>
      z.string().parse(headers[name], { error: () => `no ${name} header` });
    const hmac = createHmac('sha256', this.secret).update(body).digest('hex');
    if (one('x-webhook-signature') !== `sha256=${hmac}`) {
      throw new Error('X-Webhook-Signature is wrong');
    }
    new Webhook(this.secret).verify(body, {
      'webhook-id': one('webhook-id'),
      'webhook-timestamp': one('webhook-timestamp'),
      'webhook-signature': one('webhook-signature'),
    });
    const event = envelope.parse(JSON.parse(body.toString()));
    if (one('x-webhook-event') !== event.event_type || one('x-webhook-id') !== event.event_id) {
      throw new Error('the headers name another event');
    }
    return event;
  }
}
