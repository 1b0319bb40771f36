interface BadgeProps {
  /** As shown, already in the language's digits. */
  readonly text: string;
  /** In full, for who hears it. */
  readonly label: string;
}

export const Badge = ({ text, label }: BadgeProps) => (
  <span class="badge">
    <span aria-hidden="true">{text}</span>
    <span class="visually-hidden">{label}</span>
  </span>
);
