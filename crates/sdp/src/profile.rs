use std::fmt;

/// An RTP profile of an `m=` line.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Profile {
    /// `RTP/AVP` (RFC 3551).
    Avp,
    /// `RTP/AVPF` (RFC 4585).
    Avpf,
    /// `RTP/SAVP` (RFC 3711).
    Savp,
    /// `RTP/SAVPF` (RFC 5124).
    Savpf,
}

impl Profile {
    /// The words of the `m=` line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Avp => "RTP/AVP",
            Self::Avpf => "RTP/AVPF",
            Self::Savp => "RTP/SAVP",
            Self::Savpf => "RTP/SAVPF",
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What the transport of an `m=` line means to us.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum OfferedTransport {
    /// RTP over UDP in one of the four profiles.
    Rtp(Profile),
    /// RTP keyed by DTLS (RFC 5764), which this server does not speak.
    DtlsSrtp,
    /// Anything else: `udptl`, `TCP/RTP/AVP`.
    Foreign,
}

impl OfferedTransport {
    pub(crate) fn read(words: &str) -> Self {
        let profile = [Profile::Avp, Profile::Avpf, Profile::Savp, Profile::Savpf]
            .into_iter()
            .find(|profile| words.eq_ignore_ascii_case(profile.as_str()));
        match profile {
            Some(profile) => Self::Rtp(profile),
            None if words.to_ascii_uppercase().starts_with("UDP/TLS/RTP/SAVP") => Self::DtlsSrtp,
            None => Self::Foreign,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transports_are_read_without_case() {
        assert_eq!(OfferedTransport::read("rtp/savpf"), OfferedTransport::Rtp(Profile::Savpf));
        assert_eq!(OfferedTransport::read("UDP/TLS/RTP/SAVPF"), OfferedTransport::DtlsSrtp);
        assert_eq!(OfferedTransport::read("TCP/RTP/AVP"), OfferedTransport::Foreign);
    }
}
