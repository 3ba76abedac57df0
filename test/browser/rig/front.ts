import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * Stands before a service and shows its receivers under names that mean something, instead of ports that differ each
 * time.
 */
export class Front {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(target: string, names: Readonly<Record<string, string>>): Promise<Front> {
    const server = createServer((incoming, outgoing) => {
      const { url = '/', method, headers } = incoming;
      const { host, origin } = new URL(target);
      const asked = request(origin + url, {
        method,
        headers: { ...headers, host, 'accept-encoding': 'identity' },
      });
      asked.on('response', (answer) => {
        const { 'content-length': _length, ...rest } = answer.headers;
        outgoing.writeHead(answer.statusCode ?? 502, rest);
        answer.setEncoding('utf8');
        answer.on('data', (text: string) => outgoing.write(renamed(text, names)));
        answer.on('end', () => outgoing.end());
      });
      asked.on('error', () => outgoing.destroy());
      outgoing.on('close', () => asked.destroy());
      incoming.pipe(asked);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Front(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

function renamed(text: string, names: Readonly<Record<string, string>>): string {
  return Object.entries(names).reduce((all, [from, to]) => all.replaceAll(from, to), text);
}
