import { useEffect, useState } from 'preact/hooks';
import { Button } from './button.tsx';
import { useToast } from './toasts.tsx';

/** How long it says that it was copied, in milliseconds. */
const SAID_MS = 2_000;

interface CopyProps {
  readonly text: string;
  /** What is copied, for who can't see what the button stands beside: `secret`. */
  readonly what: string;
}

export function CopyButton({ text, what }: CopyProps) {
  const [copied, setCopied] = useState(false);
  const tell = useToast();
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), SAID_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async () => {
    if (await copyText(text)) setCopied(true);
    else tell('The browser did not let it be copied: select the text and copy it by hand', 'warn');
  };
  return (
    <Button small icon={copied ? 'check' : 'copy'} onClick={() => void copy()}>
      <span aria-live="polite">
        {copied ? 'Copied' : 'Copy'}
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
