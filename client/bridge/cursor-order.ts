/**
 * Compares two cursors of one chat: negative where `one` stands before `other`. Their fields are separated by dots and weigh
 * from left to right, numbers by value. An interface orders messages by this alone: the times that it shows are the
 * authors' own and may lie.
 */
export const compareCursors = (one: string, other: string): number => {
  const others = other.split('.');
  for (const [index, field] of one.split('.').entries()) {
    const against = others[index] ?? '';
    const difference = Number(field) - Number(against);
    if (difference < 0 || difference > 0) return difference;
    // Ids are no numbers: they compare as text.
    if (Number.isNaN(difference) && field !== against) return field < against ? -1 : 1;
  }
  return 0;
};
