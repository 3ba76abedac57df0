import { Input } from '../../parts/field.tsx';
import { Card } from '../../parts/page.tsx';
import type { Signing } from './form.ts';
import type { SectionProps } from './subscription-form.tsx';

interface SigningSectionProps extends SectionProps {
  /** Whether it is signed now. */
  readonly signed: boolean;
  readonly isNew: boolean;
}

interface Choice {
  readonly value: Signing;
  readonly label: string;
  readonly hint: string;
}

const KEEP: Choice = {
  value: 'keep',
  label: 'Keep the secret',
  hint: 'To change it without a lost event, rotate it instead: both sign for a while.',
};
const NEW: Choice = {
  value: 'new',
  label: 'Sign with a new secret',
  hint: 'It is made here and shown once.',
};
const OWN: Choice = {
  value: 'own',
  label: 'Sign with a secret of your own',
  hint: 'Plain text, or whsec_ and base64.',
};
const NONE: Choice = {
  value: 'none',
  label: 'Do not sign',
  hint: 'The receiver can’t tell whether a webhook is from here.',
};

export function SigningSection({ form, set, problems, signed, isNew }: SigningSectionProps) {
  const choices = signed ? [KEEP, OWN, NONE] : isNew ? [NEW, OWN, NONE] : [NONE, NEW, OWN];
  return (
    <Card title="Signature">
      <fieldset class="stack">
        <legend class="visually-hidden">How webhooks are signed</legend>
        {choices.map(({ value, label, hint }) => (
          <label key={value} class="choice">
            <input
              type="radio"
              name="signing"
              checked={form.signing === value}
              onChange={() => set({ signing: value })}
            />
            <span>
              {label}
              <span class="hint">{hint}</span>
            </span>
          </label>
        ))}
        {form.signing === 'own' && (
          <Input
            label="Secret"
            type="password"
            value={form.secret}
            onInput={(secret) => set({ secret })}
            error={problems.at('secret')}
            mono
          />
        )}
      </fieldset>
    </Card>
  );
}
