import { type Micros, micro } from '../util/clock.ts';
import type { Calls } from './calls.ts';
import type { Channel } from './channel.ts';
import type { ChannelFact, ChannelId, VoicemailFact } from './facts.ts';
import {
  type Counts,
  changesOf,
  countsOf,
  type MailboxState,
  readMailbox,
  sameCounts,
  sameMailbox,
  type Visit,
  type VoiceMessage,
} from './mailbox.ts';
import type { Keeper, Memory } from './memory.ts';
import { SETTLE_MICROS, type Settling } from './settling.ts';
import type { Teller } from './teller.ts';
import { VoicemailEvents } from './voicemail-events.ts';

type Gone = Extract<ChannelFact, { kind: 'channel.gone' }>;
type Counted = Extract<VoicemailFact, { kind: 'voicemail.counted' }>;
type Listed = Extract<VoicemailFact, { kind: 'voicemail.listed' }>;

/** How long counts wait for the list of messages that explains them, and a list for the counts that tell whose doing. */
const PATIENCE_MICROS = 1_500_000;

/** A change that is not told yet. */
type Pending = {
  readonly at: Micros;
  readonly due: Micros;
  /** Whose visit, or message, led to it. */
  channelId: ChannelId | undefined;
} & (
  | { readonly waitsFor: 'file' | 'list'; readonly counts: Counts }
  | { readonly waitsFor: 'counts'; readonly messages: readonly VoiceMessage[]; readonly found: boolean }
);

interface Mailbox {
  /** Undefined until something was heard of it. */
  state: MailboxState | undefined;
  pending: Pending | undefined;
}

/**
 * `voicemail.new`, `voicemail.read`, `voicemail.deleted`. A PBX tells how many messages a mailbox has, and with whose
 * channel; some can be asked which ones, or keep them where one can look. So counts and lists come, in any order:
 *
 * - What was told last is the mailbox's state. A list is part of it only while it makes up the told counts.
 * - Counts that a list will follow wait for one that makes them up; another list is of another moment and is passed
 *   over. The two together tell which messages changed, and by whom.
 * - A list that differs from the state, with no counts waiting, waits for counts: they tell whose doing it was.
 * - Whatever did not get its counterpart in time is told by itself. The state is then what was told, so that the
 *   counterpart, when it comes late, brings nothing new.
 *
 * Of a caller who left a message `voicemail.new` is told while the call is open: the hang-up waits for the list, for
 * as long as anything may wait for another kind of fact.
 */
export class Voicemail implements Keeper {
  readonly #calls: Calls;
  readonly #teller: Teller;
  readonly #events: VoicemailEvents;
  readonly #settling: Settling;
  readonly #memory: Memory;
  readonly #release: (hangup: Gone) => void;
  /** As many as the PBX has. */
  readonly #mailboxes = new Map<string, Mailbox>();
  /** Hang-ups that wait. */
  readonly #held = new Map<ChannelId, Gone>();

  constructor(
    calls: Calls,
    teller: Teller,
    settling: Settling,
    memory: Memory,
    release: (hangup: Gone) => void,
  ) {
    this.#memory = memory;
    memory.keep('mailbox', this);
    this.#calls = calls;
    this.#teller = teller;
    this.#events = new VoicemailEvents(calls, teller);
    this.#settling = settling;
    this.#release = release;
  }

  apply(fact: VoicemailFact): void {
    switch (fact.kind) {
      case 'voicemail.recorded':
        this.#recorded(fact);
        break;
      case 'voicemail.counted':
        this.#counted(fact);
        break;
      case 'voicemail.listed':
        this.#listed(fact);
        break;
      default:
        fact satisfies never;
    }
  }

  /** What a mailbox waits for did not come until `now`. */
  settle(name: string, now: Micros): void {
    const pending = this.#mailboxes.get(name)?.pending;
    if (pending !== undefined && pending.due <= now) this.#conclude(name);
  }

  settleHangup(id: ChannelId): void {
    const hangup = this.#held.get(id);
    if (hangup === undefined) return;
    this.#held.delete(id);
    this.#release(hangup);
  }

  /** Takes a hang-up over, if what its channel did to a mailbox is about to be told. */
  holdsBack(hangup: Gone): boolean {
    const { id } = hangup.channel;
    if (this.#held.has(id)) return true;
    if (!this.#waitsForList(id)) return false;
    this.#held.set(id, hangup);
    this.#settling.later(hangup.at, { what: 'hangup', channelId: id });
    return true;
  }

  /**
   * A channel is about to go: a message that it left is told while its call is open. What else it did to a mailbox
   * may still wait, and is told without the call.
   */
  channelGone(channel: Channel): void {
    this.#held.delete(channel.id);
    for (const name of channel.mailboxes) {
      const mailbox = this.#mailboxes.get(name);
      const pending = mailbox?.pending;
      if (mailbox === undefined || pending?.channelId !== channel.id) continue;
      if (pending.waitsFor !== 'list' || this.#tellsOfNew(mailbox.state, pending.counts, channel)) {
        this.#conclude(name);
      } else {
        pending.channelId = undefined;
      }
    }
  }

  /** Things that wait. */
  size(): number {
    let count = this.#held.size;
    for (const { pending } of this.#mailboxes.values()) if (pending !== undefined) count += 1;
    return count;
  }

  stateOf(name: string): unknown {
    return this.#mailboxes.get(name)?.state;
  }

  recall(name: string, written: unknown): boolean {
    const state = readMailbox(written);
    if (state !== undefined) this.#mailboxes.set(name, { state, pending: undefined });
    return state !== undefined;
  }

  ids(): Iterable<string> {
    return this.#mailboxes.keys();
  }

  #recorded({ channel: snapshot, file, at }: Extract<VoicemailFact, { kind: 'voicemail.recorded' }>): void {
    const channel = this.#calls.observe(snapshot, at);
    if (channel === undefined) return;
    channel.messageFile = file;
    this.#events.markLeft(channel);
    const call = this.#calls.graph.callOf(channel);
    if (call !== undefined) this.#calls.remember(call);
    for (const name of channel.mailboxes) {
      const pending = this.#mailboxes.get(name)?.pending;
      if (pending?.waitsFor === 'file' && pending.channelId === channel.id) this.#conclude(name);
    }
  }

  #counted(fact: Counted): void {
    const { mailbox: name, at, newCount, oldCount } = fact;
    const counts = { newCount, oldCount };
    const channel = fact.channel && this.#calls.observe(fact.channel, at);
    const mailbox = this.#mailbox(name);
    const { pending } = mailbox;
    if (pending !== undefined && pending.waitsFor !== 'counts') {
      // A PBX that looks at its mailboxes now and then says the same again.
      if (channel === undefined && sameCounts(pending.counts, counts)) return;
      this.#conclude(name);
    }
    if (channel !== undefined && !channel.mailboxes.includes(name)) channel.mailboxes.push(name);
    if (pending?.waitsFor === 'counts' && sameCounts(countsOf(pending.messages), counts)) {
      mailbox.pending = undefined;
      this.#change(name, mailbox, counts, pending.messages, channel, at);
      return;
    }
    mailbox.pending = undefined;
    if (fact.listingFollows) this.#wait(name, mailbox, 'list', counts, channel, at);
    else if (channel !== undefined && channel.messageFile === undefined) {
      this.#wait(name, mailbox, 'file', counts, channel, at);
    } else this.#change(name, mailbox, counts, undefined, channel, at);
  }

  #listed({ mailbox: name, messages, found, at }: Listed): void {
    const mailbox = this.#mailbox(name);
    const { pending } = mailbox;
    if (pending !== undefined && pending.waitsFor !== 'counts') {
      if (messages === undefined) this.#conclude(name);
      else if (sameCounts(countsOf(messages), pending.counts)) this.#conclude(name, messages);
      return;
    }
    if (messages === undefined) return;
    mailbox.pending = undefined;
    const { state } = mailbox;
    const { changes, counts } = changesOf(state, countsOf(messages), messages, undefined);
    // What lies in a mailbox that was not heard of before is taken over silently, unless it comes with the counts of
    // someone who left a message.
    const isKnown = state === undefined ? found === true || messages.length === 0 : changes.length === 0;
    if (isKnown) {
      this.#know(name, mailbox, { counts, messages });
      return;
    }
    const due = pending?.due ?? micro(at + PATIENCE_MICROS);
    mailbox.pending = { at, due, channelId: undefined, waitsFor: 'counts', messages, found: found === true };
    if (pending === undefined) this.#settling.later(at, { what: 'mailbox', mailbox: name }, PATIENCE_MICROS);
  }

  #wait(
    name: string,
    mailbox: Mailbox,
    waitsFor: 'file' | 'list',
    counts: Counts,
    channel: Channel | undefined,
    at: Micros,
  ): void {
    const wait = waitsFor === 'file' ? SETTLE_MICROS : PATIENCE_MICROS;
    mailbox.pending = { at, due: micro(at + wait), channelId: channel?.id, waitsFor, counts };
    this.#settling.later(at, { what: 'mailbox', mailbox: name }, wait);
  }

  /** Tells what waits, with the list that came for it or without. */
  #conclude(name: string, messages?: readonly VoiceMessage[]): void {
    const mailbox = this.#mailboxes.get(name);
    const pending = mailbox?.pending;
    if (mailbox === undefined || pending === undefined) return;
    mailbox.pending = undefined;
    const { channelId, at } = pending;
    if (pending.waitsFor === 'counts') {
      const { messages: listed, found } = pending;
      const tell = (): void => this.#change(name, mailbox, countsOf(listed), listed, undefined, at);
      if (found) this.#teller.inferring(tell);
      else tell();
      return;
    }
    const channel = channelId && this.#calls.graph.channels.get(channelId);
    this.#change(name, mailbox, pending.counts, messages, channel, at);
    if (channelId !== undefined && !this.#waitsForList(channelId)) this.settleHangup(channelId);
  }

  #change(
    name: string,
    mailbox: Mailbox,
    counts: Counts,
    messages: readonly VoiceMessage[] | undefined,
    channel: Channel | undefined,
    at: Micros,
  ): void {
    const before = mailbox.state;
    const { changes, counts: known } = changesOf(before, counts, messages, visitOf(channel));
    const isUnchanged = before !== undefined && changes.length === 0 && sameCounts(before.counts, known);
    this.#know(name, mailbox, {
      counts: known,
      messages: messages ?? (isUnchanged ? before.messages : undefined),
    });
    this.#events.tell(changes, name, counts, channel, at);
  }

  #know(name: string, mailbox: Mailbox, state: MailboxState): void {
    if (mailbox.state === undefined || !sameMailbox(mailbox.state, state))
      this.#memory.touch('mailbox', name);
    mailbox.state = state;
  }

  /** Whether counts by themselves say that the channel left a message. */
  #tellsOfNew(state: MailboxState | undefined, counts: Counts, channel: Channel): boolean {
    const { changes } = changesOf(state, counts, undefined, visitOf(channel));
    return changes.some(({ type }) => type === 'voicemail.new');
  }

  #waitsForList(id: ChannelId): boolean {
    const channel = this.#calls.graph.channels.get(id);
    return (
      channel?.mailboxes.some((name) => {
        const pending = this.#mailboxes.get(name)?.pending;
        return pending?.waitsFor === 'list' && pending.channelId === id;
      }) ?? false
    );
  }

  #mailbox(name: string): Mailbox {
    const known = this.#mailboxes.get(name);
    if (known !== undefined) return known;
    const mailbox: Mailbox = { state: undefined, pending: undefined };
    this.#mailboxes.set(name, mailbox);
    return mailbox;
  }
}

function visitOf(channel: Channel | undefined): Visit | undefined {
  return channel && { left: channel.messageFile === undefined ? 0 : 1 };
}
