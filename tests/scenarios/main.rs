//! Whole calls against the real server, placed by the foreign test caller.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise, its helpers too")]

mod bad_certificates;
mod call_records;
mod caller_identity;
mod certificate_command;
mod connections;
mod demo;
mod gateway_examination;
mod gateway_probes;
mod gateways;
mod health;
mod ipv6;
mod kills;
mod lamps;
mod leave_message;
mod live_changes;
mod mailbox_contents;
mod mailbox_import;
mod manage_messages;
mod many_calls;
mod numbers;
mod over_tcp;
mod peers;
mod pins;
mod prompts;
mod provisioning;
mod readable_failures;
mod refusals;
mod secrets;
mod secure_media;
mod security_modes;
mod stopping;
mod test_call;
mod trace;
mod trust;
mod twelve_faults;
