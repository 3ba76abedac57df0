import { useId, useState } from 'preact/hooks';
import { counted } from '../../format/number.ts';
import { capitalized } from '../../format/text.ts';
import { useCatalogue } from '../../hooks/use-catalogue.ts';
import { Button, IconButton } from '../../parts/button.tsx';
import { Check } from '../../parts/field.tsx';
import { LoadFailed } from '../../parts/notice.tsx';
import { Card } from '../../parts/page.tsx';
import { Skeleton } from '../../parts/skeleton.tsx';
import type { EventTypeEntry } from '../../types.ts';
import { type Family, familiesOf, isWanted, withPattern } from './patterns.ts';
import type { SectionProps } from './subscription-form.tsx';

/** Which events: all, whole families, single types, or any pattern. */
export function EventPicker({ form, set, problems }: SectionProps) {
  const catalogue = useCatalogue();
  const { events } = form;
  const toggle = (pattern: string, on: boolean) => set({ events: withPattern(events, pattern, on) });
  return (
    <Card title="Events">
      <div class="stack">
        <ul class="chips" aria-label="Chosen events">
          {events.map((pattern) => (
            <li key={pattern} class="chip">
              <span class="mono">{pattern === '*' ? 'all events' : pattern}</span>
              <IconButton icon="close" label={`Remove ${pattern}`} onClick={() => toggle(pattern, false)} />
            </li>
          ))}
          {events.length === 0 && <li class="muted small">None yet: choose some below.</li>}
        </ul>
        {problems.at('events') && (
          <p class="field-error" role="alert">
            {problems.at('events')}
          </p>
        )}
        <Check label="All events" checked={events.includes('*')} onChange={(on) => toggle('*', on)} />
        {catalogue.value === undefined ? (
          catalogue.error === undefined ? (
            <Skeleton lines={5} />
          ) : (
            <LoadFailed error={catalogue.error} retry={catalogue.reload} />
          )
        ) : (
          <div class="families">
            {familiesOf(catalogue.value).map((family) => (
              <FamilyPicker key={family.pattern} family={family} events={events} toggle={toggle} />
            ))}
          </div>
        )}
        <PatternField add={(pattern) => toggle(pattern, true)} />
      </div>
    </Card>
  );
}

interface FamilyPickerProps {
  readonly family: Family;
  readonly events: readonly string[];
  readonly toggle: (pattern: string, on: boolean) => void;
}

function FamilyPicker({ family: { name, pattern, types }, events, toggle }: FamilyPickerProps) {
  const chosen = types.filter(({ event_type }) => isWanted(event_type, events)).length;
  return (
    <details class="family">
      <summary>
        <span class="family-name">{capitalized(name)}</span>
        <span class="small muted number">
          {chosen === 0 ? counted(types.length, 'type') : `${chosen} of ${types.length}`}
        </span>
      </summary>
      <div class="family-types">
        <Check
          label={
            <>
              All of <span class="mono">{pattern}</span>
            </>
          }
          checked={events.includes(pattern)}
          onChange={(on) => toggle(pattern, on)}
          hint="Also those that a later version adds."
        />
        {types.map((type) => (
          <TypeCheck key={type.event_type} type={type} events={events} toggle={toggle} />
        ))}
      </div>
    </details>
  );
}

interface TypeCheckProps {
  readonly type: EventTypeEntry;
  readonly events: readonly string[];
  readonly toggle: (pattern: string, on: boolean) => void;
}

function TypeCheck({ type: { event_type, description }, events, toggle }: TypeCheckProps) {
  return (
    <Check
      label={<span class="mono">{event_type}</span>}
      hint={description}
      checked={events.includes(event_type)}
      onChange={(on) => toggle(event_type, on)}
    />
  );
}

/** For what the catalogue does not have: a host's own types, a prefix within a family. */
function PatternField({ add }: { readonly add: (pattern: string) => void }) {
  const [pattern, setPattern] = useState('');
  const id = useId();
  const submit = () => {
    if (pattern.trim() === '') return;
    add(pattern.trim());
    setPattern('');
  };
  return (
    <div class="field">
      <label htmlFor={id}>Another pattern</label>
      <div class="row nowrap">
        <input
          id={id}
          class="mono"
          value={pattern}
          placeholder="conference.participant_*"
          autoComplete="off"
          spellcheck={false}
          onInput={(event) => setPattern(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter') return;
            event.preventDefault();
            submit();
          }}
        />
        <Button onClick={submit}>Add</Button>
      </div>
    </div>
  );
}
