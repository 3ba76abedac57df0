import { connect, isIP, type Socket } from 'node:net';
import { StringDecoder } from 'node:string_decoder';
import { checkServerIdentity, connect as connectTls, type PeerCertificate } from 'node:tls';
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
import { MAX_PACKET_CHARS, PacketReader } from './packet-reader.ts';

/** {@link OpenAmiConnection} over TCP or TLS. */
export async function openAmiClient(options: AmiConnectionOptions): Promise<AmiResult<AmiConnection>> {
  if (options.signal.aborted) return failed('closed', 'given up before it was opened');
  let connection: AmiClient;
  try {
    connection = new AmiClient(options);
  } catch (error) {
    return failed('unreachable', `cannot connect to ${options.host}:${options.port}: ${reasonOf(error)}`);
  }
  const failure = await connection.open();
  return failure === undefined ? { ok: true, value: connection } : { ok: false, failure };
}

const BANNER = 'Asterisk Call Manager';

/** One for all connections: what a read puts there has been made a text before the next read. */
const received = Buffer.allocUnsafeSlow(64 * 1024);

/** From the first SYN to the last byte. Whatever ends it, ends it once and for good, with one failure that says why. */
class AmiClient implements AmiConnection {
  readonly #options: AmiConnectionOptions;
  readonly #answers: Answers;
  readonly #packets: PacketReader;
  readonly #socket: Socket;
  readonly #decoder = new StringDecoder('utf8');
  readonly #closed = deferred<void>();
  /** Settles with `undefined` when an Asterisk greeted us. */
  readonly #greeted = deferred<AmiFailure | undefined>();
  /** The beginning of the banner, until it was seen whole. */
  #banner: string | undefined = '';
  #failure: AmiFailure | undefined;
  #isOpen = false;
  #heard = false;
  #watch: Timer | undefined;

  constructor(options: AmiConnectionOptions) {
    this.#options = options;
    this.#answers = new Answers(options.clock);
    this.#packets = new PacketReader(
      (actionId) => this.#answers.isOwn(actionId),
      (packet) => this.#onPacket(packet),
    );
    this.#socket = openSocket(options, (length) =>
      this.#read(this.#decoder.write(received.subarray(0, length))),
    )
      .setNoDelay(true)
      .setKeepAlive(true, options.deadlines.silence)
      .on('error', (error) => this.#onSocketError(error))
      .on('end', () => this.#socket.destroy())
      .on('close', () => this.#onSocketClose());
    options.signal.addEventListener('abort', this.#abort, { once: true });
  }

  get rejected(): number {
    return this.#packets.rejected;
  }

  /** Settles once the PBX accepted the login, or with what ended the connection before. */
  async open(): Promise<AmiFailure | undefined> {
    const { clock, deadlines, username, secret, events } = this.#options;
    const late = clock.after(deadlines.connect, () =>
      this.#end(explainNoBanner(this.#options, deadlines.connect, !this.#socket.connecting)),
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
    if (text.ok) this.#socket.write(text.value);
    else this.#answers.fail(text.failure, actionId);
    return answer;
  }

  #read(text: string): void {
    this.#heard = true;
    const packets = this.#banner === undefined ? text : this.#readBanner(this.#banner + text);
    if (packets === undefined || packets === '') return;
    if (this.#packets.push(packets)) return;
    const size = `${MAX_PACKET_CHARS / 1024} KiB`;
    this.#end({
      code: 'oversized',
      message: `the PBX sent a packet of more than ${size}: connection given up`,
    });
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

  #onPacket(packet: AmiPacket): void {
    if (this.#failure !== undefined) return;
    try {
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
    this.#socket.destroy();
    if (!this.#isOpen) return;
    this.#isOpen = false;
    try {
      this.#options.onClose(failure);
    } catch (error) {
      this.#options.logger.error(`the end of an AMI connection could not be handled: ${reasonOf(error)}`);
    }
  }
}

/** `onBytes`: so many bytes lie in {@link received}. */
function openSocket({ host, port, tls }: AmiConnectionOptions, onBytes: (length: number) => void): Socket {
  const onread = {
    buffer: received,
    callback: (length: number) => {
      onBytes(length);
      return true;
    },
  };
  if (tls === false) return connect({ host, port, onread });
  const { ca, cert, key, serverName } = typeof tls === 'object' ? tls : {};
  const name = serverName ?? host;
  const secured = {
    host,
    port,
    ca,
    cert,
    key,
    // No name is sent for an address (RFC 6066, 3).
    ...(isIP(name) === 0 && { servername: name }),
    checkServerIdentity: (_dialled: string, certificate: PeerCertificate) =>
      checkServerIdentity(name, certificate),
    onread,
  };
  return connectTls(secured);
}
