import type { Store } from '../store/store.ts';

/** What is kept of events and deliveries, for whoever shows it. */
export type DeliveryHistory = Pick<
  Store,
  | 'deliveries'
  | 'delivery'
  | 'shapeAt'
  | 'batchMembers'
  | 'batchMayLack'
  | 'events'
  | 'event'
  | 'oldestPending'
  | 'countDead'
>;

export type {
  BatchMember,
  DeliveryDetail,
  DeliveryQuery,
  DeliveryRecord,
  EndState,
  EventDetail,
  EventQuery,
} from '../store/history.ts';
export type { DeadFilter } from '../store/upkeep.ts';
