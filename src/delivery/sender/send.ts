import { Pool } from 'undici';
import type { Clock } from '../../util/clock.ts';
import { Expressions } from '../../util/expression/expressions.ts';
import { batchIdOf, bodyOf, type Content } from '../body.ts';
import { failureOf } from './failure.ts';
import { Post } from './post.ts';
import type { NumberedJob, Result, Target } from './protocol.ts';
import { RequestHeaders } from './request-headers.ts';

/** Origins whose connections are kept at a time; the one not used for longest makes room. */
const MAX_ORIGINS = 512;

/**
 * Longest wait for a connection. It outlives an attempt with a shorter timeout: undici can't give up a single
 * connection attempt earlier.
 */
const CONNECT_TIMEOUT_MS = 30_000;

interface Destination {
  readonly origin: string;
  readonly path: string;
  readonly timeoutMs: number;
  readonly headers: RequestHeaders;
  readonly content: Content | undefined;
}

interface Request {
  /** Names and values in turn. */
  readonly headers: string[];
  readonly body: Buffer;
}

/**
 * Makes requests and says what came of each. Connections are not limited here: each subscription's own limit
 * holds, and none can use up what another needs.
 */
export class Sender {
  readonly #clock: Clock;
  readonly #report: (result: Result) => void;
  readonly #expressions = new Expressions();
  readonly #destinations = new Map<number, Destination>();
  /** By origin, the one not used for longest first. */
  readonly #connections = new Map<string, Pool>();

  constructor(clock: Clock, report: (result: Result) => void) {
    this.#clock = clock;
    this.#report = report;
  }

  setTarget(target: Target): void {
    const { origin, pathname, search } = new URL(target.url);
    this.#destinations.set(target.id, {
      origin,
      path: `${pathname}${search}`,
      timeoutMs: target.timeoutMs,
      headers: new RequestHeaders(target),
      content: target.content,
    });
  }

  forget(target: number): void {
    this.#destinations.delete(target);
  }

  send(job: NumberedJob): void {
    const destination = this.#destinations.get(job.target);
    const post = new Post(job.attempt, destination?.timeoutMs ?? 0, this.#clock, (attempt) =>
      this.#report({ job: job.id, attempt }),
    );
    if (destination === undefined) {
      post.fail({ code: 'aborted', message: 'The subscription was removed' });
      return;
    }
    try {
      const request = this.#request(destination, job);
      if ('reason' in request) {
        post.fail({ code: 'content', message: request.reason });
        return;
      }
      this.#pool(destination.origin).dispatch({ method: 'POST', path: destination.path, ...request }, post);
    } catch (error) {
      post.fail(failureOf(error));
    }
  }

  #request({ content, headers }: Destination, job: NumberedJob): Request | { readonly reason: string } {
    // Receivers compare it with their own clocks.
    const seconds = Math.floor(this.#clock.wall() / 1_000_000);
    if (content === undefined) {
      const body = Buffer.from(job.event.body);
      return { headers: headers.of(job, body, seconds), body };
    }
    const events = [job.event];
    const made = bodyOf(content, events, this.#expressions);
    if (made.kind === 'failed') {
      return made;
    }
    const body = Buffer.from(made.body);
    const event = content.batch ? { id: batchIdOf(events), type: 'batch' } : job.event;
    return { headers: headers.of({ event, attempt: job.attempt }, body, seconds, made), body };
  }

  /** Closes every connection; attempts under way fail. */
  async stop(): Promise<void> {
    const pools = [...this.#connections.values()];
    this.#connections.clear();
    await Promise.all(pools.map((pool) => pool.destroy()));
  }

  #pool(origin: string): Pool {
    const known = this.#connections.get(origin);
    if (known === undefined) {
      this.#makeRoom();
    } else {
      this.#connections.delete(origin);
    }
    const pool = known ?? newPool(origin);
    this.#connections.set(origin, pool);
    return pool;
  }

  #makeRoom(): void {
    if (this.#connections.size < MAX_ORIGINS) {
      return;
    }
    for (const [origin, pool] of this.#connections) {
      this.#connections.delete(origin);
      // Attempts under way on it finish first.
      pool.close().catch(() => {});
      return;
    }
  }
}

/** The deadline of {@link Post} stands for all of undici's own but the one for connecting. */
function newPool(origin: string): Pool {
  return new Pool(origin, {
    headersTimeout: 0,
    bodyTimeout: 0,
    allowH2: false,
    connect: { timeout: CONNECT_TIMEOUT_MS },
  });
}
