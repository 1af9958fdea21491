//! Calls with clients that are not ours.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise, its helpers too")]

// Joins with the TCP listener: mod over_tcp;
mod sipp;
