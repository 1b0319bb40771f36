import type { ComponentChildren } from 'preact';
import { Icon, type IconName } from './Icon.js';

interface BannerProps {
  readonly kind: 'info' | 'warning' | 'error';
  readonly icon: IconName;
  readonly text: string;
  /** Buttons: the way out. */
  readonly children?: ComponentChildren;
}

export const Banner = ({ kind, icon, text, children }: BannerProps) => (
  <div class={`banner banner-${kind}`} role={kind === 'error' ? 'alert' : 'status'}>
    <Icon name={icon} />
    <p class="banner-text">{text}</p>
    {children !== undefined && <div class="banner-actions">{children}</div>}
  </div>
);
