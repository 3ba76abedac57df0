import { Dialog } from './dialog.ts';
import { type Line, ownHeaders, requestLoggedIn, SDP } from './line.ts';
import { Media } from './media.ts';
import { header, parameter, responseTo, type SipRequest } from './message.ts';
import { answerDirection, type Direction, describeSession, mediaEndpoint } from './sdp.ts';
import type { ClientTransaction, Endpoint } from './transactions.ts';
import { referTo, referToReplacing, transferStatus } from './transfer.ts';

/** One side of a call. Hang-up, and everything else that both sides can do once they talk. */
abstract class Call {
  readonly #ended = Promise.withResolvers<void>();
  /** Settles when this side knows that the call is over, whoever ended it. */
  readonly ended: Promise<void> = this.#ended.promise;
  protected readonly line: Line;
  protected readonly dialog: Dialog;
  protected established = false;
  readonly #mediaEndpoint: Endpoint;
  readonly #media: Media;
  #sessionVersion = 0;
  #holds = false;
  #transfer: PromiseWithResolvers<number> | undefined;

  constructor(line: Line, dialog: Dialog) {
    this.line = line;
    this.dialog = dialog;
    this.#mediaEndpoint = line.mediaEndpoint();
    this.#media = new Media(this.#mediaEndpoint);
  }

  get callId(): string {
    return this.dialog.callId;
  }

  /** Ends the call from this side: BYE, CANCEL or 603, whatever its state asks for. */
  async hangUp(): Promise<void> {
    if (!this.established) {
      await this.giveUp();
    }
    if (this.established) {
      this.established = false;
      await requestLoggedIn(this.line, (headers) => this.dialog.request('BYE', headers));
      this.finish();
    }
    await this.ended;
  }

  /** Puts the other side on hold; settles when it agreed. */
  async hold(): Promise<void> {
    this.#holds = true;
    await this.#renegotiate('sendonly');
  }

  /** Takes the other side back from hold. */
  async resume(): Promise<void> {
    this.#holds = false;
    await this.#renegotiate('sendrecv');
  }

  /** Sends a tone from now on, until the call ends. */
  speak(): void {
    this.#media.startTone();
  }

  /** Presses keys; settles when the last one was sent. */
  async press(digits: string): Promise<void> {
    await this.#media.press(digits);
  }

  /**
   * Gives the other side to `number` (blind), and leaves the call when that is done. Settles with the status that the
   * other side tells: 200 when it is done, 404 and the like when it can't be.
   */
  async transfer(number: string): Promise<number> {
    const status = await this.#refer(referTo(number, this.line.transactions.server.address, this.#referrer));
    if (status === 200) {
      await this.hangUp();
    }
    return status;
  }

  /** Joins the other sides of this call and of `consultation` (attended), and leaves both; settles as `transfer`. */
  async transferTo(consultation: Call): Promise<number> {
    const status = await this.#refer(referToReplacing(consultation.dialog, this.#referrer));
    if (status === 200) {
      await Promise.all([this.hangUp(), consultation.hangUp()]);
    }
    return status;
  }

  /** Takes a request of the other side inside this call. */
  receive(request: SipRequest): void {
    switch (request.method) {
      case 'BYE':
        this.established = false;
        this.respond(request, 200, 'OK');
        this.finish();
        break;
      case 'INVITE':
        this.respond(request, 200, 'OK', this.answerOffer(request.body));
        break;
      case 'NOTIFY':
        this.respond(request, 200, 'OK');
        this.#followTransfer(transferStatus(request));
        break;
      default:
        this.respond(request, 200, 'OK');
    }
  }

  /** Ends a call that nobody has answered yet; it may be answered meanwhile. */
  protected abstract giveUp(): Promise<unknown>;

  protected finish(): void {
    this.#media.close();
    this.#followTransfer(200);
    this.#ended.resolve();
  }

  protected describe(direction: Direction = 'sendrecv'): string {
    this.#sessionVersion += 1;
    return describeSession(this.#mediaEndpoint, this.#sessionVersion, direction);
  }

  /** The answer to the other side's offer; who holds a call goes on holding it. */
  protected answerOffer(offer: string): string {
    this.takeSession(offer);
    return this.describe(this.#holds ? 'sendonly' : answerDirection(offer));
  }

  protected takeSession(session: string): void {
    this.#media.sendTo(mediaEndpoint(session));
  }

  protected respond(request: SipRequest, status: number, reason: string, body = ''): void {
    const headers: SipRequest['headers'] = [
      ...ownHeaders(this.line),
      ['Contact', this.line.contact],
      ...(body === '' ? [] : [SDP]),
    ];
    this.line.transactions.respond(
      request,
      responseTo(request, status, reason, { tag: this.dialog.localTag, headers, body }),
    );
  }

  get #referrer(): string {
    return `<sip:${this.line.user}@${this.line.transactions.local.address}>`;
  }

  async #renegotiate(direction: Direction): Promise<void> {
    const offer = this.describe(direction);
    const response = await requestLoggedIn(this.line, (headers) =>
      this.dialog.request('INVITE', [...headers, SDP], offer),
    );
    if (response.status !== 200) {
      throw new Error(`the other side answered ${direction} with ${response.status} ${response.reason}`);
    }
    this.line.transactions.acknowledge(this.dialog.ack());
    this.takeSession(response.body);
  }

  async #refer(target: SipRequest['headers']): Promise<number> {
    const transfer = Promise.withResolvers<number>();
    this.#transfer = transfer;
    const { status } = await requestLoggedIn(this.line, (headers) =>
      this.dialog.request('REFER', [...headers, ...target]),
    );
    return status === 202 ? transfer.promise : status;
  }

  #followTransfer(status = 0): void {
    if (status >= 200) {
      this.#transfer?.resolve(status);
    }
  }
}

/** A call that this phone makes. */
export class OutgoingCall extends Call {
  readonly #rang = Promise.withResolvers<void>();
  /** Settles when the other side rings; never, when it does not. */
  readonly rang: Promise<void> = this.#rang.promise;
  /** Settles with the status that the other side answered: 200, 486, 603, 404; 487 after a cancel. */
  readonly answer: Promise<number>;
  #invite: ClientTransaction | undefined;

  constructor(line: Line, from: string, to: string) {
    super(line, Dialog.outgoing(from, to, line.contact));
    this.answer = this.#dial();
    this.answer.catch(() => undefined); // whoever waits for it hears of it
  }

  protected override giveUp(): Promise<unknown> {
    this.#invite?.cancel();
    return this.answer;
  }

  async #dial(): Promise<number> {
    const offer = this.describe();
    const response = await requestLoggedIn(
      this.line,
      (headers) => this.dialog.request('INVITE', [...headers, SDP], offer),
      {
        onSent: (transaction) => {
          this.#invite = transaction;
        },
        onProvisional: ({ status }) => {
          if (status > 100) {
            this.#rang.resolve();
          }
        },
      },
    );
    if (response.status < 300) {
      this.dialog.confirm(response);
      this.takeSession(response.body);
      this.line.transactions.acknowledge(this.dialog.ack());
      this.established = true;
    } else {
      this.finish();
    }
    return response.status;
  }
}

/** A call that came to this phone. */
export class IncomingCall extends Call {
  readonly #invite: SipRequest;
  #open = true;

  constructor(line: Line, invite: SipRequest) {
    super(line, Dialog.incoming(invite, line.contact));
    this.#invite = invite;
  }

  /** The number that calls. */
  get caller(): string {
    return /^sips?:([^@;]*)/.exec(this.dialog.remoteUri)?.[1] ?? '';
  }

  ring(): void {
    this.#answerInvite(180, 'Ringing');
  }

  answer(): void {
    this.#answerInvite(200, 'OK', this.answerOffer(this.#invite.body));
    this.#open = false;
    this.established = true;
  }

  refuse(status: number, reason: string): void {
    this.#answerInvite(status, reason);
    this.#open = false;
    this.finish();
  }

  override receive(request: SipRequest): void {
    super.receive(request);
    if (request.method === 'CANCEL' && this.#open) {
      this.refuse(487, 'Request Terminated');
    }
  }

  protected override async giveUp(): Promise<void> {
    if (this.#open) {
      this.refuse(603, 'Decline');
    }
  }

  /** Once answered, refused or cancelled there is nothing left to say about the INVITE. */
  #answerInvite(status: number, reason: string, body = ''): void {
    if (this.#open) {
      this.respond(this.#invite, status, reason, body);
    }
  }
}

/** Whether a request belongs to a call that exists. */
export function isInDialog(request: SipRequest): boolean {
  return parameter(header(request, 'To'), 'tag') !== undefined || request.method === 'CANCEL';
}
