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
  readonly #cause = new AsyncLocalStorage<string | undefined>();
  readonly #send: Wire['send'];
  readonly #standIn: Wire['send'];
  readonly #wasOwn: boolean;

  constructor(wire: Wire, listener: TapListener) {
    this.#wire = wire;
    this.#listener = listener;
    this.#send = wire.send;
    this.#wasOwn = Object.hasOwn(wire, 'send');
    this.#standIn = (socket, frame) => {
      const id = this.#send.call(wire, socket, frame);
      this.#guard(() => this.#listener.outgoing(id, frame, this.#cause.getStore()));
      return id;
    };
    wire.prependListener('msg', this.#onFrame);
    wire.send = this.#standIn;
  }

  isOf(wire: Wire): boolean {
    return wire === this.#wire;
  }

  remove(): void {
    this.#wire.removeListener('msg', this.#onFrame);
    this.#cause.disable();
    // Whoever took our place meanwhile still calls us: from now on we only pass on.
    this.#guard = () => {};
    if (this.#wire.send !== this.#standIn) return;
    if (this.#wasOwn) this.#wire.send = this.#send;
    else Reflect.deleteProperty(this.#wire, 'send');
  }

  readonly #onFrame = (_socket: unknown, frame: string): void => {
    this.#cause.enterWith(undefined);
    this.#guard(() => this.#cause.enterWith(this.#listener.incoming(frame)));
  };

  #guard = (watch: () => void): void => {
    try {
      watch();
    } catch (error) {
      this.#listener.failed(error);
    }
  };
}
