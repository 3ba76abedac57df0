import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { z } from 'zod';
import { BODY_SIGNATURE_HEADER, SIGNATURE_HEADER } from '../delivery/signature.ts';
import { reasonOf } from '../util/error.ts';
import { VerificationError, verify } from '../verify.ts';

/** What a receiver makes of one POST. */
export interface ReceivedWebhook {
  /** `unchecked`: the receiver has no secret. */
  readonly verdict: 'verified' | 'unchecked' | 'refused';
  /** Why it was refused. */
  readonly reason?: string | undefined;
  /** `X-Webhook-Attempt`; 1 where it is not there. */
  readonly attempt: number;
  /** Undefined when the body is none; then it was refused. */
  readonly event: WebhookBody | undefined;
}

/** The guide's four keys. */
export type WebhookBody = z.output<typeof webhookBody>;

const webhookBody = z
  .object({
    event_id: z.string(),
    event_type: z.string(),
    timestamp: z.string(),
    data: z.record(z.string(), z.unknown()),
  })
  .readonly();

export interface ReceiverOptions {
  /** The subscription's. Without one nothing is checked. */
  readonly secret?: string | undefined;
  onWebhook(webhook: ReceivedWebhook): void;
}

const MAX_BODY_BYTES = 4 * 1024 * 1024;

/** Takes a POST on any path: 204 when both signatures are right, 401 when one is not, 400 when it is no event. */
export function createReceiver(options: ReceiverOptions): Server {
  return createServer((request, response) => {
    receive(request, response, options).catch((error: unknown) => answer(response, 400, reasonOf(error)));
  });
}

async function receive(
  request: IncomingMessage,
  response: ServerResponse,
  { secret, onWebhook }: ReceiverOptions,
): Promise<void> {
  if (request.method !== 'POST') return answer(response, 405, 'POST webhooks here');
  const body = await bodyOf(request);
  if (body === undefined) return answer(response, 413, 'The body is larger than 4 MiB');
  const attempt = Number(request.headers['x-webhook-attempt'] ?? 1);
  const event = eventOf(body);
  const forged = secret === undefined ? undefined : signatureProblem(body, request, secret);
  const reason = forged ?? (event === undefined ? 'The body is no event' : undefined);
  const verdict = reason !== undefined ? 'refused' : secret === undefined ? 'unchecked' : 'verified';
  onWebhook({ verdict, reason, attempt, event });
  if (reason === undefined) response.writeHead(204).end();
  else answer(response, forged === undefined ? 400 : 401, reason);
}

/** Undefined when both signatures are right, each checked without the other. */
function signatureProblem(body: Buffer, { headers }: IncomingMessage, secret: string): string | undefined {
  const without = (name: string) => ({ ...headers, [name.toLowerCase()]: undefined });
  try {
    verify(body, without(SIGNATURE_HEADER), secret);
    verify(body, without(BODY_SIGNATURE_HEADER), secret);
    return undefined;
  } catch (error) {
    if (error instanceof VerificationError) return error.message;
    throw error;
  }
}

function eventOf(body: Buffer): WebhookBody | undefined {
  try {
    return webhookBody.parse(JSON.parse(body.toString()));
  } catch {
    return undefined;
  }
}

/** Undefined when it is too large; what comes beyond is not kept. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    size += chunk.length;
    if (size > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function answer(response: ServerResponse, status: number, error: string): void {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(`${JSON.stringify({ error })}\n`);
}
