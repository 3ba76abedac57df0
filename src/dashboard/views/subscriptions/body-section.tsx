import { Select, TextArea } from '../../parts/field.tsx';
import { Fold } from '../../parts/fold.tsx';
import type { BodyKind } from './form.ts';
import type { SectionProps } from './subscription-form.tsx';

const BODIES: readonly { readonly value: BodyKind; readonly label: string }[] = [
  { value: 'pbx', label: 'The event as it is' },
  { value: 'cloudevents', label: 'CloudEvents 1.0' },
  { value: 'slack', label: 'Slack message' },
  { value: 'teams', label: 'Microsoft Teams message' },
  { value: 'discord', label: 'Discord message' },
  { value: 'hubspot', label: 'HubSpot call' },
  { value: 'zapier', label: 'Zapier hook' },
  { value: 'pagerduty', label: 'PagerDuty event' },
  { value: 'ntfy', label: 'ntfy notification' },
  { value: 'generic-crm', label: 'Any CRM: plain fields' },
  { value: 'transform', label: 'Made by an expression of your own' },
];

/** What is sent of an event. */
export function BodySection({ form, set, problems }: SectionProps) {
  const chosen = BODIES.find(({ value }) => value === form.body);
  return (
    <Fold
      title="Body"
      note={form.body === 'pbx' ? undefined : chosen?.label}
      open={problems.any('format', 'template', 'transform')}
    >
      <div class="stack">
        <Select
          label="What is sent"
          value={form.body}
          options={BODIES}
          onChange={(body) => set({ body })}
          error={problems.at('template') ?? problems.at('format')}
        />
        {form.body === 'transform' && (
          <TextArea
            label="Transform"
            value={form.transform}
            onInput={(transform) => set({ transform })}
            error={problems.at('transform')}
            placeholder={'{ "text": data.from_extension & " called" }'}
            hint="JSONata on the event; its result is the body."
          />
        )}
      </div>
    </Fold>
  );
}
