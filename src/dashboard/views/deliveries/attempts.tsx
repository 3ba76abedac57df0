import { useState } from 'preact/hooks';
import { duration } from '../../format/time.ts';
import { Empty } from '../../parts/notice.tsx';
import { Card } from '../../parts/page.tsx';
import { Status } from '../../parts/status.tsx';
import { Ago, PreciseTime } from '../../parts/time.tsx';
import type { Attempt, DeliveryDetail } from '../../types.ts';
import { attemptWord, hasSucceeded } from '../words.ts';
import { SentIn } from './attempt-request.tsx';
import { ResponseView } from './response-view.tsx';

/** Every attempt with what it sent and got, the newest first and open; the time that each took beside the longest of them. */
export function Attempts({ delivery }: { readonly delivery: DeliveryDetail }) {
  const { attempts, due_at: due, attempt_count } = delivery;
  const longest = Math.max(...attempts.map(({ duration_ms }) => duration_ms));
  const newest = attempts.at(-1)?.number;
  return (
    <Card title="Attempts" flush>
      {attempts.length === 0 && (
        <Empty title="No attempt yet">
          {due === null ? 'It ended before one was made.' : <>The first is due {<Ago value={due} />}.</>}
        </Empty>
      )}
      <ol class="attempts" reversed>
        {attempts.toReversed().map((attempt) => (
          <AttemptItem
            key={attempt.number}
            delivery={delivery.id}
            attempt={attempt}
            longest={longest}
            isNewest={attempt.number === newest}
          />
        ))}
      </ol>
      {attempt_count > attempts.length && (
        <p class="muted small attempts-note">Earlier attempts are not kept one by one.</p>
      )}
    </Card>
  );
}

interface AttemptItemProps {
  readonly delivery: number;
  readonly attempt: Attempt;
  readonly longest: number;
  readonly isNewest: boolean;
}

function AttemptItem({ delivery, attempt, longest, isNewest }: AttemptItemProps) {
  const [wasOpen, setWasOpen] = useState(isNewest);
  const { number, started_at, duration_ms, error } = attempt;
  const good = hasSucceeded(attempt);
  return (
    <li>
      <details
        class="attempt"
        open={isNewest}
        onToggle={({ currentTarget }) => setWasOpen((before) => before || currentTarget.open)}
      >
        <summary>
          <span class="attempt-number number muted">{number}</span>
          <Status tone={good ? 'good' : 'bad'}>{attemptWord(attempt)}</Status>
          <span class="attempt-time number">
            <PreciseTime value={started_at} />
          </span>
          <span class="attempt-took number muted">{duration(duration_ms)}</span>
        </summary>
        <div class="attempt-body">
          <meter
            class="attempt-meter"
            min={0}
            max={Math.max(longest, 1)}
            value={duration_ms}
            aria-label={`It took ${duration(duration_ms)}`}
          />
          {error !== null && <p class="text-bad break">{error}</p>}
          {wasOpen && <SentIn delivery={delivery} number={number} />}
          <ResponseView attempt={attempt} />
        </div>
      </details>
    </li>
  );
}
