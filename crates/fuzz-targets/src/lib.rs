//! What the fuzzer feeds to each parser of a peer's bytes, and what must hold then: nothing panics, no arithmetic
//! overflows, and the promises of the parser's own documentation. A function that returns has found nothing.
//!
//! The one rule: a target says what holds by itself. It does not ask the code under test twice.
//!
//! ```
//! fuzz_targets::info_digit(b"application/dtmf-relay\nSignal=5\r\nDuration=160\r\n");
//! ```

mod calls;
mod media;
mod messages;
mod subscriptions;

pub use calls::referring;
pub use media::{media_packet, sdp_offer, wav_import};
pub use messages::{datagram, event_headers, info_digit};
pub use subscriptions::subscribing;

/// The input up to its first line feed, and what follows.
fn first_line(input: &[u8]) -> (&[u8], &[u8]) {
    match input.iter().position(|byte| *byte == b'\n') {
        Some(at) => (&input[..at], &input[at + 1..]),
        None => (input, &[]),
    }
}
