import { pushAttempt, readAttempt } from '../../model/attempt-fields.ts';
import type { Attempt } from '../../model/delivery.ts';
import { type Field, FieldReader } from '../../util/fields.ts';
import type { Content } from '../body.ts';

/** Where jobs go; a sender is told once and again when it changes, and jobs name it by number. */
export interface Target {
  readonly id: number;
  /** Absolute http(s) URL. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Each signs; the first one alone makes the signature of the body. None: unsigned. */
  readonly secrets: readonly string[];
  /** For one attempt, from the connect to the end of the response's body. */
  readonly timeoutMs: number;
  /** Undefined: a body is the envelope as it is stored. */
  readonly content?: Content | undefined;
}

/** One attempt to make. */
export interface Job {
  readonly target: number;
  readonly event: { readonly id: string; readonly type: string; readonly body: string };
  /** 1, 2, 3 … within the delivery. */
  readonly attempt: number;
}

export interface NumberedJob extends Job {
  readonly id: number;
}

export type ToSender =
  | { readonly op: 'target'; readonly target: Target }
  | { readonly op: 'forget'; readonly target: number }
  /** Of an event that goes to many targets the body comes once. Flat: thousands of jobs cross every second. */
  | { readonly op: 'jobs'; readonly events: readonly Field[]; readonly jobs: readonly number[] };

export interface FromSender {
  readonly results: readonly Field[];
}

export interface Result {
  readonly job: number;
  readonly attempt: Attempt;
}

export function packJobs(
  numbered: readonly { readonly id: number; readonly job: Job }[],
): Extract<ToSender, { op: 'jobs' }> {
  const events: Field[] = [];
  const jobs: number[] = [];
  let last: Job['event'] | undefined;
  let index = -1;
  for (const { id, job } of numbered) {
    const { target, event, attempt } = job;
    if (event !== last) {
      events.push(event.id, event.type, event.body);
      last = event;
      index += 1;
    }
    jobs.push(id, target, index, attempt);
  }
  return { op: 'jobs', events, jobs };
}

export function unpackJobs({ events, jobs }: Extract<ToSender, { op: 'jobs' }>): readonly NumberedJob[] {
  const unpackedEvents: Job['event'][] = [];
  for (const fields = new FieldReader(events); fields.more; ) {
    unpackedEvents.push({ id: fields.text(), type: fields.text(), body: fields.text() });
  }
  const unpacked: NumberedJob[] = [];
  for (const fields = new FieldReader(jobs); fields.more; ) {
    const id = fields.number();
    const target = fields.number();
    const event = unpackedEvents[fields.number()];
    const attempt = fields.number();
    if (event === undefined) {
      throw new RangeError(`job ${id} names an event that did not come with it`);
    }
    unpacked.push({ id, target, event, attempt });
  }
  return unpacked;
}

export function packResult(fields: Field[], { job, attempt }: Result): void {
  fields.push(job);
  pushAttempt(fields, attempt);
}

export function unpackResults({ results }: FromSender): readonly Result[] {
  const unpacked: Result[] = [];
  for (const fields = new FieldReader(results); fields.more; ) {
    unpacked.push({ job: fields.number(), attempt: readAttempt(fields) });
  }
  return unpacked;
}
