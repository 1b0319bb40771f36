/** Steps of device lists as they were verified, receipt and certificates included: a server that lost them gets them back. */
export const keptLists = `
CREATE TABLE kept_list (
  account_id BLOB NOT NULL REFERENCES device_pin (account_id) ON DELETE CASCADE,
  epoch INTEGER NOT NULL,
  number INTEGER NOT NULL,
  step TEXT NOT NULL,
  PRIMARY KEY (account_id, epoch, number)
) STRICT, WITHOUT ROWID;
`;
