import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** One packet of the manager interface; of a repeated header the first value. */
export type Packet = ReadonlyMap<string, string>;

interface Waiter {
  readonly matches: (packet: Packet) => boolean;
  readonly resolve: (packet: Packet) => void;
  readonly reject: (error: Error) => void;
}

/** A plain client of the manager interface, apart from the product's own, to see for oneself what Asterisk says. */
export class Manager {
  /** Everything that was received, in order. */
  readonly packets: Packet[] = [];
  readonly #closed = Promise.withResolvers<void>();
  /** Settles when the connection is gone, whoever closed it. */
  readonly closed: Promise<void> = this.#closed.promise;
  readonly #socket: Socket;
  readonly #waiters = new Set<Waiter>();
  #buffer = '';
  #actions = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => this.#receive(text));
    socket.on('close', () => {
      this.#fail(new Error('Asterisk closed the manager connection'));
      this.#closed.resolve();
    });
  }

  /** Connects to 127.0.0.1:5038 and logs in; rejects with Asterisk's message when that is refused. */
  static async login(username: string, secret: string): Promise<Manager> {
    const socket = connect(5038, '127.0.0.1');
    await once(socket, 'connect');
    socket.on('error', () => undefined); // 'close' follows and tells it
    const manager = new Manager(socket);
    const response = await manager.action('Login', { Username: username, Secret: secret });
    if (response.get('Response') !== 'Success') {
      manager.close();
      throw new Error(response.get('Message'));
    }
    return manager;
  }

  /** Runs an action; settles with its response (the list that may follow comes as packets). */
  async action(name: string, fields: Readonly<Record<string, string>> = {}): Promise<Packet> {
    this.#actions += 1;
    const id = `rig-${this.#actions}`;
    const lines = Object.entries({ Action: name, ActionID: id, ...fields });
    const response = this.next((packet) => packet.has('Response') && packet.get('ActionID') === id);
    this.#socket.write(`${lines.map(([key, value]) => `${key}: ${value}\r\n`).join('')}\r\n`);
    return response;
  }

  /** The next packet that matches; what came before does not count. */
  next(matches: (packet: Packet) => boolean): Promise<Packet> {
    return new Promise((resolve, reject) => {
      this.#waiters.add({ matches, resolve, reject });
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(text: string): void {
    this.#buffer += text;
    const blocks = this.#buffer.replace(/^Asterisk Call Manager.*\r\n/, '').split('\r\n\r\n');
    this.#buffer = blocks.pop() ?? '';
    for (const block of blocks) {
      this.#take(parsePacket(block));
    }
  }

  #take(packet: Packet): void {
    this.packets.push(packet);
    for (const waiter of this.#waiters) {
      if (waiter.matches(packet)) {
        this.#waiters.delete(waiter);
        waiter.resolve(packet);
      }
    }
  }

  #fail(error: Error): void {
    for (const waiter of this.#waiters) {
      waiter.reject(error);
    }
    this.#waiters.clear();
  }
}

function parsePacket(block: string): Packet {
  const packet = new Map<string, string>();
  for (const line of block.split('\r\n')) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon);
    if (!packet.has(name)) {
      packet.set(name, line.slice(colon + 1).trim());
    }
  }
  return packet;
}
