import type { ComponentChildren } from 'preact';

interface EmptyStateProps {
  readonly text: string;
  /** The button that leads on. */
  readonly children?: ComponentChildren;
}

export const EmptyState = ({ text, children }: EmptyStateProps) => (
  <div class="empty">
    <p>{text}</p>
    {children}
  </div>
);
