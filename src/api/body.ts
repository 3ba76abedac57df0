import type { IncomingMessage } from 'node:http';
import type { Context } from 'hono';
import { z } from 'zod';
import type { ApiEnv } from './env.ts';
import { parseJson } from './json.ts';
import { Problem } from './problem.ts';
import { validate } from './validate.ts';

const MAX_BODY_BYTES = 256 * 1024;

/**
 * The request's JSON body as `schema` has it; throws a {@link Problem} that says what to do. A request without a body
 * is undefined to a schema that takes it, and a body is not read by one that takes nothing else.
 */
export async function readBody<Body>(context: Context<ApiEnv>, schema: z.ZodType<Body>): Promise<Body> {
  if (isUnread(schema) || (!hasBody(context) && schema.isOptional())) return validate(schema, undefined);
  refuseMediaType(context);
  return validate(schema, await readJson(context));
}

function isUnread(schema: z.ZodType): boolean {
  return schema instanceof z.ZodUndefined;
}

function hasBody(context: Context<ApiEnv>): boolean {
  const headers = context.env?.incoming?.headers;
  return headers === undefined
    ? context.req.raw.body !== null
    : headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function refuseMediaType(context: Context<ApiEnv>): void {
  const [type = '', ...parameters] = (context.req.header('content-type') ?? '').toLowerCase().split(';');
  const charset = parameters.find((parameter) => parameter.trim().startsWith('charset='));
  if (
    type.trim() !== 'application/json' ||
    (charset !== undefined && !/charset="?utf-?8"?\s*$/.test(charset))
  ) {
    throw new Problem(
      'unsupported_media_type',
      'The body must be JSON in UTF-8, with the header "Content-Type: application/json"',
    );
  }
  const encoding = context.req.header('content-encoding');
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw new Problem('unsupported_media_type', 'The body must not be compressed: send no Content-Encoding');
  }
}

async function readJson(context: Context<ApiEnv>): Promise<unknown> {
  const parsed = parsedByHost(context.env?.incoming);
  return parsed === undefined ? parseJson(await readText(context)) : parsed.body;
}

/** A host's own middleware (such as `express.json()`) may have read the body before us. */
function parsedByHost(incoming: IncomingMessage | undefined): { readonly body: unknown } | undefined {
  if (incoming === undefined || !incoming.readableEnded || !('body' in incoming)) {
    return undefined;
  }
  const { body } = incoming;
  return { body: typeof body === 'string' || Buffer.isBuffer(body) ? parseJson(body.toString()) : body };
}

async function readText(context: Context<ApiEnv>): Promise<string> {
  if (Number(context.req.header('content-length') ?? 0) > MAX_BODY_BYTES) {
    throw tooLarge();
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of context.req.raw.body ?? []) {
      size += chunk.byteLength;
      if (size > MAX_BODY_BYTES) {
        throw tooLarge();
      }
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof Problem
      ? error
      : new Problem('request_aborted', 'The connection ended before the body was complete');
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw new Problem('invalid_json', 'The body is not valid UTF-8');
  }
}

function tooLarge(): Problem {
  return new Problem('body_too_large', `The body is larger than ${MAX_BODY_BYTES / 1024} KiB`);
}
