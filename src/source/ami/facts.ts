import type { Fact } from '../../telephony/facts.ts';
import { type Micros, micro } from '../../util/clock.ts';
import { CALL_FACTS } from './call-facts.ts';
import { numberOf } from './channel-fields.ts';
import type { AmiPacket } from './connection.ts';
import { registrationFacts } from './registration-facts.ts';
import { trunkTold } from './trunks.ts';

/** Turns AMI events into facts. */
export interface AmiFacts {
  /**
   * What one event tells; most tell nothing and cost next to nothing. An answer to an action (it bears an
   * ActionID) tells nothing of what happens; a UserEvent or an OriginateResponse may bear a foreign one and is an
   * event all the same.
   */
  facts(packet: AmiPacket, receivedAt: Micros): readonly Fact[];
  /** What the PBX's clock shows when ours shows `now`, as far as its events tell. */
  pbxTime(now: Micros): Micros;
}

const NOTHING: readonly Fact[] = [];

/** Events of registrations, and of Asterisk having booted. */
const REGISTRATION_EVENTS: ReadonlySet<string> = new Set([
  'ChallengeResponseFailed',
  'ChallengeSent',
  'ContactStatus',
  'FailedACL',
  'FullyBooted',
  'InvalidPassword',
  'PeerStatus',
  'Registry',
  'SuccessfulAuth',
]);

/** `Uptime` is in whole seconds, cut off. */
function upSince(packet: AmiPacket, at: Micros): readonly Fact[] {
  const uptime = numberOf(packet, 'uptime');
  if (uptime === undefined) return NOTHING;
  return [{ kind: 'pbx.up_since', at, since: micro(at - (uptime + 1) * 1_000_000) }];
}

export function createAmiFacts(): AmiFacts {
  /** Of the last event that had one: where events bear a `Timestamp`, one without happened when the last one did. */
  let lastTimestamp: string | undefined;
  /** By how much the PBX's clock was ahead when that event came. */
  let ahead = 0;

  function timeOf(timestamp: string | undefined, receivedAt: Micros): Micros {
    const seconds = Number(timestamp ?? lastTimestamp);
    return Number.isFinite(seconds) && seconds > 0 ? micro(seconds * 1_000_000) : receivedAt;
  }

  return {
    pbxTime: (now) => micro(now + ahead),
    facts(packet, receivedAt) {
      const event = packet['event'];
      if (event === undefined) return NOTHING;
      const isUserEvent = event === 'UserEvent';
      // Asterisk's own header comes first; where it sends none, that of a UserEvent is its author's.
      const timestamp = isUserEvent && lastTimestamp === undefined ? undefined : packet['timestamp'];
      if (timestamp !== undefined && timestamp !== lastTimestamp) {
        lastTimestamp = timestamp;
        ahead = timeOf(timestamp, receivedAt) - receivedAt;
      }
      const read = CALL_FACTS.get(event);
      if (read !== undefined) {
        const mayBearActionId = isUserEvent || event === 'OriginateResponse';
        if (packet['actionid'] !== undefined && !mayBearActionId) return NOTHING;
        const fact = read(packet, timeOf(timestamp, receivedAt));
        return fact === undefined ? NOTHING : [fact];
      }
      if (!REGISTRATION_EVENTS.has(event) || packet['actionid'] !== undefined) return NOTHING;
      const at = timeOf(timestamp, receivedAt);
      if (event === 'Registry') return trunkTold(packet, at);
      const facts: readonly Fact[] = registrationFacts(packet, at);
      return event === 'FullyBooted' ? [...facts, ...upSince(packet, at)] : facts;
    },
  };
}
