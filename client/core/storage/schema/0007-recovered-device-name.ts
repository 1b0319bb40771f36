/** A device that takes an account back is called what its person typed. */
export const recoveredDeviceName = `
ALTER TABLE recovery ADD COLUMN device_name TEXT NOT NULL DEFAULT '';
`;
