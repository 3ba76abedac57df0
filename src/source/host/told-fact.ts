import type { Micros } from '../../util/clock.ts';
import { toldFactSchema } from './fact-schemas.ts';
import { explain, type Read } from './told-event.ts';

/** A fact that a host tells; without `at` it happens now. */
export function readToldFact(told: unknown, now: Micros): Read {
  const parsed = toldFactSchema.safeParse(told);
  if (!parsed.success) return { ok: false, problem: explain(parsed.error) };
  return { ok: true, fact: { ...parsed.data, at: parsed.data.at ?? now } };
}
