/**
 * The check of a recovery key (SPEC §12.1): the 13 groups that carry it are elements of GF(2²⁰), and two more are the sums of
 * xⁱ·gᵢ and x²ⁱ·gᵢ. Whatever is wrong within one group is found and the group named; two groups that changed places are found.
 * Nothing secret depends on it: it stands on the same paper as what it checks.
 */

const DEGREE = 20;
/** x²⁰ + x³ + 1, which is primitive. */
const REDUCTION = 0b1001;
const TOP_BIT = 1 << (DEGREE - 1);
const MASK = (1 << DEGREE) - 1;

const timesX = (element: number): number => ((element << 1) & MASK) ^ ((element & TOP_BIT) === 0 ? 0 : REDUCTION);

const timesPowerOfX = (element: number, power: number): number => {
  let product = element;
  for (let step = 0; step < power; step += 1) product = timesX(product);
  return product;
};

const weightedSum = (groups: readonly number[], stride: number): number =>
  groups.reduce((sum, group, index) => sum ^ timesPowerOfX(group, stride * index), 0);

/** The two groups that check `groups`. */
export const checkGroups = (groups: readonly number[]): readonly [number, number] => [
  weightedSum(groups, 1),
  weightedSum(groups, 2),
];

export type GroupCheck =
  | { readonly outcome: 'intact' }
  /** `group`: which one, counted from 0 and the two checks included; `undefined` if more than one is wrong. */
  | { readonly outcome: 'damaged'; readonly group: number | undefined };

/** Do groups and checks belong together? */
export const checkGroupsAgainst = (groups: readonly number[], checks: readonly [number, number]): GroupCheck => {
  const [first, second] = checkGroups(groups);
  const errors = [first ^ checks[0], second ^ checks[1]] as const;
  if (errors[0] === 0 && errors[1] === 0) return { outcome: 'intact' };
  if (errors[1] === 0) return { outcome: 'damaged', group: groups.length };
  if (errors[0] === 0) return { outcome: 'damaged', group: groups.length + 1 };
  const group = groups.findIndex((_, index) => timesPowerOfX(errors[0], index) === errors[1]);
  return { outcome: 'damaged', group: group === -1 ? undefined : group };
};
