import type { Attempt } from '../model/delivery.ts';
import type { PbxEvent, PublishedEvent } from '../model/event.ts';
import type { CallId, DeliveryId, EventId, EventPosition, SubscriptionId } from '../model/ids.ts';
import type { AttemptSettlement, DueDelivery } from '../store/store.ts';
import type { Micros } from '../util/clock.ts';

/*
 * What passes through by the thousand. Classes, for a literal would not do: once V8 has seen most objects of one
 * outlive a collection, as they do in a burst, it makes all further ones old from birth (its flag
 * `allocation-site-pretenuring`), and each of them keeps what it holds, texts and all, until the old are collected.
 */

export class PassingEvent implements PublishedEvent {
  readonly id: EventId;
  readonly position: EventPosition;
  readonly type: string;
  readonly occurredAt: Micros;
  readonly callId: CallId | undefined;
  readonly data: string;

  constructor({ id, position }: Pick<PublishedEvent, 'id' | 'position'>, event: PbxEvent, data: string) {
    this.id = id;
    this.position = position;
    this.type = event.type;
    this.occurredAt = event.occurredAt;
    this.callId = event.callId;
    this.data = data;
  }
}

/** That was not tried yet. */
export class PassingDelivery implements DueDelivery {
  readonly id: DeliveryId;
  readonly subscriptionId: SubscriptionId;
  readonly event: PublishedEvent;
  readonly attempts = 0;
  readonly dueAt: Micros;

  constructor(id: DeliveryId, subscriptionId: SubscriptionId, event: PublishedEvent, dueAt: Micros) {
    this.id = id;
    this.subscriptionId = subscriptionId;
    this.event = event;
    this.dueAt = dueAt;
  }
}

/** What came of an attempt, and of which event it was. */
export class PassingSettlement implements AttemptSettlement {
  readonly id: DeliveryId;
  readonly subscriptionId: SubscriptionId;
  readonly event: EventPosition;
  readonly attempt: Attempt;
  readonly next: AttemptSettlement['next'];
  readonly published: PublishedEvent;

  constructor({ id, subscriptionId, event }: DueDelivery, attempt: Attempt, next: AttemptSettlement['next']) {
    this.id = id;
    this.subscriptionId = subscriptionId;
    this.event = event.position;
    this.attempt = attempt;
    this.next = next;
    this.published = event;
  }
}
