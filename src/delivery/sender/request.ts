import { type EnvelopeParts, envelopeOf } from '../../model/event.ts';
import type { Micros } from '../../util/clock.ts';
import type { Expressions } from '../../util/expression/expressions.ts';
import { batchIdOf, bodyOf, type Content } from '../body.ts';
import type { RequestHeaders } from './request-headers.ts';
import { type Utf8, utf8 } from './utf8.ts';

/** What every request to a target has in common. */
export interface Shape {
  readonly headers: RequestHeaders;
  /** Undefined: a body is the envelope as it is. */
  readonly content: Content | undefined;
}

/** One attempt, as a request is made for it. */
export interface AttemptParts {
  readonly events: readonly EnvelopeParts[];
  readonly attempt: number;
  /** When it begins, by the clock that receivers compare with their own. */
  readonly at: Micros;
}

export interface Request {
  /** Names and values in turn. */
  readonly headers: string[];
  readonly body: Utf8;
}

/** Why there is no request. */
export interface Unmade {
  readonly reason: string;
}

/** Headers and body of one attempt, or why there can be none. Never throws for what an event or a template holds. */
export function requestOf(
  { headers, content }: Shape,
  { events, attempt, at }: AttemptParts,
  expressions: Expressions,
): Request | Unmade {
  const [event] = events;
  if (event === undefined) return { reason: 'there is no event to send' };
  if (content === undefined) {
    const body = utf8(envelopeOf(event));
    return { headers: headers.of({ event, attempt }, body, at), body };
  }
  const made = bodyOf(content, events, expressions, at);
  if (made.kind === 'failed') return made;
  const body = utf8(made.body);
  const named = content.batch ? { id: batchIdOf(events), type: 'batch' } : event;
  return { headers: headers.of({ event: named, attempt }, body, at, made), body };
}
