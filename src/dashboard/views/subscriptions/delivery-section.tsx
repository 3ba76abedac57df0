import { Check, Input, Select } from '../../parts/field.tsx';
import { Fold } from '../../parts/fold.tsx';
import type { RetryMode } from './form.ts';
import type { SectionProps } from './subscription-form.tsx';

const RETRIES: readonly { readonly value: RetryMode; readonly label: string }[] = [
  { value: 'default', label: 'As the configuration file says' },
  { value: 'persistent', label: 'Persistent: 9 times over three days' },
  { value: 'fixed', label: 'Always after the same time' },
  { value: 'exponential', label: 'Longer each time' },
  { value: 'schedule', label: 'After times that you list' },
];

/** When it is tried again, how long that may take, and in what order. */
export function DeliverySection({ form, set, problems }: SectionProps) {
  const wrong = problems.any('retry', 'timeout', 'max_age', 'concurrency', 'rate_limit', 'batch', 'ordering');
  return (
    <Fold title="Retries, timeout, order and batches" open={wrong}>
      <div class="stack">
        <Select
          label="Retries"
          value={form.retry}
          options={RETRIES}
          onChange={(retry) => set({ retry })}
          error={form.retry === 'default' ? problems.at('retry') : undefined}
        />
        <RetryFields form={form} set={set} problems={problems} />
        <div class="field-grid">
          <Input
            label="Timeout"
            value={form.timeout}
            onInput={(timeout) => set({ timeout })}
            error={problems.at('timeout')}
            unit="seconds"
            placeholder="10"
            hint="For one attempt."
            numeric
          />
          <Input
            label="Max age"
            value={form.maxAge}
            onInput={(maxAge) => set({ maxAge })}
            error={problems.at('max_age')}
            unit="seconds"
            placeholder="no limit"
            hint="What is older is not sent any more."
            numeric
          />
          <Input
            label="Concurrency"
            value={form.concurrency}
            onInput={(concurrency) => set({ concurrency })}
            error={problems.at('concurrency')}
            placeholder="16"
            hint="Attempts at the same time."
            numeric
          />
          <Input
            label="Rate limit"
            value={form.rateLimit}
            onInput={(rateLimit) => set({ rateLimit })}
            error={problems.at('rate_limit')}
            unit="a second"
            placeholder="no limit"
            numeric
          />
        </div>
        <Check
          label="Events of one call in order"
          checked={form.ordering === 'call'}
          onChange={(on) => set({ ordering: on ? 'call' : 'none' })}
          hint="The next waits until the one before was delivered or gave up. Other calls flow on."
        />
        <Check
          label="Send many events in one request"
          checked={form.batch}
          onChange={(batch) => set({ batch })}
        />
        {form.batch && (
          <div class="field-grid">
            <Input
              label="Events in a batch"
              value={form.maxEvents}
              onInput={(maxEvents) => set({ maxEvents })}
              error={problems.at('batch.max_events') ?? problems.at('batch')}
              placeholder="100"
              numeric
            />
            <Input
              label="Wait for more"
              value={form.maxWait}
              onInput={(maxWait) => set({ maxWait })}
              error={problems.at('batch.max_wait')}
              unit="seconds"
              placeholder="1"
              numeric
            />
          </div>
        )}
      </div>
    </Fold>
  );
}

function RetryFields({ form, set, problems }: SectionProps) {
  if (form.retry === 'default' || form.retry === 'persistent') return null;
  if (form.retry === 'schedule') {
    return (
      <Input
        label="Seconds between attempts"
        value={form.schedule}
        onInput={(schedule) => set({ schedule })}
        error={problems.at('retry')}
        placeholder="5, 300, 1800"
        mono
      />
    );
  }
  return (
    <div class="field-grid">
      <Input
        label="Attempts"
        value={form.attempts}
        onInput={(attempts) => set({ attempts })}
        error={problems.at('retry.attempts')}
        placeholder="3"
        hint="In all."
        numeric
      />
      <Input
        label="Delay"
        value={form.delay}
        onInput={(delay) => set({ delay })}
        error={problems.at('retry.delay')}
        unit="seconds"
        placeholder="5"
        numeric
      />
      {form.retry === 'exponential' && (
        <>
          <Input
            label="Factor"
            value={form.factor}
            onInput={(factor) => set({ factor })}
            error={problems.at('retry.factor')}
            placeholder="2"
            numeric
          />
          <Input
            label="Longest delay"
            value={form.maxDelay}
            onInput={(maxDelay) => set({ maxDelay })}
            error={problems.at('retry.max_delay')}
            unit="seconds"
            placeholder="86400"
            numeric
          />
        </>
      )}
    </div>
  );
}
