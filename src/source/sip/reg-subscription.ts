import type { RegistrationFact } from '../../telephony/registration-facts.ts';
import type { Clock, Timer } from '../../util/clock.ts';
import { reasonOf } from '../../util/error.ts';
import type { Logger } from '../../util/log.ts';
import { backoffDelay } from '../backoff.ts';
import type { OwnSrf, SrfDialog, SrfMessage } from './own-srf.ts';
import { RegFacts } from './reg-facts.ts';
import { MAX_REPORT, parseRegInfo } from './reg-info.ts';

/** An account of an outside registrar whose registrations are followed. */
export interface FollowedAccount {
  /** Address of record, such as `sip:1001@registrar.example`. */
  readonly uri: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** Where to send the subscription, if not where `uri` says. */
  readonly proxy?: string | undefined;
}

export interface SubscriptionOptions {
  readonly srf: OwnSrf;
  readonly account: FollowedAccount;
  readonly clock: Clock;
  readonly logger: Logger;
  /** From 0 to 1, not 1. */
  random(): number;
  onFact(fact: RegistrationFact): void;
}

/** Seconds that are asked for. */
const EXPIRES = 3_600;
const EVENT = { Event: 'reg', Accept: 'application/reginfo+xml' };
/** An outside registrar is asked again slowly. */
const BACKOFF = { min: 5_000, max: 600_000 };

/** Follows one account by its registrar's reg-event (RFC 3680), and asks again whenever that ends. */
export class RegSubscription {
  readonly #options: SubscriptionOptions;
  #facts = new RegFacts();
  /** Call-ID of the dialog: a NOTIFY may come before the answer to the SUBSCRIBE. */
  #callId: string | undefined;
  #dialog: SrfDialog | undefined;
  #timer: Timer | undefined;
  #failures = 0;
  #isStopped = false;

  constructor(options: SubscriptionOptions) {
    this.#options = options;
  }

  start(): void {
    void this.#subscribe();
  }

  /** Tells the registrar, but does not wait for its answer. */
  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
    const dialog = this.#dialog;
    this.#dialog = undefined;
    dialog?.request({ method: 'SUBSCRIBE', headers: { ...EVENT, Expires: '0' } }).catch(() => {});
  }

  /** A NOTIFY; false if it is not of this subscription. */
  notified(request: SrfMessage): boolean {
    if (this.#callId === undefined || request.get('Call-ID') !== this.#callId) return false;
    const { body = '' } = request;
    if (body.length > MAX_REPORT) {
      const { account, logger } = this.#options;
      logger.warn(`A report on ${account.uri} was refused: it has ${body.length} characters`);
      return true;
    }
    const info = parseRegInfo(body);
    const facts = info && this.#facts.take(info, this.#options.clock.now());
    for (const fact of facts ?? []) this.#options.onFact(fact);
    // A registrar that refreshes a subscription reports all that there is.
    if (info !== undefined && facts === undefined) this.#after(0, () => this.#refresh());
    return true;
  }

  async #subscribe(): Promise<void> {
    const { srf, account } = this.#options;
    const { uri, proxy, username, password } = account;
    this.#facts = new RegFacts();
    const auth = username === undefined || password === undefined ? undefined : { username, password };
    const headers = { ...EVENT, Expires: String(EXPIRES), From: `<${uri}>`, To: `<${uri}>` };
    try {
      const dialog = await srf.createUAC(
        uri,
        { method: 'SUBSCRIBE', headers, proxy, auth },
        { cbRequest: (_, request) => this.#onSent(request) },
      );
      this.#onDialog(dialog);
    } catch (error) {
      this.#onEnd(`was refused: ${reasonOf(error)}`);
    }
  }

  #onSent(request: SrfMessage | undefined): void {
    this.#callId = request?.get('Call-ID');
  }

  #onDialog(dialog: SrfDialog): void {
    this.#dialog = dialog;
    this.#failures = 0;
    if (this.#isStopped) {
      this.stop();
      return;
    }
    dialog.on('notify', (request, answer) => {
      answer.send(200);
      this.notified(request);
    });
    dialog.on('destroy', () => {
      if (this.#dialog === dialog) this.#onEnd('was ended by the registrar');
    });
    this.#scheduleRefresh(dialog.res);
  }

  #scheduleRefresh(answer: SrfMessage): void {
    const seconds = Number(answer.get('Expires'));
    const granted = Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, EXPIRES) : EXPIRES;
    this.#after(granted * 800, () => this.#refresh());
  }

  async #refresh(): Promise<void> {
    const dialog = this.#dialog;
    const headers = { ...EVENT, Expires: String(EXPIRES) };
    try {
      const answer = await dialog?.request({ method: 'SUBSCRIBE', headers });
      if (dialog === undefined || dialog !== this.#dialog) return;
      if (answer?.status === undefined || answer.status >= 300) this.#onEnd(`is over (${answer?.status})`);
      else this.#scheduleRefresh(answer);
    } catch (error) {
      this.#onEnd(`can't be refreshed: ${reasonOf(error)}`);
    }
  }

  #onEnd(what: string): void {
    this.#dialog = undefined;
    this.#callId = undefined;
    if (this.#isStopped) return;
    this.#failures += 1;
    const { account, logger, random } = this.#options;
    const line = `The subscription to ${account.uri} ${what}`;
    if (this.#failures === 1) logger.warn(line);
    else logger.debug(line);
    this.#after(backoffDelay(this.#failures, random(), BACKOFF), () => this.#subscribe());
  }

  #after(ms: number, work: () => Promise<void>): void {
    this.#timer?.cancel();
    if (!this.#isStopped) this.#timer = this.#options.clock.after(ms, () => void work());
  }
}
