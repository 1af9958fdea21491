//! The SIP grammar against the torture messages of RFC 4475 and RFC 5118, the faults of other parsers, and mutations.

mod building;
mod framing;
mod ipv6;
mod limits;
mod probes;
mod properties;
mod rig;
mod torture_invalid;
mod torture_valid;
