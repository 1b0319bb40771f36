/** One link under way at a time on either side; what is left of it when it ends is nothing. */
export const linking = `
-- A device that was linked has never had the recovery seed, and one whose recovery kit was confirmed has erased it.
CREATE TABLE new_account_keys (
  only INTEGER PRIMARY KEY CHECK (only = 1) REFERENCES account (only) ON DELETE CASCADE,
  account_identity_key BLOB NOT NULL,
  recovery_public_key BLOB NOT NULL,
  identity_key_pair BLOB NOT NULL,
  device_signing_key BLOB NOT NULL,
  profile_key BLOB NOT NULL,
  storage_key BLOB NOT NULL,
  wrapped_recovery_seed BLOB,
  wrapped_link_key BLOB NOT NULL
) STRICT;
INSERT INTO new_account_keys SELECT * FROM account_keys;
DROP TABLE account_keys;
ALTER TABLE new_account_keys RENAME TO account_keys;

-- The authorised device's side.
CREATE TABLE link_offer (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  -- At the server, where it is ended if this device stops before it has approved: nothing that opens the link key is kept.
  link_session_id BLOB NOT NULL,
  -- From the approval on: the request, which is repeated until the server has it, and what comes after it.
  approval TEXT,
  device_name TEXT,
  archive_id BLOB,
  CHECK ((approval IS NULL) = (device_name IS NULL)),
  CHECK (approval IS NOT NULL OR archive_id IS NULL)
) STRICT;

-- The new device's side: a profile that has no account yet.
CREATE TABLE link_join (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  server_origin TEXT NOT NULL,
  server_trust_root BLOB NOT NULL,
  server_keys BLOB NOT NULL,
  server_keys_signature BLOB NOT NULL,
  claimant BLOB NOT NULL,
  -- Where the handshake stands, private keys inside.
  state BLOB NOT NULL,
  -- Once the person has said which account it is: the request, repeated until the server has answered, and the token in it.
  activation TEXT,
  refresh_token BLOB,
  CHECK ((activation IS NULL) = (refresh_token IS NULL))
) STRICT;
`;
