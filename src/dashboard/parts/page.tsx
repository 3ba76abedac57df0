import type { ComponentChildren } from 'preact';
import { hrefOf, type Route } from '../route/route.ts';
import { useHeading } from '../route/use-route.ts';
import { Icon } from './icon.tsx';

interface PageHeadProps {
  readonly title: string;
  /** Beside the title, such as a state. */
  readonly mark?: ComponentChildren;
  /** One sentence below it. */
  readonly children?: ComponentChildren;
  readonly actions?: ComponentChildren;
  /** The list that this belongs to. */
  readonly up?: { readonly label: string; readonly route: Route };
}

export function PageHead({ title, mark, children, actions, up }: PageHeadProps) {
  useHeading(title);
  return (
    <header class="page-head">
      {up && (
        <a class="up small" href={hrefOf(up.route)}>
          <Icon name="chevron" size={12} />
          {up.label}
        </a>
      )}
      <div class="page-title">
        <h1 tabIndex={-1}>{title}</h1>
        {mark}
      </div>
      {actions && <div class="page-actions row">{actions}</div>}
      {children && <div class="page-lead muted">{children}</div>}
    </header>
  );
}

interface CardProps {
  readonly title: string;
  readonly actions?: ComponentChildren;
  /** Without room around what it holds, for tables and lists. */
  readonly flush?: boolean;
  readonly children: ComponentChildren;
}

/** A part of a page under a heading of its own. */
export function Card({ title, actions, flush = false, children }: CardProps) {
  return (
    <section class={flush ? 'card card-flush' : 'card'} aria-label={title}>
      <div class="card-head">
        <h2>{title}</h2>
        {actions && <div class="row push">{actions}</div>}
      </div>
      <div class="card-body">{children}</div>
    </section>
  );
}

/** Names and their values. */
export function Facts({ children }: { readonly children: ComponentChildren }) {
  return <dl class="facts">{children}</dl>;
}

interface FactProps {
  readonly label: string;
  /** Without one it is left out. */
  readonly children: ComponentChildren;
}

export function Fact({ label, children }: FactProps) {
  if (children === undefined || children === null || children === '' || children === false) return null;
  return (
    <div>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}
