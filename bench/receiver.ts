import { once } from 'node:events';
import { createServer } from 'node:http';

export interface BenchReceiver {
  readonly url: string;
  stop(): Promise<void>;
}

/** A receiver in this process, so that one clock measures both ends; `onRequest` gets the `X-Webhook-ID`. */
export async function startReceiver(
  answers: boolean,
  onRequest: (id: string | undefined) => void = () => {},
): Promise<BenchReceiver> {
  const server = createServer((request, response) => {
    onRequest(request.headers['x-webhook-id']?.toString());
    request.resume();
    if (answers) request.once('end', () => response.writeHead(204).end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/hook`,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
