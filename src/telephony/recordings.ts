import type { Micros } from '../util/clock.ts';
import type { Call } from './call.ts';
import type { Calls } from './calls.ts';
import type { Channel } from './channel.ts';
import type { RecordingFact } from './facts.ts';
import { secondsBetween } from './teller.ts';

/** `recording.completed`, and the `recording` of `call.ended`. */
export class Recordings {
  readonly #calls: Calls;

  constructor(calls: Calls) {
    this.#calls = calls;
  }

  apply(fact: RecordingFact): void {
    const channel = this.#calls.observe(fact.channel, fact.at);
    const call = channel && this.#calls.graph.callOf(channel);
    if (channel === undefined || call === undefined) return;
    if (fact.kind === 'recording.stopped') {
      this.channelGone(channel, call, fact.at);
      return;
    }
    call.recording = { file: fact.file, startedAt: fact.at, channelId: channel.id, completed: false };
  }

  /** A recording ends with its channel. */
  channelGone(channel: Channel, call: Call, at: Micros): void {
    const { recording } = call;
    if (recording === undefined || recording.completed || recording.channelId !== channel.id) return;
    recording.completed = true;
    this.#calls.tell('recording.completed', call, at, {
      file_path: recording.file,
      duration: secondsBetween(recording.startedAt, at),
    });
  }
}
