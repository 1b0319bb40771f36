/**
 * Finds messages by any part of their text. `search_row` is the place of a message in the index: places follow the time, so that the newest
 * are found first and a span of days is a range. Without content of its own, and told to forget what is deleted at once.
 */
export const search = `
CREATE VIRTUAL TABLE message_search
  USING fts5 (entry, tokenize = 'ascii', content = '', detail = none, columnsize = 0, prefix = '2');
INSERT INTO message_search (message_search, rank) VALUES ('secure-delete', 1);

-- By which rules the index was made: by others its entries cannot be found again.
CREATE TABLE search_rules (only INTEGER PRIMARY KEY CHECK (only = 1), name TEXT NOT NULL) STRICT;

ALTER TABLE message ADD COLUMN search_row INTEGER;
CREATE UNIQUE INDEX message_search_row ON message (search_row) WHERE search_row IS NOT NULL;
CREATE INDEX message_unindexed ON message (id) WHERE search_row IS NULL AND text IS NOT NULL;
`;
