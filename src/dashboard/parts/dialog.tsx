import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';
import type { Action } from '../hooks/use-action.ts';
import { Button, IconButton } from './button.tsx';
import { TroubleNote } from './notice.tsx';

/** By then the page shows what came of what a dialog did, in milliseconds. */
const ANSWER_SHOWN_MS = 10_000;

interface DialogProps {
  readonly title: string;
  /** Called once it is closed, by whatever way. */
  readonly onClose: () => void;
  /** Whether it can be left without an answer. Default true. */
  readonly dismissible?: boolean;
  readonly wide?: boolean;
  readonly children: ComponentChildren;
}

/** A modal dialog for as long as it is rendered; the browser gives the focus back to where it was. */
export function Dialog({ title, onClose, dismissible = true, wide = false, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  const latest = useRef({ dismissible, onClose });
  latest.current = { dismissible, onClose };
  // Before anything else is pressed: a Tab that went through would be taken for what opened it.
  useLayoutEffect(() => {
    const opener = document.activeElement;
    const element = dialog.current;
    element?.showModal();
    // Browsers that don't know `closedby` close it at a second Esc, whatever was said to the first.
    const closed = () => {
      if (latest.current.dismissible) latest.current.onClose();
      else element?.showModal();
    };
    element?.addEventListener('close', closed);
    return () => {
      element?.removeEventListener('close', closed);
      element?.close();
      queueMicrotask(() => focusOn(opener?.isConnected ? opener : document.querySelector('h1')));
      if (opener !== null)
        onceGone(opener, () => {
          if (document.activeElement === document.body) focusOn(document.querySelector('h1'));
        });
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      class={wide ? 'dialog dialog-wide' : 'dialog'}
      closedby={dismissible ? 'closerequest' : 'none'}
      aria-labelledby={heading}
      onCancel={(event) => {
        event.preventDefault();
        if (dismissible) onClose();
      }}
    >
      <h2 id={heading} class="dialog-head">
        {title}
      </h2>
      <div class="dialog-body">{children}</div>
      {/* Last, so that the focus begins at what the dialog is for. */}
      {dismissible && (
        <div class="dialog-close">
          <IconButton icon="close" label="Close" onClick={onClose} />
        </div>
      )}
    </dialog>
  );
}

/** What opened a dialog may go with what that did, once the page knows of it. */
function onceGone(element: Element, then: () => void): void {
  const observer = new MutationObserver(() => {
    if (element.isConnected) return;
    observer.disconnect();
    then();
  });
  observer.observe(document.body, { childList: true, subtree: true });
  setTimeout(() => observer.disconnect(), ANSWER_SHOWN_MS);
}

function focusOn(element: Element | null): void {
  if (element instanceof HTMLElement) element.focus({ preventScroll: true });
}

interface ConfirmProps {
  readonly title: string;
  /** What will happen. */
  readonly children: ComponentChildren;
  readonly confirm: string;
  readonly danger?: boolean;
  readonly action: Action<readonly []>;
  readonly onClose: () => void;
}

/** Asks before something that can't be taken back. */
export function Confirm({ title, children, confirm, danger = true, action, onClose }: ConfirmProps) {
  return (
    <Dialog title={title} onClose={onClose}>
      <div class="stack">
        <div>{children}</div>
        <TroubleNote trouble={action.trouble} />
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind={danger ? 'danger' : 'primary'} busy={action.busy} onClick={() => action.run()}>
            {confirm}
          </Button>
        </DialogActions>
      </div>
    </Dialog>
  );
}

export function DialogActions({ children }: { readonly children: ComponentChildren }) {
  return <div class="dialog-actions">{children}</div>;
}
