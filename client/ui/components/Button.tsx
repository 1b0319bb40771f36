import type { ComponentChildren, Ref } from 'preact';
import { Icon, type IconName } from './Icon.js';

interface ButtonProps {
  readonly kind?: 'primary' | 'plain' | 'quiet' | 'danger';
  readonly size?: 'small' | 'usual' | 'wide';
  readonly type?: 'button' | 'submit';
  readonly onClick?: () => void;
  /** Why the button does nothing now. It stays reachable, so that a person can learn it. */
  readonly disabledReason?: string | undefined;
  readonly busy?: boolean;
  readonly autoFocus?: boolean;
  readonly buttonRef?: Ref<HTMLButtonElement>;
  readonly children: ComponentChildren;
}

const SIZES = { small: ' button-small', usual: '', wide: ' button-wide' } as const;

export const Button = ({ kind = 'plain', size = 'usual', type = 'button', ...props }: ButtonProps) => {
  const idle = props.disabledReason === undefined && props.busy !== true;
  return (
    <button
      ref={props.buttonRef ?? null}
      type={idle ? type : 'button'}
      class={`button button-${kind}${SIZES[size]}`}
      aria-disabled={idle ? undefined : true}
      aria-busy={props.busy === true ? true : undefined}
      title={props.disabledReason}
      autoFocus={props.autoFocus}
      onClick={idle ? props.onClick : undefined}
    >
      {props.children}
    </button>
  );
};

interface IconButtonProps {
  readonly icon: IconName;
  /** Its name for everyone who does not see the icon, and the tooltip for those who do. */
  readonly label: string;
  readonly onClick: () => void;
  readonly class?: string;
  readonly shortcut?: string;
  readonly expanded?: boolean;
  readonly hasMenu?: boolean;
  readonly pressed?: boolean;
  readonly buttonRef?: Ref<HTMLButtonElement>;
}

export const IconButton = (props: IconButtonProps) => (
  <button
    ref={props.buttonRef ?? null}
    type="button"
    class={props.class === undefined ? 'button button-icon' : `button button-icon ${props.class}`}
    aria-label={props.label}
    aria-keyshortcuts={props.shortcut}
    aria-haspopup={props.hasMenu === true ? 'menu' : undefined}
    aria-expanded={props.expanded}
    aria-pressed={props.pressed}
    title={props.label}
    onClick={props.onClick}
  >
    <Icon name={props.icon} />
  </button>
);
