import { randomUUID } from 'node:crypto';
import { header, parameter, type SipRequest, type SipResponse, uriOf } from './message.ts';

/** Who talks to whom under one Call-ID, and the number of the next request (RFC 3261 12). */
export class Dialog {
  readonly callId: string;
  readonly localTag = randomUUID();
  readonly #local: string;
  readonly #remote: string;
  readonly #contact: string;
  #remoteTag: string | undefined;
  #target: string;
  #number = 0;

  private constructor(callId: string, local: string, remote: string, target: string, contact: string) {
    this.callId = callId;
    this.#local = local;
    this.#remote = remote;
    this.#target = target;
    this.#contact = contact;
  }

  /** For a call that this side makes: `from` and `to` are header values without a tag. */
  static outgoing(from: string, to: string, contact: string): Dialog {
    return new Dialog(randomUUID(), from, to, uriOf(to), contact);
  }

  /** For a call that came in as `invite`. */
  static incoming(invite: SipRequest, contact: string): Dialog {
    const from = header(invite, 'From');
    const dialog = new Dialog(
      header(invite, 'Call-ID'),
      header(invite, 'To'),
      from.replace(/;tag=[^;]*/, ''),
      uriOf(header(invite, 'Contact')),
      contact,
    );
    dialog.#remoteTag = parameter(from, 'tag');
    return dialog;
  }

  /** What the other side calls this dialog; empty before it has answered. */
  get remoteTag(): string {
    return this.#remoteTag ?? '';
  }

  /** Who was called, or who calls. */
  get remoteUri(): string {
    return uriOf(this.#remote);
  }

  /** Takes tag and address of the other side from its answer. */
  confirm(response: SipResponse): void {
    this.#remoteTag = parameter(header(response, 'To'), 'tag');
    this.#target = uriOf(header(response, 'Contact')) || this.#target;
  }

  /** The next request of this side. */
  request(method: string, headers: SipRequest['headers'] = [], body = ''): SipRequest {
    this.#number += 1;
    return this.#build(method, this.#number, headers, body);
  }

  /** The ACK of the last INVITE; it shares that one's number. */
  ack(): SipRequest {
    return this.#build('ACK', this.#number, [], '');
  }

  #build(method: string, number: number, headers: SipRequest['headers'], body: string): SipRequest {
    const remote = this.#remoteTag === undefined ? this.#remote : `${this.#remote};tag=${this.#remoteTag}`;
    return {
      method,
      uri: this.#target,
      headers: [
        ['From', `${this.#local};tag=${this.localTag}`],
        ['To', remote],
        ['Call-ID', this.callId],
        ['CSeq', `${number} ${method}`],
        ['Contact', this.#contact],
        ...headers,
      ],
      body,
    };
  }
}
