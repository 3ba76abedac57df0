import { useDebounced } from '../../hooks/use-debounced.ts';
import { useLoad } from '../../hooks/use-load.ts';
import { Input, TextArea } from '../../parts/field.tsx';
import { Card } from '../../parts/page.tsx';
import { useApi } from '../../session/session.tsx';
import { problemOf } from '../../session/trouble.ts';
import { type Direction, type Form, filterOf } from './form.ts';
import { FieldProblems } from './problems.ts';
import type { SectionProps } from './subscription-form.tsx';
import { TrialResult } from './trial-result.tsx';

const DIRECTIONS: readonly Direction[] = ['inbound', 'outbound', 'internal'];

/** Which of the chosen events: tried on those that came last while it is written. */
export function FilterSection({ form, set, problems }: SectionProps) {
  const trial = useTrial(form);
  const tried = FieldProblems.of(trial.error === undefined ? undefined : problemOf(trial.error));
  const wrong = (path: string) => problems.at(path) ?? tried.at(path);
  return (
    <Card title="Filter">
      <div class="filter-form">
        <div class="stack">
          <Input
            label="Extensions"
            value={form.extensions}
            onInput={(extensions) => set({ extensions })}
            error={wrong('filter.extensions')}
            placeholder="1001, 10*"
            hint="Of any party of the call; separated by commas, * for any end."
            mono
          />
          <fieldset class="field">
            <legend>Direction</legend>
            <div class="row">
              {DIRECTIONS.map((direction) => (
                <DirectionPill key={direction} direction={direction} form={form} set={set} />
              ))}
            </div>
            <p class="hint">None chosen means any.</p>
          </fieldset>
          <Input
            label="Queues"
            value={form.queues}
            onInput={(queues) => set({ queues })}
            error={wrong('filter.queues')}
            placeholder="support, sales"
            mono
          />
          <TextArea
            label="Where"
            value={form.where}
            onInput={(where) => set({ where })}
            error={wrong('filter.where')}
            placeholder="data.duration > 30"
            hint="JSONata on the event; it is sent where this gives true."
          />
        </div>
        <TrialResult trial={trial.error === undefined ? trial.value : undefined} error={trial.error} />
      </div>
    </Card>
  );
}

interface DirectionPillProps extends Pick<SectionProps, 'form' | 'set'> {
  readonly direction: Direction;
}

function DirectionPill({ direction, form: { directions }, set }: DirectionPillProps) {
  const others = directions.filter((each) => each !== direction);
  return (
    <label class="pill">
      <input
        type="checkbox"
        checked={directions.includes(direction)}
        onChange={({ currentTarget: { checked } }) =>
          set({ directions: checked ? [...others, direction] : others })
        }
      />
      {direction}
    </label>
  );
}

/** How long nothing is typed before it is tried, in milliseconds. */
const TRIED_AFTER_MS = 400;

function useTrial(form: Form) {
  const api = useApi();
  const settled = useDebounced(form, TRIED_AFTER_MS);
  const events = settled.events.length === 0 ? ['*'] : [...settled.events];
  const body = { events, filter: filterOf(settled) };
  return useLoad(JSON.stringify(body), (signal) => api.call('POST /filters/try', { body, signal }), {
    keep: true,
  });
}
