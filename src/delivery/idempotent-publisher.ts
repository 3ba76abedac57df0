import { hash } from 'node:crypto';
import { z } from 'zod';
import type { PbxEvent } from '../model/event.ts';
import type { EventId, PbxName } from '../model/ids.ts';
import type { Memo } from '../model/memo.ts';
import { type Clock, type Micros, micro } from '../util/clock.ts';
import { CodedError } from '../util/error.ts';
import type { Engine } from './engine.ts';

/** Under what its memos are kept: no PBX can be called so. */
export const IDEMPOTENCY = '#idempotency' as PbxName;

const KEPT_MICROS = 24 * 3_600 * 1_000_000;

/** About 25 MB; beyond these the oldest is forgotten early. */
const MAX_KEYS = 100_000;

/** Keys that are forgotten with each one that comes. */
const FORGOTTEN_AT_ONCE = 10;

export class IdempotencyError extends CodedError<'idempotency_conflict'> {}

/** What stands for a key: everything of it that differs where the answer may differ. */
export interface Once {
  readonly key: string;
  /** What the key was given with. */
  readonly content: string;
}

export interface IdempotentPublisherOptions {
  readonly engine: Pick<Engine, 'publish'>;
  readonly clock: Clock;
  /** What earlier runs remembered; those of others are passed over. */
  readonly memos: readonly Memo[];
  /** Default 100,000. */
  readonly maxKeys?: number | undefined;
}

interface Kept {
  readonly digest: string;
  readonly at: Micros;
  readonly id: Promise<EventId>;
}

/**
 * Publishes an event once for each key, however often, at the same time or after whatever crash it is asked to: which
 * id a key stands for is on the disk with the event. Remembers keys for 24 h.
 */
export class IdempotentPublisher {
  readonly #options: IdempotentPublisherOptions;
  /** By a digest of the key; the oldest first. */
  readonly #kept: Map<string, Kept>;

  constructor(options: IdempotentPublisherOptions) {
    this.#options = options;
    this.#kept = keptIn(options.memos, options.clock.now());
  }

  /** Rejects as {@link Engine.publish} does, and with an IdempotencyError where the key came with another content. */
  publish(event: PbxEvent, once?: Once): Promise<EventId> {
    const { engine, clock } = this.#options;
    if (once === undefined) return engine.publish(event);
    const key = digestOf(once.key);
    const digest = digestOf(once.content);
    const at = clock.now();
    const known = this.#kept.get(key);
    if (known !== undefined && !isOver(known, at)) return answerOf(known, digest);
    this.#kept.delete(key);
    const id = engine.publish(event, (eventId) => [
      memoOf(key, { digest, at, id: eventId }),
      ...this.#forget(at),
    ]);
    const kept = { digest, at, id };
    this.#kept.set(key, kept);
    id.catch(() => {
      if (this.#kept.get(key) === kept) this.#kept.delete(key);
    });
    return id;
  }

  /** Leaves out what is over, and what no longer has room. */
  #forget(now: Micros): readonly Memo[] {
    const { maxKeys = MAX_KEYS } = this.#options;
    const forgotten: Memo[] = [];
    for (const [key, kept] of this.#kept) {
      const goes = isOver(kept, now) || this.#kept.size >= maxKeys;
      if (!goes || forgotten.length === FORGOTTEN_AT_ONCE) break;
      this.#kept.delete(key);
      forgotten.push({ pbx: IDEMPOTENCY, key, state: null });
    }
    return forgotten;
  }
}

function answerOf({ id, digest }: Kept, asked: string): Promise<EventId> {
  if (digest === asked) return id;
  const message =
    'This Idempotency-Key came with another body within the last 24 h: use a new key for a new event';
  return Promise.reject(new IdempotencyError('idempotency_conflict', message));
}

function isOver({ at }: Kept, now: Micros): boolean {
  return now - at >= KEPT_MICROS;
}

function digestOf(text: string): string {
  return hash('sha256', text, 'base64url').slice(0, 22);
}

const stateSchema = z.object({ digest: z.string(), at: z.int(), id: z.string() });

function memoOf(key: string, state: z.output<typeof stateSchema>): Memo {
  return { pbx: IDEMPOTENCY, key, state: JSON.stringify(state) };
}

/** @param now that none is younger than: the clock may have been put back. */
function keptIn(memos: readonly Memo[], now: Micros): Map<string, Kept> {
  const kept = memos.flatMap(({ pbx, key, state }): (readonly [string, Kept])[] => {
    if (pbx !== IDEMPOTENCY || state === null) return [];
    const known = readState(state);
    if (known === undefined) return [];
    const { digest, at, id } = known;
    return [[key, { digest, at: micro(Math.min(at, now)), id: Promise.resolve(id as EventId) }]];
  });
  return new Map(kept.toSorted(([, a], [, b]) => a.at - b.at));
}

/** Undefined of what this version can't read: then its key is as good as new. */
function readState(text: string): z.output<typeof stateSchema> | undefined {
  try {
    return stateSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
