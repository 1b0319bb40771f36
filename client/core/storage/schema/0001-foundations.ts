/**
 * Ids are 16-byte blobs, times are milliseconds since 1970, truth values are 0 and 1. A chat is named by the account id of the
 * other person.
 */
export const foundations = `
CREATE TABLE account (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  phase TEXT NOT NULL CHECK (phase IN ('pending', 'registered')),
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

CREATE TABLE account_keys (
  only INTEGER PRIMARY KEY CHECK (only = 1) REFERENCES account (only) ON DELETE CASCADE,
  account_identity_key BLOB NOT NULL,
  recovery_public_key BLOB NOT NULL,
  identity_key_pair BLOB NOT NULL,
  device_signing_key BLOB NOT NULL,
  profile_key BLOB NOT NULL,
  storage_key BLOB NOT NULL,
  wrapped_recovery_seed BLOB NOT NULL,
  wrapped_link_key BLOB NOT NULL
) STRICT;

CREATE TABLE device_pin (
  account_id BLOB PRIMARY KEY,
  username TEXT NOT NULL,
  account_identity_key BLOB NOT NULL,
  recovery_public_key BLOB NOT NULL,
  epoch INTEGER NOT NULL,
  number INTEGER NOT NULL,
  hash BLOB NOT NULL,
  list BLOB NOT NULL,
  alarm INTEGER NOT NULL CHECK (alarm IN (0, 1)),
  pinned_at INTEGER NOT NULL
) STRICT;

CREATE TABLE pinned_device (
  account_id BLOB NOT NULL REFERENCES device_pin (account_id) ON DELETE CASCADE,
  device_id BLOB NOT NULL,
  certificate BLOB NOT NULL,
  PRIMARY KEY (account_id, device_id)
) STRICT, WITHOUT ROWID;

-- Every list head that was ever verified, so that an older one in a message can be checked against what it was.
CREATE TABLE verified_list (
  account_id BLOB NOT NULL REFERENCES device_pin (account_id) ON DELETE CASCADE,
  epoch INTEGER NOT NULL,
  number INTEGER NOT NULL,
  hash BLOB NOT NULL,
  PRIMARY KEY (account_id, epoch, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE pre_key (id INTEGER PRIMARY KEY, record BLOB NOT NULL) STRICT;
CREATE TABLE signed_pre_key (id INTEGER PRIMARY KEY, record BLOB NOT NULL, created_at INTEGER NOT NULL) STRICT;
-- One-time keys have no last_resort_since.
CREATE TABLE kyber_pre_key (id INTEGER PRIMARY KEY, record BLOB NOT NULL, last_resort_since INTEGER) STRICT;
CREATE TABLE pre_key_counter (kind TEXT PRIMARY KEY, last_id INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE pre_key_publication (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  signed_pre_key_id INTEGER NOT NULL,
  last_resort_kyber_pre_key_id INTEGER NOT NULL,
  published_at INTEGER NOT NULL
) STRICT;

-- First messages that used a last-resort key. Plainly unique: the same one again fails, whoever sends it and when.
CREATE TABLE replay_mark (
  kyber_pre_key_id INTEGER NOT NULL,
  signed_pre_key_id INTEGER NOT NULL,
  base_key BLOB NOT NULL,
  PRIMARY KEY (base_key, kyber_pre_key_id, signed_pre_key_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE session (device_id BLOB PRIMARY KEY, record BLOB NOT NULL) STRICT;

CREATE TABLE chat (
  chat_id BLOB PRIMARY KEY,
  username TEXT NOT NULL,
  standing TEXT NOT NULL CHECK (standing IN ('request', 'accepted')),
  -- The other person's, once they have given it: opens the anonymous way to them.
  profile_key BLOB,
  -- The server refused the access key made of profile_key; another key clears it.
  access_refused INTEGER NOT NULL DEFAULT 0 CHECK (access_refused IN (0, 1)),
  draft TEXT NOT NULL DEFAULT '',
  -- Contents that this device has queued for this chat so far.
  last_sequence INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  -- Kept with the chat: counting and searching them for every row of the list is slow in a large database.
  active_at INTEGER NOT NULL,
  unread INTEGER NOT NULL DEFAULT 0,
  last_message INTEGER REFERENCES message (id) ON DELETE SET NULL
) STRICT;

CREATE TABLE message (
  id INTEGER PRIMARY KEY,
  chat_id BLOB NOT NULL REFERENCES chat (chat_id) ON DELETE CASCADE,
  message_id BLOB NOT NULL,
  sender BLOB NOT NULL,
  own INTEGER NOT NULL CHECK (own IN (0, 1)),
  -- Exactly one of them: what a person wrote, or the content of a kind that this version does not know.
  text TEXT,
  encoded BLOB,
  sent_at INTEGER NOT NULL,
  -- The place in the chat: these two, then message_id.
  ordered_at INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'delivered', 'read', 'failed', 'unread', 'seen')),
  failure TEXT CHECK (failure IN ('recipientGone', 'deviceTrouble', 'refused')),
  CHECK ((text IS NULL) <> (encoded IS NULL)),
  CHECK ((state = 'failed') = (failure IS NOT NULL)),
  CHECK ((state IN ('unread', 'seen')) = (own = 0))
) STRICT;
CREATE UNIQUE INDEX message_identity ON message (message_id, sender);
CREATE INDEX message_place ON message (chat_id, ordered_at, sequence, message_id);
CREATE INDEX message_unread ON message (chat_id, ordered_at, sequence, message_id) WHERE state = 'unread';
CREATE INDEX message_unknown ON message (id) WHERE encoded IS NOT NULL;

-- A content on its way out. AUTOINCREMENT: ids are the order, and never come back.
CREATE TABLE outbox_job (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  chat_id BLOB NOT NULL REFERENCES chat (chat_id) ON DELETE CASCADE,
  -- A text; otherwise a receipt, which stands below.
  message INTEGER UNIQUE REFERENCES message (id) ON DELETE CASCADE,
  content_id BLOB NOT NULL,
  sequence INTEGER NOT NULL,
  made_at INTEGER NOT NULL,
  receipt_state TEXT CHECK (receipt_state IN ('delivered', 'read')),
  -- 16 bytes each, one after the other.
  receipt_message_ids BLOB,
  -- How often the recipient's devices turned out to be others than it had been encrypted for.
  repairs INTEGER NOT NULL DEFAULT 0,
  CHECK ((message IS NULL) = (receipt_state IS NOT NULL)),
  CHECK ((receipt_state IS NULL) = (receipt_message_ids IS NULL))
) STRICT;
CREATE INDEX outbox_order ON outbox_job (chat_id, id);

-- Sealed and committed together with the ratchets that made them: a repeat sends the same ids and bytes.
CREATE TABLE outbox_envelope (
  job INTEGER NOT NULL REFERENCES outbox_job (id) ON DELETE CASCADE,
  device_id BLOB NOT NULL,
  envelope_id BLOB NOT NULL,
  registration_id INTEGER NOT NULL,
  ciphertext BLOB NOT NULL,
  -- Of the sender certificate inside.
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (job, device_id)
) STRICT, WITHOUT ROWID;

-- Received, acknowledged, not yet opened.
CREATE TABLE inbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  envelope_id BLOB NOT NULL UNIQUE,
  server_time INTEGER NOT NULL,
  ciphertext BLOB NOT NULL
) STRICT;

-- Received and not to be opened by this version, or at all.
CREATE TABLE set_aside (
  envelope_id BLOB PRIMARY KEY,
  server_time INTEGER NOT NULL,
  -- NULL where it came empty.
  ciphertext BLOB,
  reason TEXT NOT NULL,
  set_aside_at INTEGER NOT NULL
) STRICT;

-- Receipts owed to the authors of messages; one a message, since read says delivered too.
CREATE TABLE receipt_due (
  message INTEGER PRIMARY KEY REFERENCES message (id) ON DELETE CASCADE,
  chat_id BLOB NOT NULL REFERENCES chat (chat_id) ON DELETE CASCADE,
  state TEXT NOT NULL CHECK (state IN ('delivered', 'read'))
) STRICT;
CREATE INDEX receipt_due_chat ON receipt_due (chat_id, state);

CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
`;
