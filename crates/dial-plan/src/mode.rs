use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The mode of a dial plan: what signalling and media of its calls must be, in both directions. Equality is strict: a
/// call that is safer than its plan is refused as well.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum VoipSecurity {
    /// SIP over UDP or TCP, RTP in the clear.
    Unsecured,
    /// SIP over mutual TLS, RTP in the clear.
    SipSecured,
    /// SIP over mutual TLS, SRTP. The mode of a new plan.
    #[default]
    Secured,
}

impl VoipSecurity {
    /// Every mode, the weakest first.
    pub const ALL: [Self; 3] = [Self::Unsecured, Self::SipSecured, Self::Secured];

    /// The word of the command line, the configuration and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unsecured => "unsecured",
            Self::SipSecured => "sip-secured",
            Self::Secured => "secured",
        }
    }

    /// Whether the mode wants mutual TLS; otherwise it wants clear UDP or TCP.
    pub fn wants_tls(self) -> bool {
        match self {
            Self::Unsecured => false,
            Self::SipSecured | Self::Secured => true,
        }
    }

    /// Whether the mode wants SRTP; otherwise it wants clear RTP.
    pub fn wants_srtp(self) -> bool {
        match self {
            Self::Unsecured | Self::SipSecured => false,
            Self::Secured => true,
        }
    }
}

/// The mode as people write it in prose: `Unsecured`, `SIPSecured`, `Secured`.
impl fmt::Display for VoipSecurity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unsecured => "Unsecured",
            Self::SipSecured => "SIPSecured",
            Self::Secured => "Secured",
        })
    }
}

/// A word that is none of those a setting knows.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{word}` is unknown here: use {allowed}")]
pub struct UnknownWord {
    /// The offered word.
    pub word: String,
    /// The words that would do.
    pub allowed: String,
}

/// Reads the word of the command line; Exchange's spelling (`SIPSecured`) is understood too.
impl FromStr for VoipSecurity {
    type Err = UnknownWord;
    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        let wanted = |mode: &Self| {
            word.eq_ignore_ascii_case(mode.word()) || word.eq_ignore_ascii_case(&mode.to_string())
        };
        Self::ALL.into_iter().find(wanted).ok_or_else(|| UnknownWord {
            word: word.to_owned(),
            allowed: "unsecured, sip-secured or secured".to_owned(),
        })
    }
}

/// Gives a setting of fixed words its `word`, `Display` and `FromStr`; the same words stand in TOML and JSON.
macro_rules! words {
    ($enum:ty { $($variant:ident = $word:literal),+ $(,)? }) => {
        impl $enum {
            /// The word of the command line, the configuration and JSON.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl std::fmt::Display for $enum {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.word())
            }
        }

        impl std::str::FromStr for $enum {
            type Err = $crate::mode::UnknownWord;
            fn from_str(word: &str) -> Result<Self, Self::Err> {
                match word {
                    $($word => Ok(Self::$variant),)+
                    _ => Err($crate::mode::UnknownWord {
                        word: word.to_owned(),
                        allowed: [$($word),+].join(" or "),
                    }),
                }
            }
        }
    };
}
pub(crate) use words;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_secured_unless_told_otherwise() {
        assert_eq!(VoipSecurity::default(), VoipSecurity::Secured);
    }

    #[test]
    fn modes_are_read_in_our_words_and_in_those_of_exchange() {
        assert_eq!("sip-secured".parse(), Ok(VoipSecurity::SipSecured));
        assert_eq!("SIPSecured".parse(), Ok(VoipSecurity::SipSecured));
        assert_eq!(
            "tls".parse::<VoipSecurity>().unwrap_err().to_string(),
            "`tls` is unknown here: use unsecured, sip-secured or secured"
        );
    }

    #[test]
    fn the_words_of_json_are_those_of_the_command_line() {
        for mode in VoipSecurity::ALL {
            assert_eq!(serde_json::to_string(&mode).unwrap(), format!("\"{}\"", mode.word()));
        }
    }
}
