//! The torture messages of RFC 4475 and RFC 5118 against the real server, over UDP, TCP and mutual TLS.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise, its helpers too")]

mod memory;
mod messages;
mod peer;
mod table;
mod torture;
