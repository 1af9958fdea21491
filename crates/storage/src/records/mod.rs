//! What has happened: events, calls, callers who left nothing.
pub(crate) mod call_records;
pub(crate) mod event_log;
pub(crate) mod missed_calls;
