import { counted } from '../../format/number.ts';
import { Notice } from '../../parts/notice.tsx';
import { Ago } from '../../parts/time.tsx';
import type { Lane, Subscription } from '../../types.ts';

interface StateNoticeProps {
  readonly subscription: Subscription;
  readonly lane: Lane | undefined;
}

/** Why nothing is sent to it, where that is so, and what to do. */
export function StateNotice({ subscription, lane }: StateNoticeProps) {
  const backlog = lane?.backlog ?? subscription.backlog;
  if (!subscription.enabled) {
    const { title, text } = DISABLED[subscription.disabled_reason ?? 'requested'];
    return (
      <Notice tone={subscription.disabled_reason === 'requested' ? 'idle' : 'bad'} title={title}>
        {text} {keptText(backlog)}
      </Notice>
    );
  }
  if (lane === undefined || lane.breaker === 'closed') return null;
  return (
    <Notice tone="bad" title="Its last attempts all failed: it is left in peace for a while">
      {counted(backlog, 'delivery waits', 'deliveries wait')} and none is lost. It is tried again
      {lane.next_attempt_at === null ? ' soon' : <> {<Ago value={lane.next_attempt_at} />}</>}. A failed
      delivery below says what is wrong.
    </Notice>
  );
}

function keptText(backlog: number): string {
  if (backlog === 0) return 'Its events are kept meanwhile.';
  return `${counted(backlog, 'event is', 'events are')} kept; enabling it asks what becomes of them.`;
}

const DISABLED = {
  requested: { title: 'It is disabled', text: 'Nothing is sent to it.' },
  gone: {
    title: 'It was disabled: the receiver answered 410 Gone',
    text: 'It wants no more events. Correct its URL, or delete it.',
  },
  failing: {
    title: 'It was disabled: every attempt failed for days',
    text: 'Mend the receiver and send a test before you enable it.',
  },
} as const;
