import type { Call } from './call.ts';
import type { Calls } from './calls.ts';
import { type Channel, isReal } from './channel.ts';
import { dialledNumber } from './numbers.ts';

/** The channels that an attended transfer names; the PBX leaves out some at random. */
export interface Consultation {
  /** The transferer's channel in the call that is given away. */
  readonly by: Channel | undefined;
  /** Its channel to whom it consulted; the same one when it consulted by feature code. */
  readonly consulting: Channel | undefined;
  readonly transferee: Channel | undefined;
  readonly target: Channel | undefined;
}

/** To whom a call was transferred: who answered the transferer, else the number that it dialled to consult. */
export function consultedParty(calls: Calls, { by, consulting, target }: Consultation): string | undefined {
  const reached = target ?? reachedBy(calls, by, consulting);
  const party = reached && calls.partyOf(reached);
  if (reached !== undefined && hasAnswered(calls, reached)) return party;
  return numberDialled(calls, by, consulting, reached) ?? party;
}

/** Whom the transferer gave away; if the PBX does not tell, the only one of its call that is left. */
export function transferredParty(calls: Calls, call: Call, named: Consultation): string | undefined {
  if (named.transferee !== undefined) return calls.partyOf(named.transferee);
  const reached = named.target ?? reachedBy(calls, named.by, named.consulting);
  const target = reached && calls.graph.speaker(reached);
  const left = [...call.channels]
    .map((id) => calls.graph.channels.get(id))
    .filter((one) => one !== undefined && isReal(one) && one.state === 'up')
    .filter((one) => one !== named.by && one !== named.consulting && one !== target);
  const [only] = left;
  return left.length === 1 && only !== undefined ? calls.partyOf(only) : undefined;
}

/** By feature code the PBX itself makes a Local channel to consult; else the transferer's own channel dialled. */
function reachedBy(
  calls: Calls,
  by: Channel | undefined,
  consulting: Channel | undefined,
): Channel | undefined {
  const call = consulting && calls.graph.callOf(consulting);
  let reached: Channel | undefined;
  for (const id of call?.channels ?? []) {
    const channel = calls.graph.channels.get(id);
    if (channel === undefined) continue;
    const { leg, device } = channel;
    const isReached =
      consulting === by
        ? device.kind === 'local' && device.half === 1 && leg?.by === undefined && !leg?.begun
        : leg?.by === consulting?.id && (leg?.status === 'answer' || channel.id === consulting?.dialled);
    if (isReached && (reached === undefined || !hasAnswered(calls, reached))) reached = channel;
  }
  return reached;
}

function hasAnswered(calls: Calls, channel: Channel): boolean {
  return calls.graph.speaker(channel)?.state === 'up';
}

function numberDialled(
  calls: Calls,
  by: Channel | undefined,
  consulting: Channel | undefined,
  reached: Channel | undefined,
): string | undefined {
  if (consulting === by) return dialledNumber(reached?.exten);
  const call = consulting && calls.graph.callOf(consulting);
  const dialled = call?.originId === consulting?.id ? call?.to : undefined;
  return dialled ?? dialledNumber(consulting?.exten);
}
