/** The value of something that cannot be absent, because of `reason`. Throws where that reason turns out to be wrong: a bug. */
export const certain = <Value>(value: Value | undefined, reason: string): Value => {
  if (value === undefined) throw new Error(`This cannot be: ${reason}.`);
  return value;
};
