//! Whole calls against the real server, placed by the foreign test caller.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise, its helpers too")]

mod demo;
mod leave_message;
mod manage_messages;
// Joins with the TCP listener: mod over_tcp;
mod refusals;
