import type { ComponentChildren } from 'preact';
import type { Trouble } from '../session/trouble.ts';
import { problemOf } from '../session/trouble.ts';
import { Button } from './button.tsx';
import { Mark, type Tone } from './status.tsx';

interface NoticeProps {
  readonly tone: Tone;
  readonly title: string;
  readonly children?: ComponentChildren;
  /** What can be done about it. */
  readonly actions?: ComponentChildren;
}

/** Something to know before the rest of a page. */
export function Notice({ tone, title, children, actions }: NoticeProps) {
  return (
    <div class={`notice tone-${tone}`}>
      <Mark tone={tone} />
      <div class="notice-text">
        <strong>{title}</strong>
        {children && <div class="small">{children}</div>}
      </div>
      {actions && <div class="notice-actions row">{actions}</div>}
    </div>
  );
}

/** What an action met, told to screen readers at once. */
export function TroubleNote({ trouble }: { readonly trouble: Trouble | undefined }) {
  return (
    <div role="alert" class="trouble-slot">
      {trouble && <p class="trouble">{trouble.message}</p>}
    </div>
  );
}

/** In the place of what could not be loaded. */
export function LoadFailed({ error, retry }: { readonly error: unknown; readonly retry: () => void }) {
  const { message, code } = problemOf(error);
  // The login is asked for already.
  if (code === 'unauthorized') return <p class="muted">Sign in to see this.</p>;
  return (
    <Notice
      tone="bad"
      title="This could not be loaded"
      actions={
        <Button icon="refresh" onClick={retry}>
          Try again
        </Button>
      }
    >
      {message}
    </Notice>
  );
}

interface EmptyProps {
  readonly title: string;
  /** What to do next. */
  readonly children?: ComponentChildren;
  readonly action?: ComponentChildren;
}

/** In the place of a list that holds nothing. */
export function Empty({ title, children, action }: EmptyProps) {
  return (
    <div class="empty">
      <strong>{title}</strong>
      {children && <p class="muted">{children}</p>}
      {action}
    </div>
  );
}
