import { useEffect, useRef, useState } from 'preact/hooks';

/** How long nothing is typed before it counts, in milliseconds. */
const SETTLED_MS = 350;

/** Text that is being typed: shown at once, told when it has settled; what is set from elsewhere shows as well. */
export function useTyped(
  value: string,
  onChange: (value: string) => void,
): readonly [text: string, setText: (text: string) => void] {
  const [text, setText] = useState(value);
  const told = useRef(value);
  const latest = useRef(onChange);
  latest.current = onChange;
  useEffect(() => {
    // What comes back of what was told is behind what is typed by now.
    if (value !== told.current) setText(value);
    told.current = value;
  }, [value]);
  useEffect(() => {
    const settled = text.trim();
    if (settled === told.current) return;
    const timer = setTimeout(() => {
      told.current = settled;
      latest.current(settled);
    }, SETTLED_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return [text, setText];
}
