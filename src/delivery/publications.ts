import type { Attempt } from '../model/delivery.ts';
import type { PbxEvent, PublishedEvent } from '../model/event.ts';
import type { DeliveryId, SubscriptionId } from '../model/ids.ts';
import type { AttemptSettlement, Publication, StoreState } from '../store/store.ts';
import type { FailedMatch } from '../subscription/match.ts';
import type { SubscriptionRegistry } from '../subscription/registry.ts';
import { type Micros, msFromMicros } from '../util/clock.ts';
import { CodedError, reasonOf } from '../util/error.ts';
import { EventIds } from './event-ids.ts';
import { PassingEvent } from './passing.ts';

export class EngineError extends CodedError<'engine_stopped' | 'event_invalid'> {}

export function engineStopped(): EngineError {
  return new EngineError('engine_stopped', 'The engine has stopped and takes no more events.');
}

/** An event and who gets it; the last of its deliveries end at once, because their filter could not be evaluated. */
export interface Outgoing extends Publication {
  readonly ended: readonly AttemptSettlement[];
}

export interface PublicationsOptions {
  readonly state: StoreState;
  readonly registry: SubscriptionRegistry;
  /** Never goes back. */
  readonly now: () => Micros;
  /** What attempts are timed by. */
  readonly wallNow: () => Micros;
}

const NONE: readonly never[] = [];

/** Types end up in ids and headers. */
const EVENT_TYPE = /^[A-Za-z0-9_.-]{1,100}$/;

/** Gives events their ids, and says who gets them: a delivery for each. */
export class Publications {
  readonly #options: PublicationsOptions;
  readonly #ids: EventIds;
  #lastDeliveryId: number;
  /** Of the event before: it was looked at. */
  #lastType: string | undefined;

  constructor(options: PublicationsOptions) {
    this.#options = options;
    this.#ids = new EventIds(options.state.lastEventMs);
    this.#lastDeliveryId = options.state.lastDeliveryId;
  }

  /** Sets the next `count` delivery ids aside and tells the first of them. */
  takeIds(count: number): DeliveryId {
    const first = this.#lastDeliveryId + 1;
    this.#lastDeliveryId += count;
    return first as DeliveryId;
  }

  /**
   * Throws an EngineError when the event can't be sent.
   *
   * @param except who does not get it.
   */
  of(event: PbxEvent, except?: SubscriptionId): Outgoing {
    const { registry, now, wallNow } = this.#options;
    const published = this.#identify(event, now());
    const { type, occurredAt } = published;
    const { wanting, failing } = registry.matching({ id: published.id, type, occurredAt, data: event.data });
    const to =
      except === undefined && failing.length === 0 ? wanting : recipientsOf(wanting, failing, except);
    const firstDelivery = this.takeIds(to.length);
    const firstFailing = firstDelivery + to.length - failing.length;
    const ended =
      failing.length === 0
        ? NONE
        : failing.map(({ subscription, problem }, n) => ({
            id: (firstFailing + n) as DeliveryId,
            subscriptionId: subscription.id,
            event: published.position,
            ...unfiltered(problem, wallNow()),
          }));
    return { event: published, firstDelivery, to, ended };
  }

  /** An event that nobody gets, with an id of its own. Throws an EngineError when it can't be sent. */
  alone(event: PbxEvent): PublishedEvent {
    return this.#identify(event, this.#options.now());
  }

  #identify(event: PbxEvent, now: Micros): PublishedEvent {
    const { type, occurredAt, callId } = event;
    // A caller without types may give anything; what can't cross to the store's thread would take others along.
    if (typeof type !== 'string' || (type !== this.#lastType && !EVENT_TYPE.test(type))) {
      throw new EngineError(
        'event_invalid',
        `An event type is made of up to 100 letters, digits, dots, dashes and underscores; got ${JSON.stringify(type)}`,
      );
    }
    if (!Number.isFinite(occurredAt) || (callId !== undefined && typeof callId !== 'string')) {
      throw new EngineError(
        'event_invalid',
        `The time of ${type} must be a number of microseconds, and its call, if it has one, a text`,
      );
    }
    this.#lastType = type;
    const named = this.#ids.next(type, msFromMicros(now));
    try {
      return new PassingEvent(named, event, JSON.stringify(event.data));
    } catch (error) {
      const message = `The data of ${type} can't be written as JSON: ${reasonOf(error)}`;
      throw new EngineError('event_invalid', message, { cause: error });
    }
  }
}

/** Those who fail are the last. */
function recipientsOf(
  wanting: readonly SubscriptionId[],
  failing: readonly FailedMatch[],
  except: SubscriptionId | undefined,
): readonly SubscriptionId[] {
  return [...wanting.filter((id) => id !== except), ...failing.map(({ subscription }) => subscription.id)];
}

/** The end of a delivery whose filter could not be evaluated: nothing is sent. */
function unfiltered(problem: string, now: Micros): Pick<AttemptSettlement, 'attempt' | 'next'> {
  const outcome = { kind: 'error', code: 'filter', message: problem } as const;
  const attempt: Attempt = { number: 1, startedAt: now, durationMs: 0, outcome };
  return { attempt, next: { state: 'dead' } };
}
