import { useCallback, useRef, useState } from 'preact/hooks';
import { useAction } from '../../hooks/use-action.ts';
import { Button, ButtonLink } from '../../parts/button.tsx';
import { Input } from '../../parts/field.tsx';
import { Card } from '../../parts/page.tsx';
import { hrefOf, type Route } from '../../route/route.ts';
import type { Trouble } from '../../session/trouble.ts';
import type { Subscription } from '../../types.ts';
import { BodySection } from './body-section.tsx';
import { DeliverySection } from './delivery-section.tsx';
import { EventPicker } from './event-picker.tsx';
import { FilterSection } from './filter-section.tsx';
import { type Form, numberProblems } from './form.ts';
import { HeadersSection } from './headers-section.tsx';
import { FieldProblems } from './problems.ts';
import { SigningSection } from './signing-section.tsx';
import { TlsSection } from './tls-section.tsx';

/** What each part of the form gets. */
export interface SectionProps {
  readonly form: Form;
  readonly set: (change: Partial<Form>) => void;
  readonly problems: FieldProblems;
}

interface SubscriptionFormProps {
  readonly initial: Form;
  /** As it is saved; left out for a new one. */
  readonly before?: Subscription;
  readonly save: (form: Form) => Promise<void>;
  readonly submit: string;
  readonly cancel: Route;
}

export function SubscriptionForm({ initial, before, save, submit, cancel }: SubscriptionFormProps) {
  const [form, setForm] = useState(initial);
  const [numbers, setNumbers] = useState<ReadonlyMap<string, string>>(new Map());
  const element = useRef<HTMLFormElement>(null);
  const action = useAction(async () => {
    try {
      await save(form);
    } catch (error) {
      focusFirstProblem(element.current);
      throw error;
    }
  });
  const set = useCallback((change: Partial<Form>) => setForm((now) => ({ ...now, ...change })), []);
  const problems = numbers.size > 0 ? new FieldProblems(numbers) : FieldProblems.of(action.trouble);
  const section = { form, set, problems };

  return (
    <form
      ref={element}
      class="form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        const wrong = numberProblems(form);
        setNumbers(wrong);
        if (wrong.size === 0) action.run();
        else focusFirstProblem(element.current);
      }}
    >
      <Card title="Receiver">
        <div class="stack">
          <Input
            label="URL"
            type="url"
            value={form.url}
            onInput={(url) => set({ url })}
            error={problems.at('url')}
            placeholder="https://crm.example.com/hook"
            hint="Events are POSTed there, and a 2xx says that they arrived."
            mono
            required
          />
          <Input
            label="Description"
            value={form.description}
            onInput={(description) => set({ description })}
            error={problems.at('description')}
            placeholder="CRM screen pop"
            hint="What you call it; optional."
          />
        </div>
      </Card>
      <EventPicker {...section} />
      <FilterSection {...section} />
      <SigningSection {...section} signed={before?.signed ?? false} isNew={before === undefined} />
      <DeliverySection {...section} />
      <BodySection {...section} />
      <HeadersSection {...section} names={before?.header_names ?? []} />
      <TlsSection {...section} />
      <div class="form-foot">
        <FormTrouble trouble={action.trouble} numbers={numbers.size} />
        <ButtonLink href={hrefOf(cancel)}>Cancel</ButtonLink>
        <Button type="submit" kind="primary" busy={action.busy}>
          {submit}
        </Button>
      </div>
    </form>
  );
}

interface FormTroubleProps {
  readonly trouble: Trouble | undefined;
  /** How many fields hold no number that should. */
  readonly numbers: number;
}

/** Beside the button, so that whoever pressed it sees why nothing happened. */
function FormTrouble({ trouble, numbers }: FormTroubleProps) {
  const text = numbers > 0 ? 'Some fields must be numbers: see above' : trouble?.message;
  return (
    <div role="alert" class="form-trouble">
      {text !== undefined && <p class="trouble">{text}</p>}
    </div>
  );
}

/** Once it is marked. */
function focusFirstProblem(form: HTMLFormElement | null): void {
  requestAnimationFrame(() =>
    requestAnimationFrame(() => {
      const field = form?.querySelector('[aria-invalid="true"]');
      if (field instanceof HTMLElement) field.focus();
    }),
  );
}
