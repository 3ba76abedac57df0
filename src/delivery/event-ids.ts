import type { PublishedEvent } from '../model/event.ts';
import { EVENTS_PER_MS, type EventId, type EventPosition } from '../model/ids.ts';

/** Hands out event ids: `<type>-<epoch ms>`, and `-1`, `-2` … behind it for more of them in one millisecond. */
export class EventIds {
  #ms: number;
  #n = EVENTS_PER_MS - 1;

  /** `lastMs`: newest millisecond of an earlier run; every id lies above it, even if the clock was put back. */
  constructor(lastMs: number) {
    this.#ms = lastMs;
  }

  next(type: string, nowMs: number): Pick<PublishedEvent, 'id' | 'position'> {
    if (nowMs > this.#ms) {
      this.#ms = nowMs;
      this.#n = 0;
    } else {
      this.#n += 1;
      if (this.#n >= EVENTS_PER_MS) {
        this.#ms += 1;
        this.#n = 0;
      }
    }
    return {
      id: (this.#n === 0 ? `${type}-${this.#ms}` : `${type}-${this.#ms}-${this.#n}`) as EventId,
      position: (this.#ms * EVENTS_PER_MS + this.#n) as EventPosition,
    };
  }
}
