//! The settings of a gateway that are one word out of a few.
use serde::{Deserialize, Serialize};

use crate::mode::words;

/// How clear requests of ours reach the gateway.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClearTransport {
    /// UDP, and TCP where a request is too long for a datagram.
    #[default]
    Auto,
    /// UDP always.
    Udp,
    /// TCP always.
    Tcp,
}

/// Whether the gateway's calls are taken. It plays no part in recognising the gateway.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum GatewayStatus {
    /// Calls are taken.
    #[default]
    Enabled,
    /// Nothing is taken.
    Disabled,
    /// Calls that are up live on; new ones are refused.
    NoNewCalls,
}

/// Which redirecting number is asked first (security-modes 1b).
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Redirecting {
    /// The number that the caller dialled: bottom Diversion, lowest History-Info index.
    #[default]
    Original,
    /// The number that forwarded last: top Diversion, second-to-last History-Info.
    Last,
}

/// Where the caller's number is read first.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallerIdSource {
    /// P-Asserted-Identity, then Remote-Party-ID, then From.
    #[default]
    Asserted,
    /// From first.
    From,
}

/// Where the pilot number is read.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PilotSource {
    /// The user part of the Request-URI.
    #[default]
    RequestUri,
    /// P-Called-Party-ID, and the Request-URI where it is absent.
    PCalledPartyId,
}

/// What is sent while nothing is to be said.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhileSilent {
    /// One packet a second.
    #[default]
    Sparse,
    /// A packet of silence every packet time.
    Continuous,
}

/// Whether a crypto line with UNENCRYPTED_SRTCP may be used.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SrtcpClear {
    /// Such a line is unusable.
    #[default]
    Deny,
    /// It is used; authentication stays.
    Allow,
}

/// The profile that answers `RTP/AVP` with crypto in a Secured plan.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SrtpAnswer {
    /// `RTP/AVP`, as offered (RFC 8643).
    #[default]
    Avp,
    /// `RTP/SAVP`.
    Savp,
}

words!(ClearTransport { Auto = "auto", Udp = "udp", Tcp = "tcp" });
words!(GatewayStatus { Enabled = "enabled", Disabled = "disabled", NoNewCalls = "no-new-calls" });
words!(Redirecting { Original = "original", Last = "last" });
words!(CallerIdSource { Asserted = "asserted", From = "from" });
words!(PilotSource { RequestUri = "request-uri", PCalledPartyId = "p-called-party-id" });
words!(WhileSilent { Sparse = "sparse", Continuous = "continuous" });
words!(SrtcpClear { Deny = "deny", Allow = "allow" });
words!(SrtpAnswer { Avp = "avp", Savp = "savp" });

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_switches_are_the_same_in_json_and_on_the_command_line() {
        assert_eq!(serde_json::to_string(&GatewayStatus::NoNewCalls).unwrap(), "\"no-new-calls\"");
        assert_eq!(serde_json::to_string(&PilotSource::PCalledPartyId).unwrap(), "\"p-called-party-id\"");
        assert_eq!("no-new-calls".parse(), Ok(GatewayStatus::NoNewCalls));
        assert_eq!(PilotSource::PCalledPartyId.word(), "p-called-party-id");
    }
}
