import type { AnswerOf } from '../api/client.ts';
import { maskedUrl } from '../util/masked-url.ts';
import type { Column } from './table.ts';
import { shortTime } from './times.ts';

export type DeliveryView = AnswerOf<'GET /deliveries'>['items'][number];
export type AttemptView = DeliveryView['attempts'][number];

/** @param urls of subscriptions, by id. */
export function deliveryColumns(urls: ReadonlyMap<string, string>): readonly Column<DeliveryView>[] {
  return [
    { title: 'ID', cell: ({ id }) => id, isNumber: true },
    { title: 'MADE', cell: ({ created_at: at }) => shortTime(at) },
    { title: 'STATUS', cell: ({ status }) => status },
    { title: 'EVENT', cell: ({ event_type: type }) => type, isFlexible: true },
    { title: 'TRIES', cell: ({ attempt_count: count }) => count, isNumber: true },
    { title: 'LAST ANSWER', cell: lastAnswer, isFlexible: true },
    {
      title: 'SUBSCRIPTION',
      cell: ({ subscription_id: id }) => maskedUrl(urls.get(id) ?? `${id} (deleted)`),
      isFlexible: true,
      isOptional: true,
    },
  ];
}

function lastAnswer({ attempts, due_at: dueAt }: DeliveryView): string {
  const last = attempts.at(-1);
  if (last === undefined) return dueAt === null ? '-' : `due ${shortTime(dueAt)}`;
  return answerOf(last);
}

/** `204`, or why none came. */
export function answerOf({ status, error }: Pick<AttemptView, 'status' | 'error'>): string {
  if (status === null) return error ?? '-';
  return error === null ? String(status) : `${status}, ${error}`;
}
