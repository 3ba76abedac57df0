import { useLive } from '../session/live.tsx';

/** Whether what is shown moves by itself. */
export function LinkState() {
  const { link } = useLive();
  return (
    <p class="link-state small muted" data-link={link.state}>
      <span class="link-dot" />
      {WORDS[link.state]}
    </p>
  );
}

const WORDS = {
  connecting: 'Connecting…',
  open: 'Live',
  waiting: 'Reconnecting…',
} as const;
