import { readFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { listenOnLoopback } from '../../src/source/ami/playback.ts';
import {
  answerOf,
  parseAction,
  type ReceivedAction,
  responseTo,
} from '../../src/source/ami/playback-answers.ts';
import { createRecorder, type Recorder } from './recorder.ts';

const tlsFile = (name: string): string =>
  readFileSync(new URL(`../fixtures/tls/${name}`, import.meta.url), 'utf8');
/** A self-signed certificate for `localhost` and 127.0.0.1. */
export const TLS_CERT = tlsFile('cert.pem');
const TLS_KEY = tlsFile('key.pem');

/** What the server does other than a healthy Asterisk. */
export interface AmiFaults {
  /** Sent at once; `''` sends nothing. Default: Asterisk's own. */
  readonly banner?: string;
  /** Default `accept`. */
  readonly login?: 'accept' | 'refuse' | 'ignore' | 'shutting-down' | 'in-use';
  /** Sent right after the accepted login. */
  readonly stream?: string | Uint8Array;
  /** After `stream`: go on (default), end the connection, or reset it. */
  readonly afterwards?: 'end' | 'reset';
  /** Answers an action; `undefined`: not at all. Default: an empty PBX's answers. */
  answer?(action: ReceivedAction): string | undefined;
  readonly tls?: boolean;
}

export interface AmiServer {
  readonly port: number;
  /** Every action that came, in order. */
  readonly actions: Recorder<ReceivedAction>;
  /** Every connection that was made, in order. */
  readonly sockets: Recorder<Socket>;
  /** Connections that are open now. */
  readonly open: number;
  /** Sends to every client. */
  send(text: string | Uint8Array): void;
  close(): Promise<void>;
}

/** A fake AMI server on loopback, healthy but for `faults`; `faults` are read anew for each connection. */
export async function startAmiServer(faults: AmiFaults = {}, port = 0): Promise<AmiServer> {
  const actions = createRecorder<ReceivedAction>();
  const sockets = createRecorder<Socket>();
  const alive = new Set<Socket>();
  const onClient = (socket: Socket): void => {
    alive.add(socket);
    socket.setNoDelay(true);
    socket.on('close', () => alive.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.write(faults.banner ?? 'Asterisk Call Manager/11.0.0\r\n');
    onActions(socket, (action) => {
      const isLogin = action.get('action')?.toLowerCase() === 'login';
      const answer = isLogin ? loginAnswer(action, faults) : (faults.answer ?? answerOf)(action);
      if (answer !== undefined) socket.write(answer);
      if (isLogin && (faults.login ?? 'accept') === 'accept') afterLogin(socket, faults);
      actions.add(action);
    });
    sockets.add(socket);
  };
  const server =
    faults.tls === true
      ? createTlsServer({ key: TLS_KEY, cert: TLS_CERT }, onClient)
      : createServer(onClient);
  server.on('tlsClientError', () => {});
  const listening = await listenOnLoopback(server, port);
  return {
    port: listening,
    actions,
    sockets,
    get open() {
      return alive.size;
    },
    send(text) {
      for (const socket of alive) socket.write(text);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of alive) socket.destroy();
      }),
  };
}

function onActions(socket: Socket, act: (action: ReceivedAction) => void): void {
  let received = '';
  socket.setEncoding('utf8');
  socket.on('data', (text: string) => {
    received += text;
    for (let end = received.indexOf('\r\n\r\n'); end !== -1; end = received.indexOf('\r\n\r\n')) {
      const action = parseAction(received.slice(0, end));
      received = received.slice(end + 4);
      act(action);
    }
  });
}

function loginAnswer(action: ReceivedAction, faults: AmiFaults): string | undefined {
  switch (faults.login ?? 'accept') {
    case 'accept':
      return responseTo(action, 'Success', 'Message: Authentication accepted\r\n');
    case 'refuse':
      return responseTo(action, 'Error', 'Message: Authentication failed\r\n');
    case 'shutting-down':
      return responseTo(action, 'Error', 'Message: Asterisk is shutting down\r\n');
    case 'in-use':
      return responseTo(action, 'Error', 'Message: Login Already In Use\r\n');
    case 'ignore':
      return undefined;
  }
}

function afterLogin(socket: Socket, faults: AmiFaults): void {
  if (faults.stream !== undefined) socket.write(faults.stream);
  if (faults.afterwards === 'end') socket.end();
  if (faults.afterwards === 'reset') socket.resetAndDestroy();
}
