//! SIP messages, transactions and dialogs as state machines without I/O (RFC 3261, 6026, 3581, 3262, 4028).
