import { count } from '../../format/number.ts';
import { Icon } from '../../parts/icon.tsx';
import { Time } from '../../parts/time.tsx';
import { problemOf } from '../../session/trouble.ts';
import type { FilterTrial } from '../../types.ts';
import { summaryOf } from '../event-summary.ts';

interface TrialResultProps {
  readonly trial: FilterTrial | undefined;
  readonly error: unknown;
}

/** So many show how it works; nobody reads two hundred. */
const SHOWN = 12;

/** Which of the newest events a filter lets through. */
export function TrialResult({ trial, error }: TrialResultProps) {
  return (
    <div class="trial">
      <p class="trial-head" role="status">
        {error !== undefined && problemOf(error).message}
        {error === undefined && trial === undefined && 'Trying it on recent events…'}
        {trial?.examined === 0 && 'No recent event of these types to try it on.'}
        {trial !== undefined && trial.examined > 0 && (
          <>
            <strong class="number">{count(trial.matched)}</strong> of the newest {count(trial.examined)}{' '}
            events of these types pass
          </>
        )}
      </p>
      <ul class="trial-list">
        {trial?.items.slice(0, SHOWN).map(({ event, matches }) => (
          <li key={event.event_id} class={matches ? 'trial-row' : 'trial-row trial-out'}>
            <Icon name={matches ? 'check' : 'dash'} size={13} />
            <span class="visually-hidden">{matches ? 'Passes:' : 'Is left out:'}</span>
            <span class="mono clip">{event.event_type}</span>
            <span class="clip muted">{summaryOf(event)}</span>
            <span class="push muted">
              <Time value={event.timestamp} />
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}
