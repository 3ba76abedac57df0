import diagnostics from 'node:diagnostics_channel';
import { type NetConnectOpts, Socket } from 'node:net';
import Manager from 'asterisk-manager';

/** asterisk-manager's own connection, with its parser taken off the wire. */
export interface ParserSocket {
  /** The socket that the Manager is opening; nothing reads it yet. */
  readonly socket: Socket;
  /** asterisk-manager's parser: calls `onItem` for each packet in `text`, and keeps what is unfinished. */
  parse(text: string): void;
}

/**
 * Makes a Manager that connects, and takes its socket and parser: the library offers neither, but Node names each
 * new client socket on the channel `net.client.socket`, and the parser is that socket's one `data` listener.
 *
 * The Manager is used for this one connection only, since its buffer survives a reconnect. Its own listener for
 * packets goes: it throws on a UserEvent with a header `UserEvent`, and emits events named Close, End or Error as
 * if they were the socket's. So does its writer: it holds actions back until a login that only it can send, whose
 * `Event:` header Asterisk doesn't know, and sends a CR LF of a value as it is.
 *
 * @throws if this Node does not name its sockets, or for options that `net.connect` throws at.
 */
export function openParserSocket(options: NetConnectOpts, onItem: (item: object) => void): ParserSocket {
  const opened: Socket[] = [];
  const take = (message: unknown): void => {
    if (typeof message !== 'object' || message === null || !('socket' in message)) return;
    if (message.socket instanceof Socket) opened.push(message.socket);
  };
  diagnostics.subscribe('net.client.socket', take);
  let manager: Manager;
  try {
    manager = new Manager(options);
  } finally {
    diagnostics.unsubscribe('net.client.socket', take);
  }
  const [socket] = opened;
  const [parser] = socket?.listeners('data') ?? [];
  if (socket === undefined || parser === undefined) {
    throw new Error('this version of Node hides the sockets of asterisk-manager: use another release of it');
  }
  socket.removeAllListeners('data');
  manager.removeAllListeners('rawevent');
  manager.on('rawevent', onItem);
  return { socket, parse: (text) => parser.call(socket, text) };
}

/** asterisk-manager's parser alone, for recorded bytes: its Manager never gets an address to connect to. */
export function createParser(onItem: (item: object) => void): (text: string) => void {
  const { socket, parse } = openParserSocket(
    { host: 'recording.invalid', port: 1, lookup: () => {} },
    onItem,
  );
  socket.destroy();
  return parse;
}
