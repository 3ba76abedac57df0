import { createParser } from 'eventsource-parser';
import type { z } from 'zod';
import type { streamEventSchemas } from '../schemas/live.ts';
import { ApiProblem } from './api-problem.ts';

type Schemas = typeof streamEventSchemas;

/** What the API tells; `id` is where an `event` stands, for `lastEventId`. */
export type StreamNews = {
  readonly [Name in keyof Schemas]: {
    readonly name: Name;
    readonly data: z.output<Schemas[Name]>;
    readonly id: string | undefined;
  };
}[keyof Schemas];

export type StreamMessage =
  | StreamNews
  /** Connected: what comes from here on is told. */
  | { readonly name: 'open' }
  /** The connection was lost; the next one is tried in so many milliseconds. */
  | { readonly name: 'lost'; readonly reason: string; readonly retryInMs: number };

export interface StreamOptions {
  /** Event types or patterns, such as `call.*`. Default: all. */
  readonly events?: readonly string[] | undefined;
  /** Id or URL. Default: all. */
  readonly subscription?: string | undefined;
  /** Begins with what was kept since. */
  readonly lastEventId?: string | undefined;
  /** Ends the stream. */
  readonly signal?: AbortSignal | undefined;
}

/** Opens a connection that goes on after `lastEventId`; throws an {@link ApiProblem} when it is refused. */
export type Connect = (lastEventId: string | undefined, signal: AbortSignal) => Promise<Response>;

const NAMES: Readonly<Record<keyof Schemas, true>> = {
  event: true,
  delivery: true,
  subscription: true,
  stats: true,
  dropped: true,
  missed: true,
};

const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 30_000;
/** The API says something every 15 s; after so long the connection is dead, though nobody told. */
const SILENCE_MS = 45_000;

/** Connects again where it left off, until `signal` ends it; throws the {@link ApiProblem} of a refusal. */
export async function* streamed(
  connect: Connect,
  { lastEventId, signal = new AbortController().signal }: StreamOptions,
): AsyncGenerator<StreamMessage, void> {
  let last = lastEventId;
  let delay = FIRST_DELAY_MS;
  while (!signal.aborted) {
    const silence = new Silence(signal);
    let reason = 'the API ended the connection';
    try {
      const response = await connect(last, silence.signal);
      yield { name: 'open' };
      delay = FIRST_DELAY_MS;
      for await (const news of newsIn(response, silence)) {
        last = news.id ?? last;
        yield news;
      }
    } catch (error) {
      if (error instanceof ApiProblem && error.status >= 400 && error.status < 500) throw error;
      reason = error instanceof Error ? error.message : String(error);
    } finally {
      // Also when whoever reads stops: the connection ends with it.
      silence.end();
    }
    if (signal.aborted) return;
    yield { name: 'lost', reason, retryInMs: delay };
    await pause(delay, signal);
    delay = Math.min(delay * 2, LONGEST_DELAY_MS);
  }
}

async function* newsIn(response: Response, silence: Silence): AsyncGenerator<StreamNews, void> {
  const news: StreamNews[] = [];
  const parser = createParser({
    onEvent({ event = '', id, data }) {
      if (isName(event)) news.push({ name: event, id, data: JSON.parse(data) });
    },
  });
  const decoder = new TextDecoder();
  const reader = response.body?.getReader();
  for (;;) {
    silence.broken();
    const chunk = await reader?.read();
    if (chunk === undefined || chunk.done) return;
    // However long whoever listens takes over it.
    silence.wait();
    parser.feed(decoder.decode(chunk.value, { stream: true }));
    yield* news.splice(0);
  }
}

/** Names that this version does not know are passed over. */
function isName(name: string): name is keyof Schemas {
  return Object.hasOwn(NAMES, name);
}

/** Aborts a connection on which nothing has come for too long, or that nobody wants any more. */
class Silence {
  readonly #abort = new AbortController();
  readonly #outer: AbortSignal;
  readonly #onOuter = (): void => this.#abort.abort(this.#outer.reason);
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(outer: AbortSignal) {
    this.#outer = outer;
    outer.addEventListener('abort', this.#onOuter);
    this.broken();
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  wait(): void {
    clearTimeout(this.#timer);
  }

  broken(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#abort.abort(new Error('the API fell silent')), SILENCE_MS);
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#outer.removeEventListener('abort', this.#onOuter);
    this.#abort.abort();
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
  });
}
