//! The seam of SRTP: every received packet passes `unprotect` before anything reads it, every packet to be sent passes
//! `protect` after everything has written it.

use std::time::Instant;

use crate::{
    event::Channel,
    srtp::{Inbound, Outbound, SrtpError, SrtpKeys},
};

/// How the packets of a session are to be protected.
#[derive(Clone, Debug)]
pub(crate) enum ProtectionPlan {
    /// Not at all.
    Clear,
    /// Under these keys.
    Srtp(Box<SrtpKeys>),
}

/// How the packets of a session are protected. Further ways are further variants: every match on it is exhaustive.
#[derive(Debug)]
pub(crate) enum Protection {
    /// Not at all: the source address decides whose packets count.
    Clear,
    /// By SRTP: the key decides.
    Srtp(Box<(Inbound, Outbound)>),
    /// A fault of the program, for the tests that contain one.
    #[cfg(test)]
    Faulty,
}

impl Protection {
    pub(crate) fn new(plan: &ProtectionPlan) -> Self {
        match plan {
            ProtectionPlan::Clear => Self::Clear,
            ProtectionPlan::Srtp(keys) => Self::Srtp(Box::new((Inbound::new(keys), Outbound::new(keys)))),
        }
    }

    /// Puts a later agreement in place; indices and what is known of replays go on while SRTP does.
    pub(crate) fn update(&mut self, plan: &ProtectionPlan) {
        match (&mut *self, plan) {
            (Self::Srtp(both), ProtectionPlan::Srtp(keys)) => {
                both.0.update(keys);
                both.1.update(keys);
            }
            (_, plan) => *self = Self::new(plan),
        }
    }

    /// Authenticates and decrypts in place; the length of the clear packet. `content` says what the packet is, which
    /// on a shared port is not its channel.
    pub(crate) fn unprotect(
        &mut self,
        content: Channel,
        packet: &mut [u8],
        arrival: Instant,
    ) -> Result<usize, SrtpError> {
        match (self, content) {
            (Self::Clear, Channel::Rtp | Channel::Rtcp) => Ok(packet.len()),
            (Self::Srtp(both), Channel::Rtp) => both.0.unprotect_rtp(packet, arrival),
            (Self::Srtp(both), Channel::Rtcp) => both.0.unprotect_rtcp(packet, arrival),
            #[cfg(test)]
            (Self::Faulty, _) => panic!("sabotage"),
        }
    }

    /// Encrypts in place and appends the tag. `false`: the packet must not be sent.
    #[must_use]
    pub(crate) fn protect(&mut self, content: Channel, packet: &mut Vec<u8>) -> bool {
        match (self, content) {
            (Self::Clear, Channel::Rtp | Channel::Rtcp) => true,
            (Self::Srtp(both), Channel::Rtp) => both.1.protect_rtp(packet).is_ok(),
            (Self::Srtp(both), Channel::Rtcp) => both.1.protect_rtcp(packet).is_ok(),
            #[cfg(test)]
            (Self::Faulty, _) => panic!("sabotage"),
        }
    }

    /// Whether the source rules of clear RTP apply (with SRTP the key says who sent a packet).
    pub(crate) fn trusts_source_address(&self) -> bool {
        match self {
            Self::Clear => true,
            Self::Srtp(_) => false,
            #[cfg(test)]
            Self::Faulty => true,
        }
    }
}
