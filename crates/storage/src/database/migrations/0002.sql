-- The owner's name in their own voice, G.711 at 8,000 octets a second. Not a column of mailboxes: lists read those rows
-- by the thousand and never the audio.
CREATE TABLE recorded_names (
    mailbox INTEGER PRIMARY KEY REFERENCES mailboxes (id) ON DELETE CASCADE,
    codec   INTEGER NOT NULL,
    audio   BLOB NOT NULL
) STRICT;
