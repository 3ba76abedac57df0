import { once } from 'node:events';
import type { Server } from 'node:http';
import { Command, InvalidArgumentError, Option } from 'commander';
import { CodedError, reasonOf } from '../../util/error.ts';
import { createReceiver, type ReceivedWebhook } from '../receiver.ts';
import { untilAskedToStop } from '../signals.ts';
import { webhookLine } from '../webhook-line.ts';

interface ListenFlags {
  readonly port: number;
  readonly host: string;
  readonly secret?: string;
  readonly json?: true;
}

class ListenError extends CodedError<'listen_failed'> {}

export function listenCommand(): Command {
  return new Command('listen')
    .description('receive webhooks, verify both signatures and print each event; ends at Ctrl-C')
    .addOption(new Option('-p, --port <port>', 'port; 0 takes a free one').argParser(portOf).default(9000))
    .option('--host <address>', 'address to listen on; 0.0.0.0 is all of this machine', '127.0.0.1')
    .addOption(new Option('-s, --secret <secret>', 'the subscription’s secret').env('WEBHOOK_SECRET'))
    .option('--json', 'print one JSON object a line')
    .addHelpText('after', '\nExample:\n  pbx-webhooks listen --port 9000 --secret s3cret')
    .action(listen);
}

async function listen({ port, host, secret, json }: ListenFlags): Promise<void> {
  const print = json ? jsonLine : webhookLine;
  const server = createReceiver({ secret, onWebhook: (webhook) => console.log(print(webhook)) });
  await listening(server, port, host);
  const checks = secret === undefined ? 'no --secret: signatures are not checked' : 'signatures are checked';
  console.error(`Listening on ${urlOf(server, host)} (any path); ${checks}. Ctrl-C ends it.`);
  await untilAskedToStop();
  server.close();
  server.closeAllConnections();
}

function jsonLine(webhook: ReceivedWebhook): string {
  return JSON.stringify(webhook);
}

async function listening(server: Server, port: number, host: string): Promise<void> {
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    const inUse = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
    const reason = inUse ? 'it is in use: choose another with --port' : reasonOf(error);
    throw new ListenError('listen_failed', `can't listen on port ${port}: ${reason}`, { cause: error });
  }
}

function urlOf(server: Server, host: string): string {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : '';
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}/`;
}

function portOf(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError('It has to be a number from 0 to 65535.');
}
