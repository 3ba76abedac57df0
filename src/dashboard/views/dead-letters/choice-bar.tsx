import type { ComponentChildren } from 'preact';
import { count } from '../../format/number.ts';
import { Button } from '../../parts/button.tsx';
import { Check } from '../../parts/field.tsx';
import { NOTHING, type Selection } from './selection.ts';

interface ChoiceBarProps {
  readonly selection: Selection;
  /** Ids of those that are shown. */
  readonly shown: readonly number[];
  /** Whether there are others that match. */
  readonly more: boolean;
  readonly onChange: (selection: Selection) => void;
  /** What can be done with those that are chosen. */
  readonly actions: ComponentChildren;
}

/** How many are chosen, and what to do with them. */
export function ChoiceBar({ selection, shown, more, onChange, actions }: ChoiceBarProps) {
  const isAll = selection.kind === 'all';
  const chosen = isAll ? shown.length : selection.ids.size;
  const allShown = isAll || shown.every((id) => selection.ids.has(id));
  return (
    <div class="choice-bar">
      <Check
        label={`Choose all ${count(shown.length)} shown`}
        checked={allShown}
        onChange={(on) => onChange(on ? { kind: 'ids', ids: new Set(shown) } : NOTHING)}
      />
      {allShown && more && !isAll && (
        <Button small onClick={() => onChange({ kind: 'all' })}>
          Choose all that match
        </Button>
      )}
      <span class="push small muted number" role="status">
        {isAll && 'All that match are chosen'}
        {!isAll && chosen > 0 && `${count(chosen)} chosen`}
      </span>
      {(isAll || chosen > 0) && <div class="row">{actions}</div>}
    </div>
  );
}
