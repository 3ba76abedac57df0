import { useEffect, useState } from 'preact/hooks';
import { Button } from './button.tsx';

/** How long it says what came of it, in milliseconds. */
const SAID_MS = 3_000;

const WORDS = {
  none: { icon: 'copy', word: 'Copy' },
  copied: { icon: 'check', word: 'Copied' },
  refused: { icon: 'alert', word: 'Refused: select and copy' },
} as const;

interface CopyProps {
  readonly text: string;
  /** What is copied, for who can't see what the button stands beside: `secret`. */
  readonly what: string;
}

export function CopyButton({ text, what }: CopyProps) {
  const [outcome, setOutcome] = useState<keyof typeof WORDS>('none');
  useEffect(() => {
    if (outcome === 'none') return;
    const timer = setTimeout(() => setOutcome('none'), SAID_MS);
    return () => clearTimeout(timer);
  }, [outcome]);
  const copy = async () => setOutcome((await copyText(text)) ? 'copied' : 'refused');
  const { icon, word } = WORDS[outcome];
  return (
    <Button small icon={icon} onClick={() => void copy()}>
      <span aria-live="polite">
        {word}
        <span class="visually-hidden"> {what}</span>
      </span>
    </Button>
  );
}

/** A page that came over plain HTTP from another machine has no clipboard but by this old way. */
async function copyText(text: string): Promise<boolean> {
  try {
    if (isSecureContext) {
      await navigator.clipboard.writeText(text);
      return true;
    }
  } catch {
    // Refused: the other way may still be open.
  }
  const give = (event: ClipboardEvent) => {
    event.clipboardData?.setData('text/plain', text);
    event.preventDefault();
  };
  document.addEventListener('copy', give, { once: true });
  const done = document.execCommand('copy');
  document.removeEventListener('copy', give);
  return done;
}
