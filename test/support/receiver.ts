import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

/** What a receiver does with a request that has come in whole. */
export type Behaviour = (response: ServerResponse, request: IncomingMessage) => void;

export function reply(status: number, body = '', headers: Record<string, string> = {}): Behaviour {
  return (response) => response.writeHead(status, headers).end(body);
}

/** Takes the request and never answers. */
export const hang: Behaviour = () => {};

/** Sends the head of a response and then nothing. */
export const stall: Behaviour = (response) => response.writeHead(200).write('so far');

export const reset: Behaviour = (_response, request) => void request.socket.resetAndDestroy();

/** Closes the connection in the middle of a response. */
export const cut: Behaviour = (response) => {
  response.writeHead(200, { 'content-length': '100' });
  response.write('half', () => response.destroy());
};

/** Not HTTP at all. */
export const garbage: Behaviour = (_response, request) =>
  void request.socket.end('SSH-2.0-OpenSSH_9.6\r\n\r\n');

/** A body without an end, as fast as it is read. */
export const endless: Behaviour = (response) => {
  response.writeHead(200);
  const chunk = Buffer.alloc(64 * 1024, 'x');
  const pour = () => {
    while (!response.destroyed && response.write(chunk));
  };
  response.on('drain', pour);
  pour();
};

/** A real HTTP server, on loopback by default, that records what it gets and does as it is told. */
export class Receiver {
  readonly requests: ReceivedRequest[] = [];
  /** What to do with the next requests; afterwards `behaviour`. */
  readonly script: Behaviour[] = [];
  behaviour: Behaviour = reply(204);
  readonly #server = createServer((request, response) => void this.#take(request, response));
  readonly #watchers = new Set<() => void>();

  static async start(address = '127.0.0.1'): Promise<Receiver> {
    const receiver = new Receiver();
    receiver.#server.listen(0, address);
    await once(receiver.#server, 'listening');
    return receiver;
  }

  get origin(): string {
    const { address, port } = this.#server.address() as AddressInfo;
    return `http://${address}:${port}`;
  }

  url(path = '/hook'): string {
    return `${this.origin}${path}`;
  }

  /** The first `count` requests, on `path` alone if given, as soon as they are there. */
  received(count: number, path?: string): Promise<readonly ReceivedRequest[]> {
    return new Promise((resolve) => {
      const check = () => {
        const matching = this.requests.filter((request) => path === undefined || request.path === path);
        if (matching.length >= count) {
          this.#watchers.delete(check);
          resolve(matching);
        }
      };
      this.#watchers.add(check);
      check();
    });
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    response.on('error', () => {});
    try {
      for await (const chunk of request) {
        chunks.push(chunk);
      }
    } catch {
      return;
    }
    this.requests.push({
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      rawHeaders: request.rawHeaders,
      body: Buffer.concat(chunks).toString(),
    });
    (this.script.shift() ?? this.behaviour)(response, request);
    for (const check of this.#watchers) {
      check();
    }
  }
}
