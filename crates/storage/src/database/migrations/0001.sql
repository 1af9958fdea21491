-- Dates are microseconds since 1970, lengths milliseconds, codecs RTP payload types.

CREATE TABLE site_revisions (
    revision INTEGER PRIMARY KEY,
    at       INTEGER NOT NULL,
    who      TEXT NOT NULL,
    what     TEXT NOT NULL,
    site     TEXT NOT NULL              -- JSON
) STRICT;

CREATE TABLE mailboxes (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    dial_plan TEXT NOT NULL,
    extension TEXT NOT NULL,
    name      TEXT NOT NULL,
    email     TEXT,
    policy    TEXT NOT NULL,
    created   INTEGER NOT NULL,
    UNIQUE (dial_plan, extension)
) STRICT;

-- Every number that means a mailbox: its extension (position 0) and its aliases. One key for both, so that a number
-- never means two mailboxes of a plan.
CREATE TABLE dial_numbers (
    dial_plan TEXT NOT NULL,
    number    TEXT NOT NULL,
    mailbox   INTEGER NOT NULL REFERENCES mailboxes (id) ON DELETE CASCADE,
    position  INTEGER NOT NULL,
    PRIMARY KEY (dial_plan, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX dial_numbers_of_mailbox ON dial_numbers (mailbox, position);

CREATE TABLE pins (
    mailbox    INTEGER PRIMARY KEY REFERENCES mailboxes (id) ON DELETE CASCADE,
    salt       BLOB NOT NULL,
    hash       BLOB NOT NULL,
    memory_kib INTEGER NOT NULL,        -- 0: quick hash, to be hardened
    passes     INTEGER NOT NULL,
    made       INTEGER NOT NULL,        -- 1: made by the server, to be changed at the first log-on
    set_at     INTEGER NOT NULL,
    failures   INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX pins_to_harden ON pins (mailbox) WHERE memory_kib = 0;

CREATE TABLE messages (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    mailbox     INTEGER NOT NULL REFERENCES mailboxes (id),
    received    INTEGER NOT NULL,
    length      INTEGER NOT NULL,
    codec       INTEGER NOT NULL,
    caller      TEXT,
    caller_name TEXT,
    call_id     TEXT NOT NULL,
    urgent      INTEGER NOT NULL,
    interrupted INTEGER NOT NULL,
    read        INTEGER NOT NULL DEFAULT 0,
    file        TEXT NOT NULL UNIQUE,   -- relative to the data folder
    blocks      INTEGER NOT NULL,
    octets      INTEGER NOT NULL
) STRICT;
CREATE INDEX messages_of_mailbox ON messages (mailbox, received);

-- Audio files whose message is deleted: a file that outlives its row by a crash must not come back as a recovered one.
CREATE TABLE removals (
    file TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    at       INTEGER NOT NULL,
    kind     INTEGER NOT NULL,
    name     TEXT NOT NULL,
    severity TEXT NOT NULL,
    fields   TEXT NOT NULL,             -- JSON: [[name, value], ..]
    remedy   TEXT NOT NULL,
    count    INTEGER NOT NULL
) STRICT;
CREATE INDEX events_by_date ON events (at);

CREATE TABLE calls (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    ended  INTEGER NOT NULL,
    record TEXT NOT NULL                -- JSON
) STRICT;
CREATE INDEX calls_by_date ON calls (ended);
