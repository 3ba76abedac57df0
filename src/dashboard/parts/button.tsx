import type { ComponentChildren } from 'preact';
import { Icon, type IconName } from './icon.tsx';

interface Look {
  readonly kind?: 'primary' | 'plain' | 'quiet' | 'danger';
  readonly icon?: IconName;
  readonly small?: boolean;
}

interface ButtonProps extends Look {
  readonly type?: 'button' | 'submit';
  readonly disabled?: boolean;
  /** Under way: can't be pressed again, and says so. */
  readonly busy?: boolean;
  readonly autoFocus?: boolean;
  readonly onClick?: () => void;
  readonly children: ComponentChildren;
}

export function Button({
  type = 'button',
  disabled = false,
  busy = false,
  onClick,
  children,
  ...look
}: ButtonProps) {
  return (
    <button
      type={type}
      class={classOf(look)}
      disabled={disabled}
      aria-disabled={busy}
      aria-busy={busy}
      onClick={busy ? undefined : onClick}
    >
      {busy ? <span class="spinner" /> : look.icon && <Icon name={look.icon} />}
      {children}
    </button>
  );
}

interface ButtonLinkProps extends Look {
  readonly href: string;
  readonly children: ComponentChildren;
}

/** Leads somewhere, and looks like a button. */
export function ButtonLink({ href, children, ...look }: ButtonLinkProps) {
  return (
    <a href={href} class={classOf(look)}>
      {look.icon && <Icon name={look.icon} />}
      {children}
    </a>
  );
}

interface IconButtonProps {
  readonly icon: IconName;
  readonly label: string;
  readonly pressed?: boolean;
  readonly onClick: () => void;
}

export function IconButton({ icon, label, pressed, onClick }: IconButtonProps) {
  return (
    <button
      type="button"
      class="icon-button"
      aria-label={label}
      aria-pressed={pressed}
      title={label}
      onClick={onClick}
    >
      <Icon name={icon} />
    </button>
  );
}

function classOf({ kind = 'plain', small = false }: Look): string {
  return `button button-${kind}${small ? ' button-small' : ''}`;
}
