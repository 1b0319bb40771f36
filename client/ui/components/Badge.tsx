interface BadgeProps {
  /** As shown, already in the language's digits. */
  readonly text: string;
  /** In full, for who hears it. */
  readonly label: string;
}

export const Badge = ({ text, label }: BadgeProps) => (
  <span class="badge">
    <bdi aria-hidden="true">{text}</bdi>
    <span class="visually-hidden">{label}</span>
  </span>
);
