/** Calls the API, in Node and in the browser alike: no schema and nothing of Node comes with it. */
import { ApiProblem, isProblemBody, jsonOf, problemOf } from './client/api-problem.ts';
import { type AnyRequest, type RequestArgument, type RequestOf, written } from './client/request.ts';
import { type StreamMessage, type StreamOptions, streamed } from './client/stream.ts';
import type { AnswerOf, OperationKey, Operations } from './operations/operations.ts';

export { ApiProblem, type ApiProblemCode, type ApiProblemDetail } from './client/api-problem.ts';
export type { RequestOf } from './client/request.ts';
export type { StreamMessage, StreamNews, StreamOptions } from './client/stream.ts';
export { MOST_COUNTED } from './counts.ts';
export type { AnswerOf, OperationKey } from './operations/operations.ts';

export interface ClientOptions {
  /** Up to and with `/api/webhooks`, such as `http://127.0.0.1:8080/api/webhooks`. */
  readonly baseUrl: string;
  readonly token?: string | undefined;
  /** Default: the global one. */
  readonly fetch?: typeof fetch | undefined;
}

export interface ApiClient {
  /** Resolves with the answer of success; rejects with an {@link ApiProblem}, or with the reason of `signal`. */
  call<Key extends OperationKey>(key: Key, ...request: RequestArgument<Key>): Promise<AnswerOf<Key>>;
  /** As `call`; while the work goes on it is told how many are done. */
  callWithProgress<Key extends ProgressKey>(
    key: Key,
    request: RequestOf<Key>,
    onProgress: (count: number) => void,
  ): Promise<AnswerOf<Key>>;
  /**
   * What happens, live. Connects again by itself, where it left off; ends with `signal`, or when whoever reads stops.
   * Throws the {@link ApiProblem} of a refusal.
   */
  stream(options?: StreamOptions): AsyncGenerator<StreamMessage, void>;
}

/** Calls that tell how far they are. */
export type ProgressKey = {
  [Key in OperationKey]: Operations[Key] extends { readonly hasProgress: true } ? Key : never;
}[OperationKey];

/** Calls that answer with a text; whatever else has no JSON is not from the API. */
const TEXTS: ReadonlySet<OperationKey> = new Set<OperationKey>(['GET /metrics', 'GET /stream']);

export function createClient(options: ClientOptions): ApiClient {
  const send = sender(options);
  return {
    async call(key: OperationKey, request: AnyRequest = {}) {
      const response = await send(key, request, 'application/json');
      const text = await textOf(response, request.signal);
      if (isOf(response, 'application/json')) return jsonOf(response.status, text);
      if (TEXTS.has(key)) return text;
      throw problemOf(response.status, text);
    },
    async callWithProgress(key: OperationKey, request: AnyRequest, onProgress: (count: number) => void) {
      const response = await send(key, request, 'application/x-ndjson');
      return isOf(response, 'application/x-ndjson')
        ? lastLine(response, onProgress, request.signal)
        : jsonOf(response.status, await textOf(response, request.signal));
    },
    stream({ events, subscription, ...rest } = {}) {
      const query = { events, subscription };
      return streamed(
        (lastEventId, signal) =>
          send(
            'GET /stream',
            { query, headers: { 'last-event-id': lastEventId }, signal },
            'text/event-stream',
          ),
        rest,
      );
    },
  };
}

/** Gives whatever answer has success. */
function sender({ baseUrl, token, fetch: send = fetch }: ClientOptions) {
  const base = baseUrl.replace(/\/$/, '');
  return async (key: OperationKey, request: AnyRequest, accept: string): Promise<Response> => {
    const { path, init } = written(key, request);
    init.headers.set('Accept', accept);
    if (token !== undefined) init.headers.set('Authorization', headerText(`Bearer ${token}`));
    const response = await send(base + path, init).catch((error: unknown) => {
      if (request.signal?.aborted) throw error;
      const message = `The webhooks API does not answer at ${base}: ${reasonOf(error)}`;
      throw new ApiProblem(0, { code: 'unreachable', error: message }, { cause: error });
    });
    if (!response.ok) throw problemOf(response.status, await textOf(response, request.signal));
    return response;
  };
}

/** A header is bytes, each written as one character: a token may be any text. */
function headerText(text: string): string {
  return String.fromCharCode(...new TextEncoder().encode(text));
}

/** In Node the cause tells what `fetch` does not. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error && error.cause.message !== '' ? error.cause.message : error.message;
}

function isOf(response: Response, type: string): boolean {
  return response.headers.get('content-type')?.startsWith(type) ?? false;
}

async function textOf(response: Response, signal: AbortSignal | undefined): Promise<string> {
  let text = '';
  for await (const part of partsOf(response, signal)) text += part;
  return text;
}

/** Each line tells how far the work is, the last one what the answer is. */
async function lastLine(
  response: Response,
  onProgress: (count: number) => void,
  signal: AbortSignal | undefined,
) {
  let text = '';
  for await (const part of partsOf(response, signal)) {
    const lines = (text + part).split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) {
      const told = jsonOf(response.status, line);
      if (isProblemBody(told)) throw new ApiProblem(response.status, told);
      if ('success' in told) return told;
      onProgress(told.count);
    }
  }
  throw brokeOff(response);
}

/** The text of a body as it comes. */
async function* partsOf(response: Response, signal: AbortSignal | undefined): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  const reader = response.body?.getReader();
  for (;;) {
    const chunk = await reader?.read().catch((error: unknown) => {
      throw signal?.aborted ? error : brokeOff(response, error);
    });
    if (chunk === undefined || chunk.done) return;
    yield decoder.decode(chunk.value, { stream: true });
  }
}

function brokeOff({ status }: Response, cause?: unknown): ApiProblem {
  const error = 'The answer broke off: what was asked for may have been done in part';
  return new ApiProblem(status, { code: 'unexpected_answer', error }, { cause });
}
