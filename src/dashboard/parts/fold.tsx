import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Icon } from './icon.tsx';

interface FoldProps {
  readonly title: string;
  /** Beside the title while it is closed, such as what is set within. */
  readonly note?: string | undefined;
  /** Opens it, such as when something within is wrong; who closes it then has it closed. */
  readonly open?: boolean;
  readonly children: ComponentChildren;
}

/** A part of a page that most people need not see. */
export function Fold({ title, note, open = false, children }: FoldProps) {
  const details = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    if (open && details.current !== null) details.current.open = true;
  }, [open]);
  return (
    <details ref={details} class="card fold">
      <summary>
        <Icon name="chevron" size={14} />
        <span class="fold-title">{title}</span>
        {note && <span class="small muted push">{note}</span>}
      </summary>
      <div class="card-body">{children}</div>
    </details>
  );
}
