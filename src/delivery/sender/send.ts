import { createHash } from 'node:crypto';
import type { Clock, Micros } from '../../util/clock.ts';
import { Expressions } from '../../util/expression/expressions.ts';
import { AddressGuard, endpointOf } from '../address-guard.ts';
import { NameResolver, type ResolveName } from '../name-resolver.ts';
import { type AttemptFailure, failureOf } from './failure.ts';
import type { Connection } from './http/connection.ts';
import { Connections, type Way } from './http/connections.ts';
import { requestHead, requestStart } from './http/request-head.ts';
import { Post } from './post.ts';
import type { NumberedJob, Result, Target } from './protocol.ts';
import { requestOf, type Shape } from './request.ts';
import { RequestHeaders } from './request-headers.ts';

/** So far apart, in microseconds, tell two clocks the same time. */
const CLOCKS_AGREE = 1_000_000;

interface Destination extends Shape {
  readonly way: Way;
  /** See {@link requestStart}. */
  readonly start: string;
  readonly timeoutMs: number;
  /** Why nothing is sent there. */
  readonly refused: AttemptFailure | undefined;
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
  readonly #names: NameResolver;
  readonly #connections: Connections;

  /** `resolve`: default the names of this machine and of DNS. */
  constructor(clock: Clock, report: (result: Result) => void, resolve?: ResolveName) {
    this.#clock = clock;
    this.#report = report;
    this.#names = new NameResolver({ elapsedMs: () => clock.elapsedMs() });
    this.#connections = new Connections(clock, resolve ?? ((host) => this.#names.resolve(host)));
  }

  setTarget(target: Target): void {
    const { host, pathname, search } = new URL(target.url);
    const way = wayOf(target);
    this.#destinations.set(target.id, {
      way,
      start: requestStart(host, `${pathname}${search}`),
      timeoutMs: target.timeoutMs,
      headers: new RequestHeaders(target),
      content: target.content,
      refused: refusalOf(target, way),
    });
  }

  forget(target: number): void {
    this.#destinations.delete(target);
  }

  send(job: NumberedJob): void {
    const destination = this.#destinations.get(job.target);
    let connection: Connection | undefined;
    const post = new Post(job.attempt, destination?.timeoutMs ?? 0, this.#clock, (attempt) => {
      if (destination !== undefined && connection !== undefined)
        this.#connections.giveBack(destination.way, connection, attempt.outcome.kind === 'response');
      this.#report({ job: job.id, attempt });
    });
    if (destination === undefined) {
      post.onFail({ code: 'aborted', message: 'The subscription was removed' });
      return;
    }
    if (destination.refused !== undefined) {
      post.onFail(destination.refused);
      return;
    }
    try {
      const { events, attempt } = job;
      const at = this.#toldTime(post.startedAt);
      const request = requestOf(destination, { events, attempt, at }, this.#expressions);
      if ('reason' in request) {
        post.onFail({ code: 'content', message: request.reason });
        return;
      }
      const { headers, body } = request;
      const head = requestHead(destination.start, headers, body.length);
      connection = this.#connections.take(destination.way);
      connection.post({ head, body }, post);
      post.watch();
    } catch (error) {
      post.onFail(failureOf(error));
    }
  }

  /** The start that is kept of the attempt, unless the wall clock was put back: receivers compare with theirs. */
  #toldTime(startedAt: Micros): Micros {
    const wall = this.#clock.wall();
    return Math.abs(wall - startedAt) < CLOCKS_AGREE ? startedAt : wall;
  }

  /** Closes every connection; attempts under way fail. */
  stop(): void {
    this.#names.stop();
    this.#connections.stop();
  }
}

function wayOf({ url, allow, tls }: Target): Way {
  const { origin, protocol } = new URL(url);
  const rules = createHash('sha256')
    .update(JSON.stringify([allow, tls]))
    .digest('base64');
  const endpoint = endpointOf(new URL(url));
  return {
    key: `${origin} ${rules}`,
    isSecure: protocol === 'https:',
    endpoint,
    guard: new AddressGuard(allow),
    tls,
  };
}

function refusalOf({ unusable }: Target, { guard, endpoint }: Way): AttemptFailure | undefined {
  if (unusable !== undefined) return { code: 'tls', message: unusable };
  const message = guard.refusalOfHost(endpoint);
  return message === undefined ? undefined : { code: 'refused_address', message };
}
