import { lookup } from 'node:dns/promises';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { reasonOf } from '../../util/error.ts';

export interface Place {
  readonly host: string;
  readonly port: number;
}

/** What a plain TCP client meets at a place. */
export type Answer =
  | { readonly kind: 'unresolved'; readonly reason: string }
  | { readonly kind: 'refused' }
  | { readonly kind: 'unreachable'; readonly reason: string }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'closed' }
  | { readonly kind: 'silent' }
  | { readonly kind: 'spoke'; readonly text: string };

/** Milliseconds in which whoever speaks first has spoken. */
const GREETING_MS = 1_000;

/** Connects and listens; with `say`, sends that first. Never rejects. */
export async function knock(place: Place, timeoutMs: number, say = ''): Promise<Answer> {
  try {
    await answeredIn(timeoutMs, lookup(place.host));
  } catch (error) {
    return { kind: 'unresolved', reason: reasonOf(error) };
  }
  return new Promise((resolve) => {
    const socket = connect({ ...place, noDelay: true });
    const settle = (answer: Answer): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    let timer = setTimeout(() => settle({ kind: 'timeout' }), timeoutMs);
    socket.on('error', (error) => settle(refusalOf(error)));
    socket.on('end', () => settle({ kind: 'closed' }));
    socket.on('data', (bytes: Buffer) => settle({ kind: 'spoke', text: bytes.toString('latin1') }));
    socket.on('connect', () => {
      clearTimeout(timer);
      timer = setTimeout(() => settle({ kind: 'silent' }), Math.min(GREETING_MS, timeoutMs));
      if (say !== '') socket.write(say);
    });
  });
}

/** Of a question that nobody may ever answer, such as one to a silent name server; rejects when it takes too long. */
export async function answeredIn<T>(timeoutMs: number, question: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`no answer within ${timeoutMs / 1000} s`)), timeoutMs);
  try {
    return await Promise.race([question, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Whether a TLS server listens there, whatever its certificate. Never rejects. */
export function speaksTls(place: Place, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectTls({ ...place, rejectUnauthorized: false });
    const settle = (speaks: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(speaks);
    };
    const timer = setTimeout(() => settle(false), timeoutMs);
    socket.on('error', () => settle(false));
    socket.on('close', () => settle(false));
    socket.on('secureConnect', () => settle(true));
  });
}

/** What speaks at a place that stays silent until it is spoken to; undefined if that does not show. */
export async function protocolOf(place: Place, timeoutMs: number): Promise<string | undefined> {
  if (await speaksTls(place, timeoutMs)) return 'TLS';
  const answer = await knock(place, timeoutMs, 'GET / HTTP/1.0\r\n\r\n');
  return answer.kind === 'spoke' ? protocolBegunBy(answer.text) : undefined;
}

/** By the first bytes of a server. */
export function protocolBegunBy(text: string): string | undefined {
  return BEGINNINGS.find(([beginning]) => beginning.test(text))?.[1];
}

const BEGINNINGS: readonly (readonly [beginning: RegExp, protocol: string])[] = [
  [/^Asterisk Call Manager\//, 'an Asterisk manager interface'],
  [/^HTTP\/\d/, 'HTTP'],
  [/^SIP\/2\.0/, 'SIP'],
  [/^SSH-/, 'SSH'],
  [/^220[ -]/, 'SMTP or FTP'],
  [/^\d+#/, 'drachtio'],
];

function refusalOf(error: Error): Answer {
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ECONNREFUSED') return { kind: 'refused' };
  if (code === 'ECONNRESET') return { kind: 'closed' };
  if (code === 'ETIMEDOUT') return { kind: 'timeout' };
  return { kind: 'unreachable', reason: reasonOf(error) };
}

export function shownPlace({ host, port }: Place): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** What a server said, for a person: its first line, and no more of it than a line holds. */
export function excerptOf(text: string): string {
  const [line = ''] = text.split(/\r?\n/, 1);
  return JSON.stringify(line.slice(0, 60));
}
