-- Log-ons by phone: an attempt stands here before its PIN is looked at.

ALTER TABLE pins ADD COLUMN locked_at INTEGER;  -- wrong too often: nobody is let in until an administrator unlocks it
ALTER TABLE pins ADD COLUMN reset_at INTEGER;   -- wrong often: the server put a PIN in place that nobody knows

-- The PINs that a mailbox had before, the newest with the highest id.
CREATE TABLE earlier_pins (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    mailbox    INTEGER NOT NULL REFERENCES mailboxes (id) ON DELETE CASCADE,
    salt       BLOB NOT NULL,
    hash       BLOB NOT NULL,
    memory_kib INTEGER NOT NULL,        -- 0: quick hash, to be hardened
    passes     INTEGER NOT NULL
) STRICT;
CREATE INDEX earlier_pins_of_mailbox ON earlier_pins (mailbox, id);
CREATE INDEX earlier_pins_to_harden ON earlier_pins (id) WHERE memory_kib = 0;

-- Who has failed to log on. Withheld numbers of a gateway are one caller, ''.
CREATE TABLE log_on_callers (
    gateway  TEXT NOT NULL,
    caller   TEXT NOT NULL,
    failures INTEGER NOT NULL,          -- since `since`
    since    INTEGER NOT NULL,
    last     INTEGER NOT NULL,
    open     INTEGER NOT NULL,          -- attempts begun and not ended: under way, or cut off by a crash
    PRIMARY KEY (gateway, caller)
) STRICT, WITHOUT ROWID;

-- Attempts that are compared with nothing are written like the others, so that they take as long.
CREATE TABLE decoy_log_ons (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    attempts INTEGER NOT NULL
) STRICT;
INSERT INTO decoy_log_ons VALUES (1, 0);
