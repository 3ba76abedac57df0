import type { Micros } from '../util/clock.ts';
import type { Call, Recording } from './call.ts';
import type { Calls } from './calls.ts';
import type { Channel } from './channel.ts';
import type { RecordingFact } from './facts.ts';
import { secondsBetween } from './teller.ts';

/** A dial plan that begins one after the other and never says that they end must not fill the memory. */
const MAX_RUNNING = 100;

/** `recording.completed`, and the `recording` of `call.ended`. A call may have several at once. */
export class Recordings {
  readonly #calls: Calls;

  constructor(calls: Calls) {
    this.#calls = calls;
  }

  apply(fact: RecordingFact): void {
    const { at } = fact;
    const channel = this.#calls.observe(fact.channel, at);
    const call = channel && this.#calls.graph.callOf(channel);
    if (channel === undefined || call === undefined) return;
    if (fact.kind === 'recording.stopped') {
      this.#stopLast(channel, call, at);
      return;
    }
    call.recordings.push({ file: fact.file, startedAt: at, channelId: channel.id });
    call.recording = fact.file;
    if (call.recordings.length > MAX_RUNNING) call.recordings.shift();
    this.#calls.remember(call);
  }

  /** A recording ends with its channel. */
  channelGone(channel: Channel, call: Call, at: Micros): void {
    const { recordings } = call;
    if (recordings.length === 0) return;
    const ended = recordings.filter(({ channelId }) => channelId === channel.id);
    recordings.splice(0, Infinity, ...recordings.filter(({ channelId }) => channelId !== channel.id));
    for (const recording of ended) this.#tellCompleted(recording, call, at);
  }

  /** Of several on one channel the one that began last is stopped (app_mixmonitor.c finds it first). */
  #stopLast(channel: Channel, call: Call, at: Micros): void {
    const index = call.recordings.findLastIndex(({ channelId }) => channelId === channel.id);
    for (const recording of call.recordings.splice(index, index === -1 ? 0 : 1)) {
      this.#tellCompleted(recording, call, at);
    }
  }

  #tellCompleted({ file, startedAt }: Recording, call: Call, at: Micros): void {
    const duration = secondsBetween(startedAt, at);
    this.#calls.tell('recording.completed', call, at, { file_path: file, duration });
  }
}
