import { parentPort } from 'node:worker_threads';
import { systemClock } from '../../util/clock.ts';
import { SenderEndpoint } from './endpoint.ts';
import type { ToSender } from './protocol.ts';

const GATHER_MS = 1;

/** Entry of a sender thread. */
if (parentPort !== null) {
  const port = parentPort;
  const endpoint = new SenderEndpoint(systemClock, GATHER_MS, (message) => port.postMessage(message));
  port.on('message', (message: ToSender) => endpoint.receive(message));
}
