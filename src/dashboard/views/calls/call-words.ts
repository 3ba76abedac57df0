import { capitalized } from '../../format/text.ts';
import type { Word } from '../words.ts';
import type { Call } from './call.ts';

/** What became of a call, for people. */
export function callWord({ isOver, outcome }: Call): Word {
  if (!isOver) return { tone: 'wait', word: 'Going on' };
  const word = capitalized((outcome ?? 'ended').replaceAll('_', ' '));
  return { tone: outcome === 'answered' ? 'good' : outcome === 'failed' ? 'bad' : 'idle', word };
}

/** `1001 → 1002`; what is not known is a question mark. */
export function partiesOf({ from, to }: Call): string {
  return `${from ?? '?'} → ${to ?? '?'}`;
}
