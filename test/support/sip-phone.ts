import { sip } from './sip-text.ts';

/** Where a fake phone sends from. */
export interface Place {
  readonly address: string;
  readonly port: number;
  readonly transport: string;
}

export const DESK: Place = { address: '192.0.2.10', port: 5062, transport: 'udp' };

/** SDP of one audio stream. */
export function audio(direction = 'sendrecv', address = '192.0.2.10'): string {
  return [
    'v=0',
    `o=- 1 1 IN IP4 ${address}`,
    's=-',
    `c=IN IP4 ${address}`,
    't=0 0',
    'm=audio 6000 RTP/AVP 0',
    'a=rtpmap:0 PCMU/8000',
    `a=${direction}`,
    '',
  ].join('\r\n');
}

export interface RegisterOptions {
  readonly extension?: string;
  readonly contacts?: readonly string[];
  readonly expires?: number;
  readonly callId?: string;
  readonly more?: readonly string[];
}

/** A REGISTER as a desk phone sends it. */
export function register(options: RegisterOptions = {}): string {
  const { extension = '1001', expires = 300, callId = 'reg-1@192.0.2.10', more = [] } = options;
  const contacts = options.contacts ?? [`<sip:${extension}@192.0.2.10:5062>`];
  return sip('REGISTER sip:pbx.example SIP/2.0', [
    'Via: SIP/2.0/UDP 192.0.2.10:5062;rport=5062;branch=z9hG4bK1',
    `From: "Zoë 📞" <sip:${extension}@pbx.example>;tag=r1`,
    `To: <sip:${extension}@pbx.example>`,
    `Call-ID: ${callId}`,
    'CSeq: 1 REGISTER',
    ...contacts.map((contact) => `Contact: ${contact}`),
    `Expires: ${expires}`,
    'User-Agent: Yealink SIP-T46U 108.86.0.45',
    'Max-Forwards: 70',
    ...more,
  ]);
}

/** A phone in one call: it began it, or (with `tags`) was called. */
export class SipPhone {
  readonly number: string;
  readonly callId: string;
  readonly #host: string;
  readonly #tags: { readonly own: string; readonly other: string };
  #cseq = 0;

  constructor(
    number: string,
    callId: string,
    { own = 'caller', other = 'server', host = 'pbx.example' } = {},
  ) {
    this.number = number;
    this.callId = callId;
    this.#host = host;
    this.#tags = { own, other };
  }

  /** As drachtio-server names the dialog that this phone began. */
  get dialogId(): string {
    return `${this.callId};from-tag=${this.#tags.own}`;
  }

  invite(to: string, more: readonly string[] = [], body = audio()): string {
    return this.#request('INVITE', `sip:${to}@pbx.example`, `<sip:${to}@pbx.example>`, more, body);
  }

  cancel(to: string): string {
    return this.#request('CANCEL', `sip:${to}@pbx.example`, `<sip:${to}@pbx.example>`, []);
  }

  /** A request within the dialog. */
  within(method: string, more: readonly string[] = [], body = ''): string {
    return this.#request(
      method,
      'sip:127.0.0.1:5060',
      `<sip:x@pbx.example>;tag=${this.#tags.other}`,
      more,
      body,
    );
  }

  #request(method: string, uri: string, to: string, more: readonly string[], body = ''): string {
    this.#cseq += 1;
    return sip(
      `${method} ${uri} SIP/2.0`,
      [
        'Via: SIP/2.0/UDP 192.0.2.10:5062;rport=5062;branch=z9hG4bK2',
        `From: "Phone ${this.number}" <sip:${this.number}@${this.#host}>;tag=${this.#tags.own}`,
        `To: ${to}`,
        `Call-ID: ${this.callId}`,
        `CSeq: ${this.#cseq} ${method}`,
        `Contact: <sip:${this.number}@192.0.2.10:5062>`,
        'Max-Forwards: 70',
        ...(body === '' ? [] : ['Content-Type: application/sdp']),
        ...more,
      ],
      body,
    );
  }
}
