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

  /** @param channel whose visit, or message, led to the change, if anyone's did */
  tell(
    { type, message }: Change,
    mailbox: string,
    counts: Counts,
    channel: Channel | undefined,
    at: Micros,
  ): void {
    const by = type === 'voicemail.new' && !this.#mayHaveLeft(channel, message) ? undefined : channel;
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

  /** A message may come while its mailbox's owner ends a visit. */
  #mayHaveLeft(channel: Channel | undefined, message: VoiceMessage | undefined): boolean {
    if (channel === undefined) return false;
    if (channel.messageFile !== undefined || message === undefined) return true;
    return shownNumber(message.callerNumber) === this.#calls.callerIdOf(channel);
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

/** The file, if it lies in this mailbox: of a message for several mailboxes only the first one's file is told. */
function fileFor(mailbox: string, file: string | undefined): string | undefined {
  const [box, context] = mailbox.split('@');
  const inside = context === undefined ? `/${box}/` : `/${context}/${box}/`;
  return file?.includes(inside) ? file : undefined;
}
