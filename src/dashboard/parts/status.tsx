import { Icon, type IconName } from './icon.tsx';

/** How good or bad something is. */
export type Tone = 'good' | 'bad' | 'warn' | 'wait' | 'idle';

const MARKS: Readonly<Record<Tone, IconName>> = {
  good: 'check',
  bad: 'cross',
  warn: 'alert',
  wait: 'clock',
  idle: 'dash',
};

/** A state by shape and word, and by colour last. */
export function Status({ tone, children }: { readonly tone: Tone; readonly children: string }) {
  return (
    <span class={`status tone-${tone}`}>
      <Icon name={MARKS[tone]} size={12} />
      {children}
    </span>
  );
}

/** The shape alone, large, beside a sentence that says the same. */
export function Mark({ tone, icon }: { readonly tone: Tone; readonly icon?: IconName }) {
  return (
    <span class={`mark tone-${tone}`}>
      <Icon name={icon ?? MARKS[tone]} />
    </span>
  );
}
