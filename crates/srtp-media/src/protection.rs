//! The seam of SRTP: every received packet passes `unprotect` before anything reads it, every packet to be sent passes
//! `protect` after everything has written it.

use crate::event::Channel;

/// How the packets of a session are protected. Further ways are further variants: every match on it is exhaustive.
#[derive(Clone, Debug)]
pub(crate) enum Protection {
    /// Not at all: the source address decides whose packets count.
    Clear,
    /// A fault of the program, for the tests that contain one.
    #[cfg(test)]
    Faulty,
}

impl Protection {
    /// Authenticates and decrypts in place; the length of the clear packet, or `None` to count and drop it.
    pub(crate) fn unprotect(&mut self, _channel: Channel, packet: &mut [u8]) -> Option<usize> {
        match self {
            Self::Clear => Some(packet.len()),
            #[cfg(test)]
            Self::Faulty => panic!("sabotage"),
        }
    }

    /// Encrypts in place and appends the tag. `false`: the packet must not be sent.
    #[must_use]
    pub(crate) fn protect(&mut self, _channel: Channel, _packet: &mut Vec<u8>) -> bool {
        match self {
            Self::Clear => true,
            #[cfg(test)]
            Self::Faulty => panic!("sabotage"),
        }
    }

    /// Whether the source rules of clear RTP apply (with SRTP the key says who sent a packet).
    pub(crate) fn trusts_source_address(&self) -> bool {
        match self {
            Self::Clear => true,
            #[cfg(test)]
            Self::Faulty => true,
        }
    }
}
