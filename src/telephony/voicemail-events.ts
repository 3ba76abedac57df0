import type { EventData } from '../model/event.ts';
import type { Micros } from '../util/clock.ts';
import type { Calls } from './calls.ts';
import type { Channel } from './channel.ts';
import type { Change, Counts, VoiceMessage } from './mailbox.ts';
import { shownNumber } from './numbers.ts';
import type { Teller } from './teller.ts';

/** How the changes of a mailbox are told, and as part of whose call. */
export class VoicemailEvents {
  readonly #calls: Calls;
  readonly #teller: Teller;

  constructor(calls: Calls, teller: Teller) {
    this.#calls = calls;
    this.#teller = teller;
  }

  /** The channel's call left a message. */
  markLeft(channel: Channel): void {
    const call = this.#calls.graph.callOf(channel);
    if (call !== undefined) call.messageLeft = true;
  }

  /** @param channel whose visit, or message, led to the changes, if anyone's did */
  tell(
    changes: readonly Change[],
    mailbox: string,
    counts: Counts,
    channel: Channel | undefined,
    at: Micros,
  ): void {
    const isOnlyNew = changes.filter(({ type }) => type === 'voicemail.new').length === 1;
    for (const change of changes) {
      const by =
        change.type === 'voicemail.new' ? this.#leaverOf(change, mailbox, channel, isOnlyNew) : channel;
      this.#tell(change, mailbox, counts, by, at);
    }
  }

  /** Messages may come while their mailbox's owner ends a visit, or several at once. */
  #leaverOf(
    { message }: Change,
    mailbox: string,
    channel: Channel | undefined,
    isOnlyNew: boolean,
  ): Channel | undefined {
    if (message === undefined) return channel;
    if (channel !== undefined) {
      if (isOnlyNew && channel.messageFile !== undefined) return channel;
      if (isFrom(message, channel)) return channel;
    }
    for (const other of this.#calls.graph.channels.values()) {
      if (fileFor(mailbox, other.messageFile) !== undefined && isFrom(message, other)) return other;
    }
    return undefined;
  }

  #tell(
    { type, message }: Change,
    mailbox: string,
    counts: Counts,
    by: Channel | undefined,
    at: Micros,
  ): void {
    const data: EventData = {
      extension: mailbox.split('@', 1)[0],
      caller_id: shownNumber(message?.callerNumber),
      caller_name: message?.callerName,
      duration: message?.duration,
      message_id: message?.id,
      folder: message?.folder,
      // Of one that is gone only the place is left, which another may have by now.
      file_path: type === 'voicemail.deleted' ? undefined : message?.file,
      new_count: counts.newCount,
      old_count: counts.oldCount,
      ...(type === 'voicemail.new' && by !== undefined ? this.#leftBy(by, mailbox, message) : {}),
    };
    if (type === 'voicemail.new' && by !== undefined) this.markLeft(by);
    const call = by && this.#calls.graph.callOf(by);
    if (call === undefined) this.#teller.tell(type, at, data);
    else this.#calls.tell(type, call, at, data);
  }

  /** What the caller's channel tells of a message, and better than the message does. */
  #leftBy(channel: Channel, mailbox: string, message: VoiceMessage | undefined): EventData {
    const told = fileFor(mailbox, channel.messageFile);
    const file = message?.file ?? told;
    const data: Record<string, unknown> = {
      file_path: file,
      folder: message?.folder ?? file?.split('/').at(-2),
    };
    const callerId = this.#calls.callerIdOf(channel);
    const callerName = this.#calls.nameOf(channel);
    if (callerId !== undefined) data['caller_id'] = callerId;
    if (callerName !== undefined) data['caller_name'] = callerName;
    return data;
  }
}

function isFrom(message: VoiceMessage, channel: Channel): boolean {
  return shownNumber(message.callerNumber) === shownNumber(channel.callerNumber);
}

/** The file, if it lies in this mailbox: of a message for several mailboxes only the first one's file is told. */
function fileFor(mailbox: string, file: string | undefined): string | undefined {
  const [box, context] = mailbox.split('@');
  const inside = context === undefined ? `/${box}/` : `/${context}/${box}/`;
  return file?.includes(inside) ? file : undefined;
}
