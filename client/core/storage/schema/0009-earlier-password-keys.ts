/** Password keys before the present one, each wrapped under the one after it: they open what was wrapped before a change. */
export const earlierPasswordKeys = `
CREATE TABLE earlier_password_key (
  wrapped BLOB PRIMARY KEY,
  changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- There while the server takes a password that does not open what is wrapped here.
CREATE TABLE closed_keys (only INTEGER PRIMARY KEY CHECK (only = 1)) STRICT;
`;
