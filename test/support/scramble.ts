import type { ChannelSnapshot, Fact } from '../../src/telephony/facts.ts';

/** Kinds of events that Asterisk sends over different topics are this far out of order, in microseconds. */
const SKEW = 2000;

/** The topic that a fact comes over; facts of one topic keep their order. */
function topicOf(fact: Fact): string {
  const [topic = ''] = fact.kind.split('.');
  return topic === 'transfer' ? 'bridge' : topic === 'page' ? 'conference' : topic;
}

/**
 * Orders that held in every recording, of facts that share a channel: its creation is the first thing told of it,
 * its hang-up the last, and these.
 */
const ORDERED: readonly (readonly [Fact['kind'], Fact['kind']])[] = [
  ['channel.seen', 'dial.ended'],
  ['dial.ended', 'bridge.entered'],
  ['queue.agent_connected', 'bridge.entered'],
];

/** The same of facts that share no channel: the second comes of the first, for a challenge a round trip later. */
const ORDERED_ANYWHERE: readonly (readonly [Fact['kind'], Fact['kind']])[] = [
  ['page.begun', 'conference.opened'],
  ['account.challenged', 'contact.removed'],
];

/** A stream whose neighbours of different topics changed places, as they do on a busy PBX. */
export function scrambled(facts: readonly Fact[], random: () => number): Fact[] {
  const result = [...facts];
  const created = new Map<string, Fact>();
  for (const fact of facts) {
    for (const { id } of channelsOf(fact)) if (!created.has(id)) created.set(id, fact);
  }
  for (let pass = 0; pass < 4; pass += 1) {
    for (let i = 0; i + 1 < result.length; i += 1) {
      const [a, b] = [result[i], result[i + 1]];
      if (a === undefined || b === undefined || random() < 0.5) continue;
      if (Math.abs(a.at - b.at) > SKEW / 2 || topicOf(a) === topicOf(b) || !mayChange(a, b, created))
        continue;
      result[i] = b;
      result[i + 1] = a;
    }
  }
  return result;
}

function mayChange(a: Fact, b: Fact, created: ReadonlyMap<string, Fact>): boolean {
  const ofB = new Set(channelsOf(b).map(({ id }) => id));
  const shared = channelsOf(a).filter(({ id }) => ofB.has(id));
  if (ORDERED_ANYWHERE.some(([first, second]) => a.kind === first && b.kind === second)) return false;
  if (shared.length === 0) return true;
  if (a.kind === 'channel.gone' || b.kind === 'channel.gone') return false;
  if (shared.some(({ id }) => created.get(id) === a || created.get(id) === b)) return false;
  return !ORDERED.some(([first, second]) => a.kind === first && b.kind === second);
}

function channelsOf(fact: Fact): ChannelSnapshot[] {
  return Object.values(fact).filter(
    (value): value is ChannelSnapshot => typeof value === 'object' && value !== null && 'callId' in value,
  );
}
