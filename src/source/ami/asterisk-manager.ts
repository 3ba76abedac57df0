import { isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Timer } from '../../util/clock.ts';
import { deferred } from '../../util/deferred.ts';
import { reasonOf } from '../../util/error.ts';
import { serializeAction } from './action.ts';
import { type Answer, Answers } from './answers.ts';
import {
  type AmiAction,
  type AmiConnection,
  type AmiConnectionOptions,
  type AmiFailure,
  type AmiPacket,
  type AmiResult,
  failed,
} from './connection.ts';
import { explainLogin, explainNoBanner, explainNotAsterisk, explainSocket } from './explain.ts';
import { packetOf } from './packet.ts';
import { MAX_PACKET_CHARS, PacketGate } from './packet-gate.ts';
import { openParserSocket, type ParserSocket } from './parser-socket.ts';

/** `OpenAmiConnection` over asterisk-manager 0.2.0: its connection and its parser, behind guards. */
export async function openAsteriskManager(options: AmiConnectionOptions): Promise<AmiResult<AmiConnection>> {
  if (options.signal.aborted) return failed('closed', 'given up before it was opened');
  let connection: AsteriskManagerConnection;
  try {
    connection = new AsteriskManagerConnection(options);
  } catch (error) {
    return failed('unreachable', `cannot connect to ${options.host}:${options.port}: ${reasonOf(error)}`);
  }
  const failure = await connection.open();
  return failure === undefined ? { ok: true, value: connection } : { ok: false, failure };
}

const BANNER = 'Asterisk Call Manager';

/** From the first SYN to the last byte. Whatever ends it, ends it once and for good, with one failure that says why. */
class AsteriskManagerConnection implements AmiConnection {
  readonly #options: AmiConnectionOptions;
  readonly #answers: Answers;
  readonly #gate: PacketGate;
  readonly #parser: ParserSocket;
  readonly #closed = deferred<void>();
  /** Settles with `undefined` when an Asterisk greeted us. */
  readonly #greeted = deferred<AmiFailure | undefined>();
  /** The beginning of the banner, until it was seen whole. */
  #banner: string | undefined = '';
  /** The plain socket, or TLS over it. */
  #wire: Socket;
  #failure: AmiFailure | undefined;
  #isOpen = false;
  #heard = false;
  #watch: Timer | undefined;

  constructor(options: AmiConnectionOptions) {
    this.#options = options;
    this.#answers = new Answers(options.clock);
    this.#gate = new PacketGate((actionId) => this.#answers.isOwn(actionId));
    this.#parser = openParserSocket({ host: options.host, port: options.port }, (item) => this.#onItem(item));
    const { socket } = this.#parser;
    this.#wire = socket;
    socket.setKeepAlive(true, options.deadlines.silence);
    socket.on('error', (error) => this.#onSocketError(error));
    socket.on('close', () => this.#onSocketClose());
    if (options.tls === false) this.#readFrom(socket);
    else socket.once('connect', () => this.#readFrom(this.#secure(socket)));
    options.signal.addEventListener('abort', this.#abort, { once: true });
  }

  get rejected(): number {
    return this.#gate.rejected;
  }

  /** Settles once the PBX accepted the login, or with what ended the connection before. */
  async open(): Promise<AmiFailure | undefined> {
    const { clock, deadlines, username, secret, events } = this.#options;
    const late = clock.after(deadlines.connect, () =>
      this.#end(explainNoBanner(this.#options, deadlines.connect, !this.#parser.socket.connecting)),
    );
    const notGreeted = await this.#greeted.promise;
    late.cancel();
    if (notGreeted !== undefined) return notGreeted;

    const login = { Action: 'Login', Username: username, Secret: secret, Events: events };
    const answer = await this.#send(login, false, deadlines.login);
    if (this.#failure !== undefined) return this.#failure;
    if (!answer.ok) {
      const refused = answer.failure.code === 'refused';
      this.#end(refused ? explainLogin(this.#options, answer.failure) : answer.failure);
      return this.#failure;
    }
    this.#isOpen = true;
    this.#watchSilence(false);
    return undefined;
  }

  async action(action: AmiAction): Promise<AmiResult<AmiPacket>> {
    const answer = await this.#send(action, false, this.#options.deadlines.action);
    return answer.ok ? { ok: true, value: answer.value[0] ?? {} } : answer;
  }

  list(action: AmiAction): Promise<AmiResult<readonly AmiPacket[]>> {
    return this.#send(action, true, this.#options.deadlines.action);
  }

  close(): Promise<void> {
    this.#abort();
    return this.#closed.promise;
  }

  readonly #abort = (): void => {
    this.#isOpen = false;
    this.#end({ code: 'closed', message: 'closed' });
  };

  #send(action: AmiAction, isList: boolean, deadline: number): Promise<Answer> {
    if (this.#failure !== undefined) return Promise.resolve({ ok: false, failure: this.#failure });
    const { actionId, answer } = this.#answers.expect(isList, deadline);
    const text = serializeAction(action, actionId);
    if (text.ok) this.#wire.write(text.value);
    else this.#answers.fail(text.failure, actionId);
    return answer;
  }

  #secure(socket: Socket): Socket {
    const { host, tls } = this.#options;
    const { ca, cert, key, serverName } = typeof tls === 'object' ? tls : {};
    const name = serverName ?? host;
    const secured = connectTls({
      socket,
      host: name,
      ca,
      cert,
      key,
      ...(isIP(name) === 0 && { servername: name }),
    });
    secured.on('error', (error) => this.#onSocketError(error));
    secured.on('close', () => socket.destroy());
    secured.setEncoding('utf8');
    this.#wire = secured;
    return secured;
  }

  #readFrom(wire: Socket): void {
    wire.on('data', (text: string) => this.#read(text));
  }

  #read(text: string): void {
    this.#heard = true;
    const packets = this.#banner === undefined ? text : this.#readBanner(this.#banner + text);
    if (packets === undefined || packets === '') return;
    const wanted = this.#gate.push(packets);
    if (wanted === undefined) {
      const size = `${MAX_PACKET_CHARS / 1024} KiB`;
      this.#end({
        code: 'oversized',
        message: `the PBX sent a packet of more than ${size}: connection given up`,
      });
    } else if (wanted !== '') {
      this.#parser.parse(wanted);
    }
  }

  /** What follows the banner, if it has come whole. */
  #readBanner(said: string): string | undefined {
    const end = said.indexOf('\r\n');
    const isOne =
      end === -1
        ? BANNER.startsWith(said.slice(0, BANNER.length)) && said.length < 200
        : said.startsWith(BANNER);
    if (!isOne) {
      this.#end(explainNotAsterisk(this.#options, said));
      return undefined;
    }
    this.#banner = end === -1 ? said : undefined;
    if (end === -1) return undefined;
    this.#greeted.resolve(undefined);
    return said.slice(end + 2);
  }

  /** Called by the parser: nothing may be thrown into it. */
  #onItem(item: object): void {
    if (this.#failure !== undefined) return;
    try {
      const packet = packetOf(item);
      const actionId = packet['actionid'];
      if (actionId !== undefined && this.#answers.isOwn(actionId)) this.#answers.take(actionId, packet);
      else if (packet['event'] !== undefined) this.#options.onPacket(packet);
    } catch (error) {
      this.#options.logger.error(`an AMI event could not be handled: ${reasonOf(error)}`);
    }
  }

  /** Silence, a Ping, silence again: the PBX, or the way to it, is dead, though TCP may not know for hours. */
  #watchSilence(wasPinged: boolean): void {
    const { clock, deadlines, host, port } = this.#options;
    this.#heard = false;
    this.#watch = clock.after(deadlines.silence, () => {
      if (this.#heard) {
        this.#watchSilence(false);
      } else if (wasPinged) {
        const seconds = (2 * deadlines.silence) / 1000;
        this.#end({
          code: 'silent',
          message: `${host}:${port} said nothing for ${seconds} s, nor answered a Ping`,
        });
      } else {
        void this.#send({ Action: 'Ping' }, false, deadlines.silence);
        this.#watchSilence(true);
      }
    });
  }

  #onSocketError(error: Error): void {
    this.#end(explainSocket(this.#options, error, this.#isOpen));
  }

  #onSocketClose(): void {
    this.#end(explainSocket(this.#options, undefined, this.#isOpen));
    this.#closed.resolve();
  }

  #end(failure: AmiFailure): void {
    if (this.#failure !== undefined) return;
    this.#failure = failure;
    this.#options.signal.removeEventListener('abort', this.#abort);
    this.#watch?.cancel();
    this.#greeted.resolve(failure);
    this.#answers.fail(failure);
    this.#wire.destroy();
    this.#parser.socket.destroy();
    if (!this.#isOpen) return;
    this.#isOpen = false;
    try {
      this.#options.onClose(failure);
    } catch (error) {
      this.#options.logger.error(`the end of an AMI connection could not be handled: ${reasonOf(error)}`);
    }
  }
}
