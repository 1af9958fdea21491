use serde::{Deserialize, Serialize};

use crate::mode::words;

/// What becomes of a peer whose revocation cannot be looked up. A revoked certificate is refused either way.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CrlCheck {
    /// A list that is missing or stale refuses nobody.
    #[default]
    Soft,
    /// Without a fresh list from its CA the certificate is refused.
    Hard,
}

/// Whether the lesser demands on a gateway's certificate are enforced yet.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TlsVerify {
    /// Every demand is enforced.
    #[default]
    Required,
    /// For the time of a roll-out: missing clientAuth, a CN instead of a SAN and a CRL that is missing or stale are let
    /// pass, with an event a day each. Root, pin, name, dates and the certificate itself stay demanded.
    Observe,
}

words!(CrlCheck { Soft = "soft", Hard = "hard" });
words!(TlsVerify { Required = "required", Observe = "observe" });
