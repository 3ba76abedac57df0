/** The one table of the API: what is not here is not answered, and what is here is documented. */
import type { z } from 'zod';
import { deliveryOperations } from './deliveries.ts';
import { eventOperations } from './events.ts';
import { runningOperations } from './running.ts';
import { subscriptionOperations } from './subscriptions.ts';

export const OPERATIONS = {
  ...subscriptionOperations,
  ...deliveryOperations,
  ...eventOperations,
  ...runningOperations,
} as const;

export type Operations = typeof OPERATIONS;
/** Such as `GET /{id}/deliveries`. */
export type OperationKey = keyof Operations;

type AnswerSchema<Key extends OperationKey> = Extract<
  Operations[Key]['answers'][keyof Operations[Key]['answers']],
  z.ZodType
>;

/** What an operation answers with. */
export type AnswerOf<Key extends OperationKey> = z.output<AnswerSchema<Key>>;
