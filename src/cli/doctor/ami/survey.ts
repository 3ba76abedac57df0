import { allowedActions } from '../../../source/ami/allowed-actions.ts';
import type { AmiConnection, AmiPacket } from '../../../source/ami/connection.ts';
import { deferred } from '../../../util/deferred.ts';
import type { ConfSection } from '../asterisk-conf.ts';

/** What a PBX shows of itself to an account, while doctor looks. */
export interface AmiSurvey {
  /** Names of the actions that it has and this account may send, in lower case; undefined if it does not say. */
  readonly actions: ReadonlySet<string> | undefined;
  /** Such as `22.10.1`; undefined where the account may not ask. */
  readonly version: string | undefined;
  /** The account's own section of manager.conf; undefined where the account may not read it. */
  readonly account: ConfSection | undefined;
  readonly general: ConfSection | undefined;
  /** Whether it said that it has booted. */
  readonly isBooted: boolean;
  /** Event classes of which something came. */
  readonly seenClasses: ReadonlySet<string>;
  /** Whether events bear their time; undefined where none came. */
  readonly isStamped: boolean | undefined;
  /** Milliseconds that the PBX's clock is ahead, give or take `within`; undefined if it does not say. */
  readonly clock: { readonly aheadMs: number; readonly within: number } | undefined;
  readonly calls: CallWatch;
}

/** What was told of the channels that there were. */
export interface CallWatch {
  /** Channels that the events told of. */
  readonly told: number;
  /** Channels that the PBX listed as new, and that no event told of. */
  readonly hidden: number;
}

/** How long a survey looks along at least, in milliseconds: for what follows a login by itself. */
export const LOOK_MS = 1_500;
/** Milliseconds between two lists of channels, and those that an event may come after its channel is listed. */
const LIST_EVERY_MS = 2_000;
const LATE_EVENT_MS = 500;

/** Channels that Asterisk makes for itself; some of them come without a Newchannel. */
const OF_ITS_OWN = /^(?:CBAnn|CBRec|Announcer|Recorder|Message|Snoop)\//;

/** Takes the events of a connection from its login on; then asks. */
export class Surveyor {
  readonly #seenClasses = new Set<string>();
  readonly #toldChannels = new Set<string>();
  readonly #welcomed = deferred<void>();
  #isBooted = false;
  #isStamped: boolean | undefined;

  take(packet: AmiPacket): void {
    const eventClass = packet['privilege']?.split(',', 1)[0];
    if (eventClass === undefined) return;
    this.#seenClasses.add(eventClass);
    if (packet['event'] === 'FullyBooted') this.#isBooted = true;
    else this.#isStamped = packet['timestamp'] !== undefined;
    if (packet['event'] === 'Newchannel' && packet['uniqueid']) this.#toldChannels.add(packet['uniqueid']);
    // What Asterisk tells of our own login comes a little after it.
    if (packet['event'] === 'SuccessfulAuth') this.#welcomed.resolve();
  }

  /** Sends a handful of actions that ask and change nothing; looks along for `lookMs`, 0: as long as is needed. */
  async survey(connection: AmiConnection, username: string, lookMs: number): Promise<AmiSurvey> {
    const actions = await allowedActions(connection);
    const ask = async (
      action: string,
      fields: Record<string, string> = {},
    ): Promise<AmiPacket | undefined> => {
      if (actions !== undefined && !actions.has(action.toLowerCase())) return undefined;
      const answer = await connection.action({ Action: action, ...fields });
      return answer.ok ? answer.value : undefined;
    };
    const before = await channelsOf(connection, actions);
    const [settings, account, general] = await Promise.all([
      ask('CoreSettings'),
      ask('GetConfig', { Filename: 'manager.conf', Category: username }),
      ask('GetConfig', { Filename: 'manager.conf', Category: 'general' }),
    ]);
    // By itself, so that no other answer stands before it in the queue.
    const clock = await clockOf(ask);
    const hidden = await this.#lookAlong(connection, actions, new Set(before), lookMs);
    return {
      actions,
      version: settings?.['asteriskversion'],
      account: account && sectionOf(account),
      general: general && sectionOf(general),
      isBooted: this.#isBooted,
      seenClasses: this.#seenClasses,
      isStamped: this.#isStamped,
      clock,
      calls: { told: this.#toldChannels.size, hidden },
    };
  }

  /** How many channels were listed that no event told of. */
  async #lookAlong(
    connection: AmiConnection,
    actions: ReadonlySet<string> | undefined,
    known: ReadonlySet<string>,
    lookMs: number,
  ): Promise<number> {
    const hidden = new Set<string>();
    const end = performance.now() + Math.max(lookMs, LOOK_MS);
    for (let left = end - performance.now(); left > 0; left = end - performance.now()) {
      const passed = pause(Math.min(left, LIST_EVERY_MS));
      await (lookMs === 0 ? Promise.race([passed, this.#welcomed.promise]) : passed);
      const listed = (await channelsOf(connection, actions)).filter((id) => !known.has(id));
      if (listed.length > 0) await pause(LATE_EVENT_MS);
      for (const id of listed) if (!this.#toldChannels.has(id)) hidden.add(id);
      if (lookMs === 0 && (this.#seenClasses.has('security') || listed.length > 0)) break;
    }
    return hidden.size;
  }
}

/** Uniqueids of the channels that there are now; none where the account may not ask. */
async function channelsOf(
  connection: AmiConnection,
  actions: ReadonlySet<string> | undefined,
): Promise<readonly string[]> {
  if (actions?.has('coreshowchannels') !== true) return [];
  const listed = await connection.list({ Action: 'CoreShowChannels' });
  const channels = listed.ok ? listed.value : [];
  return channels.flatMap(({ channel = '', uniqueid }) => (OF_ITS_OWN.test(channel) ? [] : (uniqueid ?? [])));
}

async function clockOf(ask: (action: string) => Promise<AmiPacket | undefined>): Promise<AmiSurvey['clock']> {
  const sentAt = Date.now();
  const pong = await ask('Ping');
  const within = (Date.now() - sentAt) / 2;
  const theirs = Number(pong?.['timestamp']) * 1000;
  return theirs > 0 ? { aheadMs: theirs - (sentAt + within), within } : undefined;
}

/** Of an answer to GetConfig: `Line-000000-000004: write=system,reporting`. Undefined for a section that is not there. */
function sectionOf(answer: AmiPacket): ConfSection | undefined {
  if (answer['category-000000'] === undefined) return undefined;
  return Object.keys(answer)
    .filter((key) => key.startsWith('line-000000-'))
    .toSorted()
    .map((key) => {
      const [, name = '', value = ''] = /^([^=]*)=([\s\S]*)$/.exec(answer[key] ?? '') ?? [];
      return [name, value] as const;
    });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
