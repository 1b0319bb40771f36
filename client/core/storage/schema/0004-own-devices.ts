/** What the devices of an account tell each other, and what is known of messages before they are here. */
export const ownDevices = `
-- From which version of the storage record on the storage key and the profile key go.
ALTER TABLE account_keys ADD COLUMN keys_version INTEGER NOT NULL DEFAULT 0;

ALTER TABLE chat ADD COLUMN blocked INTEGER NOT NULL DEFAULT 0 CHECK (blocked IN (0, 1));
-- When these were last set, on whichever device: the later one stands.
ALTER TABLE chat ADD COLUMN contact_set_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE chat ADD COLUMN draft_set_at INTEGER NOT NULL DEFAULT 0;

-- The outbox takes a third kind of content, and a line for the own account, which is no chat. SQLite cannot change a table's
-- checks, so it is made anew; what is sealed is put aside meanwhile, since it goes with the jobs.
CREATE TEMP TABLE kept_envelope AS SELECT * FROM outbox_envelope;
CREATE TABLE new_outbox_job (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  -- The account that it goes to; the own one for its other devices.
  chat_id BLOB NOT NULL,
  -- A text; or a receipt, or what own devices are told: these stand below.
  message INTEGER UNIQUE REFERENCES message (id) ON DELETE CASCADE,
  content_id BLOB NOT NULL,
  sequence INTEGER NOT NULL,
  made_at INTEGER NOT NULL,
  receipt_state TEXT CHECK (receipt_state IN ('delivered', 'read')),
  -- 16 bytes each, one after the other.
  receipt_message_ids BLOB,
  sync BLOB,
  -- How often the recipient's devices turned out to be others than it had been encrypted for.
  repairs INTEGER NOT NULL DEFAULT 0,
  CHECK ((message IS NOT NULL) + (receipt_state IS NOT NULL) + (sync IS NOT NULL) = 1),
  CHECK ((receipt_state IS NULL) = (receipt_message_ids IS NULL))
) STRICT;
INSERT INTO new_outbox_job (id, chat_id, message, content_id, sequence, made_at, receipt_state, receipt_message_ids, repairs)
  SELECT id, chat_id, message, content_id, sequence, made_at, receipt_state, receipt_message_ids, repairs FROM outbox_job;
DELETE FROM sqlite_sequence WHERE name = 'new_outbox_job';
INSERT INTO sqlite_sequence (name, seq) SELECT 'new_outbox_job', seq FROM sqlite_sequence WHERE name = 'outbox_job';
DROP TABLE outbox_job;
ALTER TABLE new_outbox_job RENAME TO outbox_job;
CREATE INDEX outbox_order ON outbox_job (chat_id, id);
INSERT INTO outbox_envelope SELECT * FROM kept_envelope;
DROP TABLE kept_envelope;

-- What has been said of a message that is not here (any more): it arrives in this state, or not at all.
CREATE TABLE foreseen_message (
  id INTEGER PRIMARY KEY,
  chat_id BLOB NOT NULL,
  sender BLOB NOT NULL,
  message_id BLOB NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('delivered', 'read', 'seen', 'deleted')),
  UNIQUE (message_id, sender)
) STRICT;
CREATE INDEX foreseen_in_chat ON foreseen_message (chat_id, id) WHERE state <> 'deleted';

CREATE TABLE account_setting (name TEXT PRIMARY KEY, value TEXT NOT NULL, set_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE device_name (
  device_id BLOB PRIMARY KEY,
  name TEXT NOT NULL,
  system TEXT NOT NULL,
  set_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- From own devices, of kinds that this version does not know; read again after an update.
CREATE TABLE kept_sync (id INTEGER PRIMARY KEY, encoded BLOB NOT NULL, server_time INTEGER NOT NULL) STRICT;
`;
