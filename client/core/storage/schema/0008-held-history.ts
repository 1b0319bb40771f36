/** History for a device that was linked by its own code waits a day. */
export const heldHistory = `
ALTER TABLE history_export ADD COLUMN held_until INTEGER;
`;
