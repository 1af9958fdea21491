//! Calls with clients that are not ours.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise, its helpers too")]

mod authority;
mod baresip;
mod lamps;
mod names;
mod openssl;
mod our_side;
mod over_tcp;
mod peer_rotation;
mod phone;
mod revocation_list;
mod rotation;
mod sipp;
mod sipp_keys;
mod subscriber;
mod ways_out;
