import type { AnswerOf } from '../../api/client.ts';
import { type Finding, failed, ok, skipped, warning } from './finding.ts';
import type { RunningService } from './service.ts';

type SubscriptionView = RunningService['subscriptions'][number];
type Lane = NonNullable<RunningService['lanes']>[number];

/** How a subscription fares in the running service. */
export function judgeState(view: SubscriptionView, lane: Lane | undefined, deadLetters: number): Finding[] {
  const found: Finding[] = [...disablement(view)];
  if (lane !== undefined && lane.breaker !== 'closed') {
    found.push(
      warning(
        'breaker_open',
        `it failed 10 times in a row, and is tried now and then only${lane.next_attempt_at === null ? '' : `: next at ${lane.next_attempt_at}`}; ${lane.backlog} deliveries wait`,
        `mend the receiver; pbx-webhooks deliveries list --subscription ${view.id} shows what it answers`,
      ),
    );
  }
  if (deadLetters > 0) {
    found.push(
      warning(
        'dead_letters',
        `${deadLetters >= MANY ? `${MANY} or more` : deadLetters} of its deliveries gave up`,
        `pbx-webhooks dead-letters list --subscription ${view.id}; once mended, dead-letters retry`,
      ),
    );
  }
  return found.length > 0
    ? found
    : [ok('state', `active; ${view.success_count} delivered, ${view.backlog} wait`)];
}

/** So many dead letters are counted. */
export const MANY = 200;

function disablement({ id, state, disabled_reason: reason, backlog }: SubscriptionView): Finding[] {
  if (state === 'active') return [];
  const enable = `pbx-webhooks subscriptions enable ${id}`;
  switch (reason) {
    case 'gone':
      return [
        failed(
          'disabled_gone',
          `disabled: the receiver answered 410 Gone; ${backlog} events wait`,
          `if it is there again: ${enable}`,
        ),
      ];
    case 'failing':
      return [
        failed(
          'disabled_failing',
          `disabled: it failed for days; ${backlog} events wait`,
          `mend the receiver, then ${enable}`,
        ),
      ];
    case 'requested':
    case null:
      return [skipped('disabled', `disabled on request; ${backlog} events wait`, enable)];
    default:
      return reason satisfies never;
  }
}

type Attempt = AnswerOf<'POST /{id}/test'>['attempt'];

/** What a receiver made of a signed sample. */
export function judgeTest({ status, error, duration_ms, headers, body }: Attempt): Finding {
  const ms = Math.round(duration_ms);
  if (status === null)
    return failed(
      'test_failed',
      `no answer to a signed sample: ${error}`,
      'see the findings above, and the log of the receiver',
    );
  if (error !== null)
    return failed(
      'test_failed',
      `status ${status}, then ${error}`,
      'answer with a whole response within the timeout, and work after that',
    );
  if (status >= 200 && status < 300)
    return ok('test', `took a signed sample: status ${status} after ${ms} ms`);
  const saw = `refused a signed sample with status ${status}${body ? `: ${excerpt(body)}` : ''}`;
  if (status === 401 || status === 403) {
    return failed(
      'test_refused_signature',
      saw,
      'see that the receiver verifies with the same secret, over the raw body, and that its clock is right; and what Authorization it wants in headers',
    );
  }
  if (status === 404 || status === 405 || status === 410) {
    const more = status === 410 ? ' (a 410 to an event disables the subscription)' : '';
    return failed('test_not_found', saw, `see the path of the URL, and that it takes POST${more}`);
  }
  if (status >= 300 && status < 400) {
    const to = headers?.['location'];
    return failed(
      'test_redirected',
      `${saw}${to === undefined ? '' : ` to ${String(to)}`}`,
      'redirects are not followed: set the URL to where it leads',
    );
  }
  return failed('test_failed', saw, 'see the log of the receiver');
}

function excerpt(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
}

/** Milliseconds that the receiver's clock is ahead, by its Date header, which has whole seconds. */
export function clockOf(attempt: Attempt): { readonly aheadMs: number; readonly within: number } | undefined {
  const date = attempt.headers?.['date'];
  const theirs = typeof date === 'string' ? Date.parse(date) : Number.NaN;
  if (Number.isNaN(theirs)) return undefined;
  const half = attempt.duration_ms / 2;
  return { aheadMs: theirs + 500 - (Date.parse(attempt.started_at) + half), within: half + 500 };
}
