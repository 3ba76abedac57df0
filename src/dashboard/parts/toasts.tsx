import { type ComponentChildren, createContext } from 'preact';
import { useCallback, useContext, useRef, useState } from 'preact/hooks';
import { IconButton } from './button.tsx';
import { Mark, type Tone } from './status.tsx';

interface Toast {
  readonly id: number;
  readonly tone: Tone;
  readonly text: string;
}

type Tell = (text: string, tone?: Tone) => void;

const ToastContext = createContext<Tell>(() => undefined);

/** Tells what came of something, also to screen readers, without getting in the way. */
export function useToast(): Tell {
  return useContext(ToastContext);
}

const SHOWN_MS = 6_000;
const MAX_SHOWN = 4;

export function ToastProvider({ children }: { readonly children: ComponentChildren }) {
  const [toasts, setToasts] = useState<readonly Toast[]>([]);
  const next = useRef(1);
  const remove = useCallback((id: number) => {
    setToasts((before) => before.filter((toast) => toast.id !== id));
  }, []);
  const tell = useCallback<Tell>(
    (text, tone = 'good') => {
      const id = next.current;
      next.current += 1;
      setToasts((before) => [...before, { id, tone, text }].slice(-MAX_SHOWN));
      setTimeout(() => remove(id), SHOWN_MS);
    },
    [remove],
  );
  return (
    <ToastContext.Provider value={tell}>
      {children}
      <div class="toasts" role="status" aria-live="polite">
        {toasts.map(({ id, tone, text }) => (
          <div key={id} class="toast">
            <Mark tone={tone} />
            <span>{text}</span>
            <IconButton icon="close" label="Dismiss" onClick={() => remove(id)} />
          </div>
        ))}
      </div>
    </ToastContext.Provider>
  );
}
