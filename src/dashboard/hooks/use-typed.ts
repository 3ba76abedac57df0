import { useEffect, useRef, useState } from 'preact/hooks';

/** How long nothing is typed before it counts, in milliseconds. */
const SETTLED_MS = 350;

/** Text that is being typed: shown at once, told when it has settled; what is set from elsewhere shows as well. */
export function useTyped(
  value: string,
  onChange: (value: string) => void,
): readonly [text: string, setText: (text: string) => void] {
  const [text, setText] = useState(value);
  const latest = useRef(onChange);
  latest.current = onChange;
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text.trim() === value) return;
    const timer = setTimeout(() => latest.current(text.trim()), SETTLED_MS);
    return () => clearTimeout(timer);
  }, [text, value]);
  return [text, setText];
}
