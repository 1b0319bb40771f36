interface AvatarProps {
  readonly accountId: string;
  readonly name: string;
  readonly small?: boolean;
}

/** Random in every account id: the last hex digit. */
const hueOf = (accountId: string): number => Number.parseInt(accountId.slice(-1), 16) % 8;

/** Stands beside the name, so it says nothing by itself. */
export const Avatar = ({ accountId, name, small = false }: AvatarProps) => (
  <span class={`avatar avatar-${hueOf(accountId)}${small ? ' avatar-small' : ''}`} aria-hidden="true">
    {name.slice(0, 1).toLocaleUpperCase()}
  </span>
);
