import { useEffect, useState } from 'preact/hooks';

/** The time, to within `everyMs`: what tells how long ago something was is drawn anew so often. */
export function useNow(everyMs = 10_000): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}
