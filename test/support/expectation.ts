import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';

/** An event as a subscriber gets it: `type` is the payload's `event_type`. */
export interface ProducedEvent {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

const expectedEvent = z.strictObject({ type: z.string(), data: z.record(z.string(), z.unknown()) });

const expectation = z.strictObject({
  name: z.string(),
  about: z.string(),
  config: z.strictObject({ calls: z.record(z.string(), z.unknown()) }).optional(),
  /** One list a call, in the order in which calls start. */
  calls: z.array(z.array(expectedEvent)),
  /** Events without a call of their own, for each extension, conference, mailbox. */
  others: z.record(z.string(), z.array(expectedEvent)),
  /** Types beyond the guide's that are compared too. */
  also: z.array(z.string()),
});

export type Expectation = z.output<typeof expectation>;
type ExpectedEvent = Expectation['calls'][number][number];

/** The 22 types that the guide documents. */
export const GUIDE_TYPES = [
  'call.started',
  'call.answered',
  'call.ended',
  'call.hold',
  'call.resume',
  'call.transfer',
  'call.parked',
  'call.retrieved',
  'voicemail.new',
  'voicemail.read',
  'voicemail.deleted',
  'extension.registered',
  'extension.unregistered',
  'queue.call_added',
  'queue.call_answered',
  'queue.call_abandoned',
  'paging.started',
  'paging.ended',
  'conference.started',
  'conference.ended',
  'conference.participant_joined',
  'conference.participant_left',
];

export function readExpectation(file: string): Expectation {
  return expectation.parse(JSON.parse(readFileSync(file, 'utf8')));
}

/**
 * What is wrong with the events that a stream gave; empty when they are as expected. Calls are compared in the
 * order of their `call.started`; within a call the `call.*`, the `queue.*` and the `paging.*` events each in
 * order. Only the guide's types and those named in `also` are compared; one that is not listed must not come.
 */
export function differences(expected: Expectation, produced: readonly ProducedEvent[]): string[] {
  const compared = new Set([...GUIDE_TYPES, ...expected.also]);
  const calls = new Map<unknown, ProducedEvent[]>();
  const others = new Map<string, ProducedEvent[]>();
  const wrong: string[] = [];
  for (const event of produced) {
    if (!compared.has(event.type)) continue;
    if (!isOfCall(event)) {
      append(others, ownerOf(event), event);
    } else if (event.type === 'call.started' && !calls.has(event.data['call_id'])) {
      calls.set(event.data['call_id'], [event]);
    } else if (calls.has(event.data['call_id'])) {
      append(calls, event.data['call_id'], event);
    } else {
      wrong.push(`before the start of its call: ${shown(event)}`);
    }
  }

  const callIds = [...calls.keys()];
  if (callIds.length !== expected.calls.length) {
    wrong.push(`expected ${expected.calls.length} calls, got ${callIds.length}`);
  }
  for (let i = 0; i < Math.max(callIds.length, expected.calls.length); i += 1) {
    const listed = expected.calls[i] ?? [];
    const got = calls.get(callIds[i]) ?? [];
    for (const kind of ['call', 'queue', 'paging']) {
      const where = `call ${i + 1}, ${kind}.*`;
      wrong.push(...sequence(where, listed.filter(ofKind(kind)), got.filter(ofKind(kind)), callIds));
    }
  }
  for (const owner of new Set([...Object.keys(expected.others), ...others.keys()])) {
    wrong.push(...sequence(owner, expected.others[owner] ?? [], others.get(owner) ?? [], callIds));
  }
  return wrong;
}

function ofKind(kind: string): (event: { readonly type: string }) => boolean {
  return ({ type }) => type.startsWith(`${kind}.`) || (kind === 'call' && !/^(queue|paging)\./.test(type));
}

function isOfCall({ type, data }: ProducedEvent): boolean {
  return /^(call|queue|paging|recording)\./.test(type) && data['call_id'] !== undefined;
}

/** `conference:9000`, `extension:1004`, `voicemail:1002` … */
function ownerOf({ type, data }: ProducedEvent): string {
  const [kind = type] = type.split('.');
  return `${kind}:${data[kind === 'voicemail' ? 'extension' : kind]}`;
}

function append<Key>(lists: Map<Key, ProducedEvent[]>, key: Key, event: ProducedEvent): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [event]);
  else list.push(event);
}

function sequence(
  where: string,
  expected: readonly ExpectedEvent[],
  got: readonly ProducedEvent[],
  callIds: readonly unknown[],
): string[] {
  const wrong: string[] = [];
  for (let i = 0; i < Math.max(expected.length, got.length); i += 1) {
    const want = expected[i];
    const event = got[i];
    if (want === undefined && event !== undefined) wrong.push(`${where}: unexpected ${shown(event)}`);
    else if (want !== undefined && event === undefined) wrong.push(`${where}: missing ${shown(want)}`);
    else if (want !== undefined && event !== undefined && want.type !== event.type) {
      wrong.push(`${where}: expected ${want.type}, got ${shown(event)}`);
    } else if (want !== undefined && event !== undefined) {
      for (const [key, value] of Object.entries(want.data)) {
        if (matches(value, event.data[key], callIds)) continue;
        wrong.push(
          `${where}: ${want.type}.${key}: expected ${JSON.stringify(value)}, got ${JSON.stringify(event.data[key])}`,
        );
      }
    }
  }
  return wrong;
}

/** A literal; `null`: absent; near/tol; any; set; `$2`: the call_id of the second call. */
function matches(want: unknown, got: unknown, callIds: readonly unknown[]): boolean {
  if (want === null) return got === undefined;
  if (typeof want === 'string' && /^\$\d+$/.test(want)) {
    return got !== undefined && got === callIds[Number(want.slice(1)) - 1];
  }
  if (typeof want !== 'object') return want === got;
  if ('near' in want && 'tol' in want) {
    return typeof got === 'number' && Math.abs(got - Number(want.near)) <= Number(want.tol);
  }
  if ('any' in want && Array.isArray(want.any)) return want.any.some((one) => matches(one, got, callIds));
  if ('set' in want && Array.isArray(want.set)) {
    return Array.isArray(got) && isDeepStrictEqual([...got].sort(), [...want.set].sort());
  }
  return isDeepStrictEqual(want, got);
}

function shown({ type, data }: ProducedEvent | ExpectedEvent): string {
  return `${type} ${JSON.stringify(data)}`;
}
