//! One SQLite file and one audio folder: site revisions, mailboxes, messages, events; nothing acknowledged is lost.
