import { createServer, type Server, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Clock, type Micros, micro, systemClock } from '../../util/clock.ts';
import { deferred } from '../../util/deferred.ts';
import { answerOf, parseAction, type ReceivedAction, responseTo } from './playback-answers.ts';
import { createRewrite, timestampOf } from './playback-rewrite.ts';

export interface PlaybackOptions {
  /** Recorded bytes as a client gets them after its login, played one after the other to each client. */
  readonly streams: readonly Uint8Array[];
  /**
   * `whole`: all at once. `{ pieces: n }`: n bytes at a time, wherever that cuts a packet. `{ speed: x }`: packet by
   * packet, x times as fast as the streams' own `Timestamp`s.
   */
  readonly pace: 'whole' | { readonly pieces: number } | { readonly speed: number };
  /** With `speed` only: gives each play the time of day, and ids of channels and bridges never used before. */
  readonly rewrite?: boolean;
  /** After the last stream: begin anew, wait for the client, or end the connection. Default `wait`. */
  readonly atEnd?: 'repeat' | 'wait' | 'end';
  /** Default: any login is accepted. */
  readonly account?: { readonly username: string; readonly secret: string };
  readonly clock?: Clock;
}

/** An AMI server on the loopback interface that plays recorded streams to whoever logs in. */
export interface Playback {
  /** Begins to serve on a free port, or the given one; settles with it. */
  listen(port?: number): Promise<number>;
  /** Ends all connections and serves no more. */
  close(): Promise<void>;
}

export function createPlayback(options: PlaybackOptions): Playback {
  const players = new Set<Player>();
  const numbers = numbersFromOne();
  const server = createServer((socket) => {
    const player = new Player(socket, options, numbers);
    players.add(player);
    socket.once('close', () => players.delete(player));
  });
  return {
    listen: (port = 0) => listenOnLoopback(server, port),
    async close() {
      const closed = deferred<void>();
      server.close(() => closed.resolve());
      for (const player of players) player.end();
      await closed.promise;
    },
  };
}

/** Listens on 127.0.0.1; settles with the port. */
export async function listenOnLoopback(server: Server, port: number): Promise<number> {
  const listening = deferred<void>();
  server.once('error', listening.reject);
  server.listen(port, '127.0.0.1', () => listening.resolve());
  await listening.promise;
  server.off('error', listening.reject);
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}

const PACKET_END = '\r\n\r\n';

/** One client: reads its actions, answers them between packets, and plays to it. */
class Player {
  readonly #socket: Socket;
  readonly #options: PlaybackOptions;
  readonly #numbers: Numbers;
  readonly #clock: Clock;
  /** Answers wait here while the client has got but half a packet. */
  readonly #answers: string[] = [];
  #received = '';
  #isInPieces = false;

  constructor(socket: Socket, options: PlaybackOptions, numbers: Numbers) {
    this.#socket = socket;
    this.#options = options;
    this.#numbers = numbers;
    this.#clock = options.clock ?? systemClock;
    socket.setNoDelay(true);
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => this.#read(text));
    socket.on('error', () => socket.destroy());
    socket.write('Asterisk Call Manager/11.0.0\r\n');
  }

  end(): void {
    this.#socket.destroy();
  }

  #read(text: string): void {
    this.#received += text;
    for (;;) {
      const end = this.#received.indexOf('\r\n\r\n');
      if (end === -1) return;
      const action = parseAction(this.#received.slice(0, end));
      this.#received = this.#received.slice(end + 4);
      this.#act(action);
    }
  }

  #act(action: ReceivedAction): void {
    const name = action.get('action')?.toLowerCase();
    if (name === 'login') this.#login(action);
    else if (name === 'logoff')
      this.#socket.end(responseTo(action, 'Success', 'Message: Thanks for all the fish.\r\n'));
    else this.#answer(answerOf(action));
  }

  #login(action: ReceivedAction): void {
    const { account } = this.#options;
    const isRight =
      account === undefined ||
      (action.get('username') === account.username && action.get('secret') === account.secret);
    if (!isRight) {
      this.#socket.end(responseTo(action, 'Error', 'Message: Authentication failed\r\n'));
      return;
    }
    this.#socket.write(responseTo(action, 'Success', 'Message: Authentication accepted\r\n'));
    void this.#playAll();
  }

  async #playAll(): Promise<void> {
    const { streams, pace, atEnd } = this.#options;
    this.#isInPieces = typeof pace === 'object' && 'pieces' in pace;
    do {
      for (const stream of streams) await this.#play(Buffer.from(stream));
    } while (atEnd === 'repeat' && streams.length > 0 && !this.#socket.destroyed);
    this.#isInPieces = false;
    this.#flushAnswers();
    if (atEnd === 'end') this.#socket.end();
  }

  #play(stream: Buffer): Promise<void> {
    const { pace } = this.#options;
    if (pace === 'whole') return this.#write(stream);
    return 'pieces' in pace ? this.#playPieces(stream, pace.pieces) : this.#playLive(stream, pace.speed);
  }

  async #playPieces(stream: Buffer, size: number): Promise<void> {
    for (let at = 0; at < stream.length && !this.#socket.destroyed; ) {
      let end = Math.min(at + size, stream.length);
      if (this.#answers.length > 0) {
        const boundary = packetEnd(stream, at);
        if (boundary === at) this.#flushAnswers();
        else end = Math.min(end, boundary);
      }
      await this.#write(stream.subarray(at, end));
      // Lets a client in this process read the piece by itself, as one from afar would.
      await nextTurn();
      at = end;
    }
  }

  async #playLive(stream: Buffer, speed: number): Promise<void> {
    const rewrite = this.#options.rewrite === true ? createRewrite(this.#numbers) : undefined;
    const startedAt = this.#clock.now();
    let firstAt: Micros | undefined;
    for (const packet of stream.toString('latin1').split(/(?<=\r\n\r\n)/)) {
      const at = timestampOf(packet);
      firstAt ??= at;
      if (at !== undefined && firstAt !== undefined) {
        await this.#until(micro(startedAt + (at - firstAt) / speed));
      }
      if (this.#socket.destroyed) return;
      await this.#write(Buffer.from(rewrite?.(packet, this.#clock.now()) ?? packet, 'latin1'));
    }
  }

  #until(dueAt: Micros): Promise<void> {
    const left = (dueAt - this.#clock.now()) / 1000;
    if (left <= 0) return Promise.resolve();
    const due = deferred<void>();
    this.#clock.after(left, () => due.resolve());
    return due.promise;
  }

  #write(bytes: Buffer): Promise<void> {
    const written = deferred<void>();
    this.#socket.write(bytes, () => written.resolve());
    return written.promise;
  }

  #answer(text: string): void {
    if (this.#isInPieces) this.#answers.push(text);
    else this.#socket.write(text);
  }

  #flushAnswers(): void {
    for (const answer of this.#answers.splice(0)) this.#socket.write(answer);
  }
}

/** `at` itself where a packet begins there, else the end of the packet around it. */
function packetEnd(stream: Buffer, at: number): number {
  if (at === 0 || stream.subarray(at - 4, at).toString('latin1') === PACKET_END) return at;
  const end = stream.indexOf(PACKET_END, Math.max(0, at - 3), 'latin1');
  return end === -1 ? stream.length : end + PACKET_END.length;
}

interface Numbers {
  next(): number;
}

function numbersFromOne(): Numbers {
  let last = 0;
  return {
    next: () => {
      last += 1;
      return last;
    },
  };
}
