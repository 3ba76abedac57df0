import { count, counted, percent } from '../../format/number.ts';
import { ButtonLink } from '../../parts/button.tsx';
import { Mark, type Tone } from '../../parts/status.tsx';
import { hrefOf } from '../../route/route.ts';
import type { Stats, Subscription } from '../../types.ts';
import type { Matter } from './attention.ts';

interface VerdictProps {
  readonly stats: Stats;
  readonly subscriptions: readonly Subscription[];
  readonly matters: readonly Matter[];
}

/** In its place before it is known. */
export function VerdictAwaited() {
  return (
    <div class="verdict tone-idle" aria-busy="true">
      <Mark tone="wait" />
      <p class="verdict-text">
        <strong>Asking the service…</strong>
      </p>
    </div>
  );
}

/** The one look: does it work? */
export function Verdict({ stats, subscriptions, matters }: VerdictProps) {
  const { tone, title, text } = verdictOf(stats, subscriptions, matters);
  return (
    <div class={`verdict tone-${tone}`} role="status">
      <Mark tone={tone} />
      <p class="verdict-text">
        <strong>{title}</strong>
        <span class="muted small">{text}</span>
      </p>
      {subscriptions.length === 0 && (
        <ButtonLink kind="primary" icon="plus" href={hrefOf({ view: 'subscription-new' })}>
          Add the first one
        </ButtonLink>
      )}
    </div>
  );
}

interface Judged {
  readonly tone: Tone;
  readonly title: string;
  readonly text: string;
}

function verdictOf(stats: Stats, subscriptions: readonly Subscription[], matters: readonly Matter[]): Judged {
  const { attempts, success_rate: rate } = stats.last_hour;
  if (subscriptions.length === 0) {
    return {
      tone: 'idle',
      title: 'No subscription yet',
      text: 'Say where events are to be sent, and which of them.',
    };
  }
  const bad = matters.some(({ tone }) => tone === 'bad');
  if (matters.length > 0) {
    return {
      tone: bad ? 'bad' : 'warn',
      title: counted(matters.length, 'thing needs attention', 'things need attention'),
      text: hourOf(attempts, rate),
    };
  }
  return { tone: 'good', title: 'All webhooks work', text: hourOf(attempts, rate) };
}

function hourOf(attempts: number, rate: number | null): string {
  if (rate === null) return 'Nothing had to be sent in the last hour.';
  return `${count(attempts)} ${attempts === 1 ? 'attempt' : 'attempts'} in the last hour, ${percent(rate)} of them succeeded.`;
}
