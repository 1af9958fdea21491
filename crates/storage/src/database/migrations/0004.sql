-- Where a message stands: 0 new, 1 saved, 2 deleted by its owner and kept for a while. In place of `read`.
ALTER TABLE messages ADD COLUMN state INTEGER NOT NULL DEFAULT 0;
UPDATE messages SET state = 1 WHERE read <> 0;
ALTER TABLE messages DROP COLUMN read;
ALTER TABLE messages ADD COLUMN private INTEGER NOT NULL DEFAULT 0;
-- The mailbox that sent it, or whose number called; it may be gone by now, and its number is never given again.
ALTER TABLE messages ADD COLUMN sender INTEGER;
ALTER TABLE messages ADD COLUMN deleted_at INTEGER;
-- Its age counts from here on, or it would be deleted again at once for its age.
ALTER TABLE messages ADD COLUMN restored_at INTEGER;
-- Counts and lengths of a mailbox without a look at its rows.
CREATE INDEX messages_standing ON messages (mailbox, state, urgent, received, length);
CREATE INDEX messages_to_purge ON messages (deleted_at) WHERE state = 2;

-- What callers hear in place of the server's words; the audio is a file like that of a message.
CREATE TABLE greetings (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    mailbox  INTEGER NOT NULL REFERENCES mailboxes (id) ON DELETE CASCADE,
    kind     INTEGER NOT NULL,          -- 0 personal, 1 out of office
    recorded INTEGER NOT NULL,
    length   INTEGER NOT NULL,
    codec    INTEGER NOT NULL,
    file     TEXT NOT NULL UNIQUE,      -- relative to the data folder
    UNIQUE (mailbox, kind)
) STRICT;

CREATE TABLE phone_options (
    mailbox    INTEGER PRIMARY KEY REFERENCES mailboxes (id) ON DELETE CASCADE,
    language   TEXT,                    -- NULL: the plan's
    clock      INTEGER NOT NULL DEFAULT 0,  -- hours of the clock: 12, 24, or 0 for the language's
    away       INTEGER NOT NULL DEFAULT 0,
    away_from  TEXT,                    -- days in the plan's time zone, YYYY-MM-DD
    away_until TEXT
) STRICT;

-- Callers who left nothing.
CREATE TABLE missed_calls (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    mailbox     INTEGER NOT NULL REFERENCES mailboxes (id) ON DELETE CASCADE,
    at          INTEGER NOT NULL,
    caller      TEXT,
    caller_name TEXT,
    call_id     TEXT NOT NULL
) STRICT;
CREATE INDEX missed_calls_of_mailbox ON missed_calls (mailbox, at);
CREATE INDEX missed_calls_by_date ON missed_calls (at);

-- What is to be told to the owners by other ways than the phone, in order; written with the row that it is about.
CREATE TABLE outbox (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    at      INTEGER NOT NULL,
    mailbox INTEGER NOT NULL REFERENCES mailboxes (id) ON DELETE CASCADE,
    message INTEGER REFERENCES messages (id) ON DELETE CASCADE,
    missed  INTEGER REFERENCES missed_calls (id) ON DELETE CASCADE,
    CHECK ((message IS NULL) <> (missed IS NULL))
) STRICT;
CREATE INDEX outbox_by_date ON outbox (at);
CREATE INDEX outbox_of_mailbox ON outbox (mailbox);
CREATE INDEX outbox_of_message ON outbox (message) WHERE message IS NOT NULL;
CREATE INDEX outbox_of_missed ON outbox (missed) WHERE missed IS NOT NULL;
