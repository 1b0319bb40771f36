/** What this device knows of the account's other devices, of the storage record, and of keys that are being replaced. */
export const accountUpkeep = `
-- Devices of the own account that this one has seen on its list, and whether the person has said that they know them.
CREATE TABLE seen_device (
  device_id BLOB PRIMARY KEY,
  seen_at INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('new', 'reminded', 'known'))
) STRICT, WITHOUT ROWID;

-- The storage record as this device last read or wrote it. Changes are counted: what is not written yet goes out later.
CREATE TABLE storage_record (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  version INTEGER NOT NULL,
  hash BLOB,
  -- Encoded, so that what other versions of the program keep there is not lost.
  content BLOB,
  changes INTEGER NOT NULL,
  written INTEGER NOT NULL
) STRICT;
-- A new account has no record yet: it has something to write.
INSERT INTO storage_record VALUES (1, 0, NULL, NULL, 1, 0);

-- A device that is being taken off the list: written down before the server is asked, so that its end is never missed.
CREATE TABLE device_removal (device_id BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;

-- Keys that replace the account's: first the storage record is sealed with them, then everybody is told, then the server.
CREATE TABLE key_rotation (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  storage_key BLOB NOT NULL,
  profile_key BLOB NOT NULL,
  -- Contacts may send with the access key before for a while: never after a block.
  grace INTEGER NOT NULL CHECK (grace IN (0, 1)),
  step TEXT NOT NULL CHECK (step IN ('due', 'recorded')),
  since INTEGER NOT NULL
) STRICT;

-- The outbox takes a fourth kind of content: a greeting, which says nothing but what stands in every header.
CREATE TEMP TABLE kept_envelope AS SELECT * FROM outbox_envelope;
CREATE TABLE new_outbox_job (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  -- The account that it goes to; the own one for its other devices.
  chat_id BLOB NOT NULL,
  -- A text; or a receipt, what own devices are told, or a greeting: these stand below.
  message INTEGER UNIQUE REFERENCES message (id) ON DELETE CASCADE,
  content_id BLOB NOT NULL,
  sequence INTEGER NOT NULL,
  made_at INTEGER NOT NULL,
  receipt_state TEXT CHECK (receipt_state IN ('delivered', 'read')),
  -- 16 bytes each, one after the other.
  receipt_message_ids BLOB,
  sync BLOB,
  hello INTEGER CHECK (hello = 1),
  -- How often the recipient's devices turned out to be others than it had been encrypted for.
  repairs INTEGER NOT NULL DEFAULT 0,
  CHECK ((message IS NOT NULL) + (receipt_state IS NOT NULL) + (sync IS NOT NULL) + (hello IS NOT NULL) = 1),
  CHECK ((receipt_state IS NULL) = (receipt_message_ids IS NULL))
) STRICT;
INSERT INTO new_outbox_job (id, chat_id, message, content_id, sequence, made_at, receipt_state, receipt_message_ids, sync, repairs)
  SELECT id, chat_id, message, content_id, sequence, made_at, receipt_state, receipt_message_ids, sync, repairs FROM outbox_job;
DELETE FROM sqlite_sequence WHERE name = 'new_outbox_job';
INSERT INTO sqlite_sequence (name, seq) SELECT 'new_outbox_job', seq FROM sqlite_sequence WHERE name = 'outbox_job';
DROP TABLE outbox_job;
ALTER TABLE new_outbox_job RENAME TO outbox_job;
CREATE INDEX outbox_order ON outbox_job (chat_id, id);
INSERT INTO outbox_envelope SELECT * FROM kept_envelope;
DROP TABLE kept_envelope;
`;
