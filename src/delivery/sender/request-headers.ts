import type { EnvelopeParts } from '../../model/event.ts';
import type { Micros } from '../../util/clock.ts';
import type { Body } from '../body.ts';
import {
  BODY_SIGNATURE_HEADER,
  ID_HEADER,
  SIGNATURE_HEADER,
  type SigningKeys,
  signBody,
  signingKeys,
  signStandard,
  TIMESTAMP_HEADER,
  timestampOf,
  webhookIdOf,
} from '../signature.ts';
import type { Target } from './protocol.ts';
import type { Utf8 } from './utf8.ts';

type MadeBody = Extract<Body, { kind: 'made' }>;

/** What headers tell of an attempt: of a batch its own id, and `batch` for a type. */
export interface AttemptOf {
  readonly event: Pick<EnvelopeParts, 'id' | 'type'>;
  readonly attempt: number;
}

/** Headers that a subscription never sets, whatever its record says: signatures, and those of the connection. */
const NEVER_OVERRIDDEN: ReadonlySet<string> = new Set(
  [
    BODY_SIGNATURE_HEADER,
    ID_HEADER,
    TIMESTAMP_HEADER,
    SIGNATURE_HEADER,
    'Host',
    'Content-Length',
    'Transfer-Encoding',
    'Connection',
    'Keep-Alive',
    'Upgrade',
    'Expect',
  ].map((name) => name.toLowerCase()),
);

const TYPE_HEADER = 'X-Webhook-Event';
const EVENT_ID_HEADER = 'X-Webhook-ID';
const ATTEMPT_HEADER = 'X-Webhook-Attempt';

/** Makes the headers of a target's requests; what is the same for all of them is made once. */
export class RequestHeaders {
  /** Names and values in turn. */
  readonly #fixed: readonly string[];
  readonly #own: ReadonlySet<string>;
  readonly #keys: readonly SigningKeys[];

  constructor({ headers, secrets, content }: Pick<Target, 'headers' | 'secrets' | 'content'>) {
    const own = Object.entries(headers).filter(([name]) => !NEVER_OVERRIDDEN.has(name.toLowerCase()));
    this.#own = new Set(own.map(([name]) => name.toLowerCase()));
    const type = content === undefined ? [['Content-Type', 'application/json']] : [];
    const guide = [...type, ['User-Agent', 'PBX-Webhook/1.0']].filter(
      ([name = '']) => !this.#own.has(name.toLowerCase()),
    );
    this.#fixed = [...guide, ...own].flat();
    this.#keys = secrets.map(signingKeys);
  }

  /**
   * For one attempt, begun `at` then; `body` holds the exact bytes that will be sent, and `made` tells what
   * they are where the target has a content of its own.
   */
  of({ event, attempt }: AttemptOf, body: Utf8, at: Micros, made?: MadeBody): string[] {
    const headers = this.#fixed.slice();
    if (made !== undefined) {
      this.#push(headers, 'Content-Type', made.contentType);
      for (const [name, value] of Object.entries(made.headers ?? {})) {
        this.#push(headers, name, value);
      }
    }
    this.#push(headers, TYPE_HEADER, event.type);
    this.#push(headers, EVENT_ID_HEADER, event.id);
    this.#push(headers, ATTEMPT_HEADER, String(attempt));
    const [first, ...others] = this.#keys;
    if (first !== undefined) {
      const id = webhookIdOf(event.id);
      const timestamp = timestampOf(at);
      let signatures = signStandard(first, id, timestamp, body);
      for (const key of others) {
        signatures += ` ${signStandard(key, id, timestamp, body)}`;
      }
      headers.push(BODY_SIGNATURE_HEADER, signBody(first, body));
      headers.push(ID_HEADER, id, TIMESTAMP_HEADER, timestamp, SIGNATURE_HEADER, signatures);
    }
    return headers;
  }

  #push(headers: string[], name: string, value: string): void {
    if (this.#own.size === 0 || !this.#own.has(name.toLowerCase())) {
      headers.push(name, value);
    }
  }
}
