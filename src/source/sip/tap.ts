import { AsyncLocalStorage } from 'node:async_hooks';
import type { Wire } from './host-srf.ts';

export interface TapListener {
  /**
   * A frame from the server, before the application sees it. What it gives goes with all that the application does
   * because of that frame.
   */
  incoming(frame: string): string | undefined;
  /** A frame that the application sends; `because` is what `incoming` gave for the frame that made it do so. */
  outgoing(id: string, frame: string, because: string | undefined): void;
  /** It threw. */
  failed(error: unknown): void;
}

/**
 * Listens to what a drachtio-srf and its server say to each other. Nothing is changed, held up or added: no request
 * passes through here, and an exception ends in `failed`.
 */
export class Tap {
  readonly #wire: Wire;
  readonly #listener: TapListener;
  readonly #shared: SharedTap;

  constructor(wire: Wire, listener: TapListener) {
    this.#wire = wire;
    this.#listener = listener;
    this.#shared = sharedTaps.get(wire) ?? new SharedTap(wire);
    this.#shared.listeners.add(listener);
    sharedTaps.set(wire, this.#shared);
  }

  isOf(wire: Wire): boolean {
    return wire === this.#wire;
  }

  remove(): void {
    const { listeners } = this.#shared;
    if (!listeners.delete(this.#listener) || listeners.size > 0) return;
    sharedTaps.delete(this.#wire);
    this.#shared.remove();
  }
}

/** One a wire: of several, each would stand in for the one before it, which then could not leave first. */
const sharedTaps = new WeakMap<Wire, SharedTap>();

class SharedTap {
  readonly listeners = new Set<TapListener>();
  readonly #wire: Wire;
  readonly #causes = new AsyncLocalStorage<ReadonlyMap<TapListener, string | undefined>>();
  readonly #send: Wire['send'];
  readonly #standIn: Wire['send'];
  readonly #wasOwn: boolean;

  constructor(wire: Wire) {
    this.#wire = wire;
    this.#send = wire.send;
    this.#wasOwn = Object.hasOwn(wire, 'send');
    this.#standIn = (socket, frame) => {
      const id = this.#send.call(wire, socket, frame);
      const causes = this.#causes.getStore();
      this.#each((listener) => listener.outgoing(id, frame, causes?.get(listener)));
      return id;
    };
    wire.prependListener('msg', this.#onFrame);
    wire.send = this.#standIn;
  }

  /** Whoever took our place meanwhile still calls us: without listeners we only pass on. */
  remove(): void {
    this.#wire.removeListener('msg', this.#onFrame);
    this.#causes.disable();
    if (this.#wire.send !== this.#standIn) return;
    if (this.#wasOwn) this.#wire.send = this.#send;
    else Reflect.deleteProperty(this.#wire, 'send');
  }

  readonly #onFrame = (_socket: unknown, frame: string): void => {
    const causes = new Map<TapListener, string | undefined>();
    this.#causes.enterWith(causes);
    this.#each((listener) => causes.set(listener, listener.incoming(frame)));
  };

  #each(tell: (listener: TapListener) => void): void {
    for (const listener of this.listeners) {
      try {
        tell(listener);
      } catch (error) {
        listener.failed(error);
      }
    }
  }
}
