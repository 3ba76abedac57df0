import { globSync } from 'node:fs';
import { basename } from 'node:path';
import fc from 'fast-check';
import type { PbxEvent } from '../../src/model/event.ts';
import type { Fact } from '../../src/telephony/facts.ts';
import type { TelephonyOptions } from '../../src/telephony/options.ts';
import { type Micros, micro } from '../../src/util/clock.ts';
import { factsOf, optionsOf, readPackets } from './ami-stream.ts';
import { type Expectation, readExpectation } from './expectation.ts';

export interface Recording {
  readonly name: string;
  readonly file: string;
  readonly facts: readonly Fact[];
  readonly expected: Expectation;
  readonly options: TelephonyOptions;
}

/** How much of a stream, from 0 to 1, all parts alike; of `fc.double` almost every one is as good as 0. */
export const anyPart = fc.nat(1_000_000).map((millionths) => millionths / 1_000_000);

/** All recorded streams, as facts. */
export function readRecordings(): Recording[] {
  return globSync('test/fixtures/ami/*/*.ami')
    .sort()
    .map((file) => {
      const expected = readExpectation(file.replace(/\.ami$/, '.json'));
      const name = `${file.split('/').at(-2)}/${basename(file, '.ami')}`;
      return { name, file, facts: factsOf(readPackets(file)), expected, options: optionsOf(expected) };
    });
}

/** Keys whose values name something of one PBX run. */
const ID_KEYS: ReadonlySet<string> = new Set(['id', 'callId', 'bridgeId', 'channelId']);

/** The same stream as if it were another one: with ids of its own, from `start` on. */
export function retold(facts: readonly Fact[], tag: number, start: Micros): Fact[] {
  const shift = start - (facts[0]?.at ?? start);
  return facts.map((fact) => ({ ...retoldValue(fact, tag), at: micro(fact.at + shift) }));
}

function retoldValue<T extends object>(value: T, tag: number): T {
  const copy = { ...value };
  for (const [key, one] of Object.entries(value)) {
    if (typeof one === 'object' && one !== null) Object.assign(copy, { [key]: retoldValue(one, tag) });
    else if (typeof one === 'string') Object.assign(copy, { [key]: retoldText(key, one, tag) });
  }
  return copy;
}

function retoldText(key: string, text: string, tag: number): string {
  if (ID_KEYS.has(key)) return `${text}-${tag}`;
  if (key === 'room') return text.length < 8 ? `${text}${tag}` : `${text.slice(0, 8)}${tag}`;
  if (key === 'mailbox' || key === 'queue') return `${text}${tag}`;
  if (key !== 'name' || !text.includes('/')) return text;
  const [name = '', half] = text.split(';');
  return half === undefined ? `${name}${tag}` : `${name}${tag};${half}`;
}

/** Facts of channels only: registrations are not tied to one stream's ids. */
export function ofCalls(facts: readonly Fact[]): Fact[] {
  return facts.filter(({ kind }) => !/^(pbx|contact|contacts|account)\./.test(kind));
}

/** All channels that facts tell of are hung up. */
export function hangUpAll(facts: readonly Fact[]): Fact[] {
  const at = facts.at(-1)?.at ?? micro(0);
  const gone = new Map<string, Fact>();
  const look = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if ('id' in value && 'callId' in value && 'state' in value && typeof value.id === 'string') {
      const fact = { kind: 'channel.gone', at, channel: value, cause: 16, causeText: undefined };
      gone.set(value.id, fact as unknown as Fact);
    }
    for (const one of Object.values(value)) look(one);
  };
  for (const fact of facts) look(fact);
  return [...gone.values()];
}

/** Calls, participants and pages that have begun and are not over, though every channel is hung up. */
export function leftOpen(events: readonly PbxEvent[]): string[] {
  const open = new Set<string>();
  for (const { type, data } of events) {
    const began = BEGINNINGS.find(([begins]) => begins === type);
    if (began !== undefined) open.add(`${type} ${began[2].map((key) => data[key]).join(' ')}`);
    const over = BEGINNINGS.find(([, ends]) => ends === type);
    if (over !== undefined) open.delete(`${over[0]} ${over[2].map((key) => data[key]).join(' ')}`);
  }
  return [...open];
}

const BEGINNINGS: readonly (readonly [begins: string, ends: string, keys: readonly string[]])[] = [
  ['call.started', 'call.ended', ['call_id']],
  ['conference.participant_joined', 'conference.participant_left', ['conference', 'channel_id']],
  ['paging.started', 'paging.ended', ['page_id']],
];

/** What is wrong with events by the rules that hold for every stream, whatever was lost of it. */
export function brokenRules(events: readonly PbxEvent[]): string[] {
  const wrong: string[] = [];
  const calls = new Map<unknown, { answered: boolean; ended: boolean; sequence: number }>();
  const open = new Set<string>();
  const toggle = (key: string, on: boolean, event: PbxEvent): void => {
    if (open.has(key) === on) wrong.push(`${event.type} twice: ${JSON.stringify(event.data)}`);
    if (on) open.add(key);
    else open.delete(key);
  };
  for (const event of events) {
    const { type, data } = event;
    const id = data['call_id'];
    if (id !== undefined) {
      const call = calls.get(id);
      if (type === 'call.started') {
        if (call !== undefined) wrong.push(`started twice: ${id}`);
        calls.set(id, { answered: false, ended: false, sequence: 1 });
        if (data['sequence'] !== 1) wrong.push(`starts with sequence ${data['sequence']}`);
      } else if (call === undefined || call.ended) {
        wrong.push(`${type} ${call === undefined ? 'before the start' : 'after the end'} of ${id}`);
      } else {
        if (type === 'call.answered' && call.answered) wrong.push(`answered twice: ${id}`);
        call.answered ||= type === 'call.answered';
        call.ended = type === 'call.ended';
        call.sequence += 1;
        if (data['sequence'] !== call.sequence) wrong.push(`${type}: sequence ${data['sequence']}`);
      }
    }
    if (type === 'call.hold') toggle(`${id} held by ${data['held_by']}`, true, event);
    if (type === 'call.resume') toggle(`${id} held by ${data['resumed_by']}`, false, event);
    const joined = `${data['channel_id']} in ${data['conference']}`;
    if (type === 'conference.participant_joined') toggle(joined, true, event);
    if (type === 'conference.participant_left') toggle(joined, false, event);
    if (type === 'conference.started') toggle(`room ${data['conference']}`, true, event);
    if (type === 'conference.ended') toggle(`room ${data['conference']}`, false, event);
    if (type === 'paging.started') toggle(`page ${data['page_id']}`, true, event);
    if (type === 'paging.ended') toggle(`page ${data['page_id']}`, false, event);
    for (const [key, value] of Object.entries(data)) {
      if (value === undefined || value === '' || value === '<unknown>') wrong.push(`${type}.${key} is empty`);
    }
  }
  return wrong;
}
