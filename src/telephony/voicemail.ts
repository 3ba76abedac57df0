import type { Micros } from '../util/clock.ts';
import type { Calls } from './calls.ts';
import type { Channel } from './channel.ts';
import type { ChannelId, VoicemailFact } from './facts.ts';
import type { Settling } from './settling.ts';
import type { Teller } from './teller.ts';

/** How many messages a mailbox has. */
interface Counts {
  readonly newCount: number;
  readonly oldCount: number;
}

/** A change that someone's channel made; whether it left a message is not known yet. */
interface PendingChange extends Counts {
  readonly at: Micros;
  readonly channelId: ChannelId;
}

interface Mailbox {
  /** As last told, or taken over silently. */
  known: Counts | undefined;
  pending: PendingChange | undefined;
}

/**
 * `voicemail.new`, `voicemail.read`, `voicemail.deleted`. A PBX tells counts only; they are compared. A message
 * that is saved is copied first and removed later: what grows the old ones and takes no new one, with nobody's
 * channel named, is half of a move and waits for the other half.
 */
export class Voicemail {
  readonly #calls: Calls;
  readonly #teller: Teller;
  readonly #settling: Settling;
  /** As many as the PBX has. */
  readonly #mailboxes = new Map<string, Mailbox>();

  constructor(calls: Calls, teller: Teller, settling: Settling) {
    this.#calls = calls;
    this.#teller = teller;
    this.#settling = settling;
  }

  apply(fact: VoicemailFact): void {
    if (fact.kind === 'voicemail.recorded') {
      this.#recorded(fact);
      return;
    }
    const { mailbox: name, channel: snapshot, at } = fact;
    const channel = snapshot && this.#calls.observe(snapshot, at);
    const mailbox = this.#mailboxes.get(name) ?? this.#newMailbox(name);
    this.settle(name);
    if (channel === undefined || channel.messageFile !== undefined) {
      this.#changed(name, mailbox, fact, channel, at);
      return;
    }
    mailbox.pending = { newCount: fact.newCount, oldCount: fact.oldCount, at, channelId: channel.id };
    channel.mailboxes.push(name);
    this.#settling.later(at, { what: 'mailbox', mailbox: name });
  }

  /** The file of a message came, or did not come in time. */
  settle(name: string): void {
    const mailbox = this.#mailboxes.get(name);
    const pending = mailbox?.pending;
    if (mailbox === undefined || pending === undefined) return;
    mailbox.pending = undefined;
    this.#changed(name, mailbox, pending, this.#calls.graph.channels.get(pending.channelId), pending.at);
  }

  /** A channel is about to go: what it did to mailboxes is told while its call is open. */
  channelGone(channel: Channel): void {
    for (const name of channel.mailboxes) this.settle(name);
  }

  #recorded({ channel: snapshot, file, at }: Extract<VoicemailFact, { kind: 'voicemail.recorded' }>): void {
    const channel = this.#calls.observe(snapshot, at);
    if (channel === undefined) return;
    channel.messageFile = file;
    const call = this.#calls.graph.callOf(channel);
    if (call !== undefined) call.messageLeft = true;
    for (const name of channel.mailboxes) this.settle(name);
  }

  #newMailbox(name: string): Mailbox {
    const mailbox: Mailbox = { known: undefined, pending: undefined };
    this.#mailboxes.set(name, mailbox);
    return mailbox;
  }

  #changed(name: string, mailbox: Mailbox, now: Counts, channel: Channel | undefined, at: Micros): void {
    const left = channel?.messageFile === undefined ? 0 : 1;
    const before = mailbox.known ?? { newCount: now.newCount - left, oldCount: now.oldCount };
    const olds = now.oldCount - before.oldCount;
    const all = now.newCount - before.newCount + olds - left;
    if (channel === undefined && olds > 0 && all > 0) return;
    mailbox.known = { newCount: now.newCount, oldCount: now.oldCount };
    const tell = (type: 'voicemail.new' | 'voicemail.read' | 'voicemail.deleted', times: number): void => {
      for (let i = 0; i < times; i += 1) this.#tell(type, name, now, channel, at);
    };
    const arrived = left + Math.max(0, all);
    if (arrived > 0) this.#markLeft(channel);
    tell('voicemail.new', arrived);
    tell('voicemail.read', Math.max(0, olds));
    tell('voicemail.deleted', Math.max(0, -all));
  }

  #markLeft(channel: Channel | undefined): void {
    const call = channel && this.#calls.graph.callOf(channel);
    if (call !== undefined) call.messageLeft = true;
  }

  #tell(
    type: 'voicemail.new' | 'voicemail.read' | 'voicemail.deleted',
    mailbox: string,
    counts: Counts,
    channel: Channel | undefined,
    at: Micros,
  ): void {
    const data: Record<string, unknown> = {
      extension: mailbox.split('@', 1)[0],
      new_count: counts.newCount,
      old_count: counts.oldCount,
    };
    if (type === 'voicemail.new' && channel !== undefined) {
      const file = fileFor(mailbox, channel.messageFile);
      data['caller_id'] = this.#calls.callerIdOf(channel);
      data['caller_name'] = this.#calls.nameOf(channel);
      data['file_path'] = file;
      data['folder'] = file?.split('/').at(-2);
    }
    const call = channel && this.#calls.graph.callOf(channel);
    if (call === undefined) this.#teller.tell(type, at, data);
    else this.#calls.tell(type, call, at, data);
  }
}

/** The file, if it lies in this mailbox: of a message for several mailboxes only the first one's file is told. */
function fileFor(mailbox: string, file: string | undefined): string | undefined {
  const [box, context] = mailbox.split('@');
  const inside = context === undefined ? `/${box}/` : `/${context}/${box}/`;
  return file?.includes(inside) ? file : undefined;
}
