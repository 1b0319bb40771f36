/** History on its way between devices of one account, and a recovery under way. */
export const historyAndRecovery = `
-- Newest first over all chats, as an archive is written.
CREATE INDEX message_age ON message (ordered_at);

-- Given to a device that was linked.
CREATE TABLE history_export (
  id INTEGER PRIMARY KEY,
  archive_id BLOB NOT NULL UNIQUE,
  -- Erased when it is finished.
  history_key BLOB,
  state TEXT NOT NULL CHECK (state IN ('prepared', 'running', 'failed', 'finished')),
  -- Later ones reach the new device by themselves.
  newest_message INTEGER NOT NULL,
  total INTEGER NOT NULL,
  done INTEGER NOT NULL,
  -- After the last entry of the segments that were made.
  place TEXT,
  segments INTEGER NOT NULL,
  digest BLOB,
  -- Made and not known to be at the server: it is sent again byte for byte.
  segment BLOB,
  segment_entries INTEGER NOT NULL,
  segment_is_last INTEGER NOT NULL CHECK (segment_is_last IN (0, 1)),
  CHECK (history_key IS NOT NULL OR state = 'finished')
) STRICT;

-- Given to this device when it was linked.
CREATE TABLE history_import (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  archive_id BLOB NOT NULL,
  history_key BLOB,
  state TEXT NOT NULL CHECK (state IN ('running', 'failed', 'finished')),
  total INTEGER NOT NULL,
  done INTEGER NOT NULL,
  segments INTEGER NOT NULL,
  digest BLOB,
  heard_at INTEGER NOT NULL,
  CHECK (history_key IS NOT NULL OR state = 'finished')
) STRICT;

-- The recovery kit of this account: what was asked for last, and when it was confirmed here.
CREATE TABLE recovery_kit (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  -- Numbers of groups, as JSON.
  asked TEXT NOT NULL,
  confirmed_at INTEGER
) STRICT;

-- An account may be on its way back to this device. The keys go by themselves when the table that they refer to is made anew.
CREATE TEMP TABLE kept_keys AS SELECT * FROM account_keys;
CREATE TABLE new_account (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  phase TEXT NOT NULL CHECK (phase IN ('pending', 'recovering', 'registered')),
  account_id BLOB NOT NULL,
  username TEXT NOT NULL,
  device_id BLOB NOT NULL,
  registration_id INTEGER NOT NULL,
  server_origin TEXT NOT NULL,
  server_trust_root BLOB NOT NULL,
  server_keys BLOB NOT NULL,
  server_keys_signature BLOB NOT NULL,
  stretch_salt BLOB NOT NULL,
  stretch_memory_kib INTEGER NOT NULL,
  stretch_iterations INTEGER NOT NULL,
  stretch_parallelism INTEGER NOT NULL,
  refresh_token BLOB,
  next_refresh_token BLOB,
  pending_request TEXT
) STRICT;
INSERT INTO new_account SELECT * FROM account;
DROP TABLE account;
ALTER TABLE new_account RENAME TO account;
DELETE FROM account_keys;
INSERT INTO account_keys SELECT * FROM kept_keys;
DROP TABLE kept_keys;

-- Beside the account that is recovering.
CREATE TABLE recovery (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  state TEXT NOT NULL CHECK (state IN ('asking', 'held', 'vetoed')),
  held_until INTEGER,
  -- Opens the storage record as it was before.
  old_storage_key BLOB NOT NULL,
  storage_record_version INTEGER NOT NULL
) STRICT;

-- A new root that was asked for, with its seed under the password.
CREATE TABLE new_root (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  wrapped_seed BLOB NOT NULL,
  account_identity_key BLOB NOT NULL,
  recovery_public_key BLOB NOT NULL,
  request TEXT NOT NULL,
  effective_at INTEGER
) STRICT;
`;
