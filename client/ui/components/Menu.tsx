import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { IconButton } from './Button.js';
import { Icon, type IconName } from './Icon.js';

export interface MenuItem {
  readonly label: string;
  readonly icon: IconName;
  readonly danger?: boolean;
  readonly onChoose: () => void;
}

interface MenuButtonProps {
  readonly label: string;
  readonly icon: IconName;
  readonly items: readonly MenuItem[];
  /** The edge of the button that the menu hangs from. */
  readonly align: 'start' | 'end';
}

/** The index that a key leads to in a menu of `labels`; `undefined` for a key that does not move. */
const menuTarget = (key: string, at: number, labels: readonly string[]): number | undefined => {
  const count = labels.length;
  if (key === 'ArrowDown') return (at + 1) % count;
  if (key === 'ArrowUp') return (at - 1 + count) % count;
  if (key === 'Home') return 0;
  if (key === 'End') return count - 1;
  if (key.length !== 1 || key === ' ') return undefined;
  const start = key.toLocaleLowerCase();
  for (let step = 1; step <= count; step += 1) {
    const index = (at + step) % count;
    if (labels[index]?.toLocaleLowerCase().startsWith(start) === true) return index;
  }
  return undefined;
};

/** A button that opens a menu: arrows, Home, End and typing move, Esc and Tab close, the focus returns to the button. */
export const MenuButton = ({ label, icon, items, align }: MenuButtonProps) => {
  const [open, setOpen] = useState(false);
  const anchor = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const entries = (): HTMLElement[] => [...(anchor.current?.querySelectorAll<HTMLElement>('[role="menuitem"]') ?? [])];

  useLayoutEffect(() => {
    if (!open) return undefined;
    entries()[0]?.focus();
    const outside = (event: PointerEvent): void => {
      if (event.target instanceof Node && anchor.current?.contains(event.target) !== true) setOpen(false);
    };
    document.addEventListener('pointerdown', outside);
    return () => document.removeEventListener('pointerdown', outside);
  }, [open]);

  const close = (): void => {
    setOpen(false);
    button.current?.focus();
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') {
      event.preventDefault();
      event.stopPropagation();
      close();
    } else if (event.key === 'Tab') setOpen(false);
    else {
      const all = entries();
      const at = all.findIndex((entry) => entry === document.activeElement);
      const target = menuTarget(
        event.key,
        at,
        items.map((item) => item.label),
      );
      if (target === undefined) return;
      event.preventDefault();
      all[target]?.focus();
    }
  };

  return (
    <div class="menu-anchor" ref={anchor}>
      <IconButton icon={icon} label={label} hasMenu expanded={open} buttonRef={button} onClick={() => setOpen(!open)} />
      {open && (
        <div class={`menu menu-${align}`} role="menu" aria-label={label} onKeyDown={onKeyDown}>
          {items.map((item) => (
            <button
              key={item.label}
              type="button"
              role="menuitem"
              tabIndex={-1}
              class={item.danger === true ? 'menu-item menu-item-danger' : 'menu-item'}
              onClick={() => {
                close();
                item.onChoose();
              }}
            >
              <Icon name={item.icon} />
              {item.label}
            </button>
          ))}
        </div>
      )}
    </div>
  );
};
