import { pushAttempt, readAttempt } from '../../model/attempt-fields.ts';
import type { Attempt } from '../../model/delivery.ts';
import type { EnvelopeParts } from '../../model/event.ts';
import { micro } from '../../util/clock.ts';
import { type Field, FieldReader } from '../../util/fields.ts';
import type { TlsMaterial } from '../../util/tls-files.ts';
import type { AllowList } from '../address-guard.ts';
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
  /** Addresses that are refused unless they stand here (`network.allow`); `any`: none is refused. */
  readonly allow: AllowList;
  readonly tls?: TlsMaterial | undefined;
  /** Why there can be no attempt, such as a certificate that could not be read. */
  readonly unusable?: string | undefined;
  /** Undefined: a body is the envelope as it is. */
  readonly content?: Content | undefined;
}

/** One attempt to make: one request, mostly with one event. */
export interface Job {
  readonly target: number;
  readonly events: readonly EnvelopeParts[];
  /** 1, 2, 3 … within the delivery; of several deliveries the highest. */
  readonly attempt: number;
}

export interface NumberedJob extends Job {
  readonly id: number;
}

export type ToSender =
  | { readonly op: 'target'; readonly target: Target }
  | { readonly op: 'forget'; readonly target: number }
  /** An event that goes to many targets comes once. Flat: thousands of jobs cross every second. */
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
  let last: EnvelopeParts | undefined;
  let index = -1;
  for (const { id, job } of numbered) {
    jobs.push(id, job.target, job.attempt, job.events.length);
    for (const event of job.events) {
      if (event !== last) {
        events.push(event.id, event.type, event.occurredAt, event.data);
        last = event;
        index += 1;
      }
      jobs.push(index);
    }
  }
  return { op: 'jobs', events, jobs };
}

export function unpackJobs({ events, jobs }: Extract<ToSender, { op: 'jobs' }>): readonly NumberedJob[] {
  const unpackedEvents: EnvelopeParts[] = [];
  for (const fields = new FieldReader(events); fields.more; ) {
    const [id, type] = [fields.text(), fields.text()];
    unpackedEvents.push({ id, type, occurredAt: micro(fields.number()), data: fields.text() });
  }
  const unpacked: NumberedJob[] = [];
  for (const fields = new FieldReader(jobs); fields.more; ) {
    const id = fields.number();
    const target = fields.number();
    const attempt = fields.number();
    const ofJob: EnvelopeParts[] = [];
    for (let left = fields.number(); left > 0; left -= 1) {
      const event = unpackedEvents[fields.number()];
      if (event === undefined) {
        throw new RangeError(`job ${id} names an event that did not come with it`);
      }
      ofJob.push(event);
    }
    unpacked.push({ id, target, attempt, events: ofJob });
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
