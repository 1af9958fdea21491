use dial_plan::{GatewayStatus, RouteRefusal, VoipSecurity};
use sdp::OfferRefusal;
use sip_signaling::{HeaderName, Reason, Reply, StatusCode, Transport, Warning};
use telephony::{Event, Extension, kind};

/// The SIP ports of the server that are open, as the words of a refusal name them.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct SipPorts {
    /// The port of SIP over UDP and TCP.
    pub clear: Option<u16>,
    /// The port of SIP over mutual TLS.
    pub tls: Option<u16>,
}

/// When a peer may try again.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RetryAfter {
    /// Seconds from now, 30 to 60.
    pub seconds: u32,
}

/// Why a call of a known gateway was refused; each says what to do (security-modes 0, 2, 3).
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// Rule 7.
    #[error("gateway {gateway} is {}: run `um gateway enable {gateway}` to take its calls", status_word(*.status))]
    GatewayTakesNoCalls {
        /// The gateway.
        gateway: String,
        /// Disabled or NoNewCalls.
        status: GatewayStatus,
    },
    /// Rule 8.
    #[error("{0}")]
    NoHuntGroup(RouteRefusal),
    /// Rule 9.
    #[error("dial plan {dial_plan} is {}; this call came over {}: {}", mode_word(*.mode), transport_word(*.transport), mode_remedy(*.mode, *.ports))]
    TransportMismatch {
        /// The dial plan that the pilot chose.
        dial_plan: String,
        /// Its mode.
        mode: VoipSecurity,
        /// What the call came over.
        transport: Transport,
        /// The ports that the gateway may be pointed at.
        ports: SipPorts,
    },
    /// Rule 11.
    #[error("{}", unknown_mailbox(dial_plan, received, rewritten))]
    UnknownMailbox {
        /// The plan that was searched.
        dial_plan: String,
        /// The number of the first candidate as received.
        received: String,
        /// The same after number rules.
        rewritten: String,
    },
    /// The access number of a plan that asks for PINs in Secured calls only.
    #[error(
        "dial plan {dial_plan} is {} and asks for PINs in Secured calls only: run `um dialplan set {dial_plan} \
         --voip-security secured`, or `--subscriber-access any` to let PINs travel in the clear",
        mode_word(*.mode)
    )]
    PinsInTheClear {
        /// The plan.
        dial_plan: String,
        /// Its mode.
        mode: VoipSecurity,
    },
    /// Rule 12.
    #[error("dial plan {dial_plan} is {}; {refusal}", mode_word(*.mode))]
    Media {
        /// The plan.
        dial_plan: String,
        /// Its mode.
        mode: VoipSecurity,
        /// What is wrong with the offer.
        refusal: OfferRefusal,
    },
    /// What was negotiated is not what the plan's mode demands: a fault of ours, caught before any media.
    #[error("dial plan {dial_plan}: the negotiated media does not fit the plan's mode; report this")]
    ModeBroken {
        /// The plan.
        dial_plan: String,
    },
    /// No media port is free.
    #[error("every media port is in use: widen [media] ports in um.toml")]
    NoMediaPort,
    /// No address towards the peer's media.
    #[error("no local address reaches {peer}: check the routes of the server")]
    NoLocalAddress {
        /// The peer's media address.
        peer: String,
    },
    /// The mailbox index did not answer within its time.
    #[error("the mailbox index did not answer in time: look at the server's disk")]
    StoreSilent,
    /// Rule 4: as many calls as there may be.
    #[error(
        "the server has the {limit} calls that it may have: raise [server] max_calls in um.toml, or route calls to another server"
    )]
    TooManyCalls {
        /// The limit.
        limit: usize,
        /// Told in Retry-After once the limit has held for five seconds.
        retry_after: Option<RetryAfter>,
    },
    /// Rule 10: the server stops.
    #[error(
        "the server is stopping and takes no new calls: route the call to another server, or call again later"
    )]
    Draining {
        /// Told in Retry-After.
        retry_after: RetryAfter,
    },
    /// Rule 10: a message could not be stored.
    #[error(
        "the disk of the server is full: free space under its data folder, or lower [server] disk_floor in um.toml"
    )]
    DiskFull {
        /// Told in Retry-After.
        retry_after: RetryAfter,
    },
    /// A bounded queue was full.
    #[error("the server is busy: a queue was full")]
    Busy,
}

impl Refusal {
    /// Status of the answer.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::GatewayTakesNoCalls { .. }
            | Self::NoMediaPort
            | Self::NoLocalAddress { .. }
            | Self::StoreSilent
            | Self::Draining { .. }
            | Self::DiskFull { .. }
            | Self::TooManyCalls { .. }
            | Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::NoHuntGroup(RouteRefusal::NoHuntGroup { .. }) | Self::UnknownMailbox { .. } => {
                StatusCode::NOT_FOUND
            }
            Self::NoHuntGroup(RouteRefusal::UnknownGateway { .. })
            | Self::TransportMismatch { .. }
            | Self::PinsInTheClear { .. } => StatusCode::FORBIDDEN,
            Self::Media { .. } | Self::ModeBroken { .. } => StatusCode::NOT_ACCEPTABLE_HERE,
        }
    }

    /// Q.850 cause for the Reason header (security-modes 2).
    pub fn q850_cause(&self) -> u16 {
        match self {
            Self::NoHuntGroup(RouteRefusal::UnknownGateway { .. })
            | Self::TransportMismatch { .. }
            | Self::PinsInTheClear { .. } => 21,
            Self::NoHuntGroup(RouteRefusal::NoHuntGroup { .. }) | Self::UnknownMailbox { .. } => 1,
            Self::Media { .. } | Self::ModeBroken { .. } => 88,
            Self::GatewayTakesNoCalls { .. }
            | Self::NoLocalAddress { .. }
            | Self::StoreSilent
            | Self::Draining { .. }
            | Self::DiskFull { .. } => 41,
            Self::NoMediaPort | Self::TooManyCalls { .. } | Self::Busy => 42,
        }
    }

    /// Warning code (RFC 3261 20.43).
    pub fn warning_code(&self) -> u16 {
        match self {
            Self::Media { refusal, .. } => refusal.warning_code(),
            Self::GatewayTakesNoCalls { .. }
            | Self::NoHuntGroup(_)
            | Self::TransportMismatch { .. }
            | Self::UnknownMailbox { .. }
            | Self::PinsInTheClear { .. }
            | Self::ModeBroken { .. }
            | Self::NoMediaPort
            | Self::NoLocalAddress { .. }
            | Self::StoreSilent
            | Self::Draining { .. }
            | Self::DiskFull { .. }
            | Self::TooManyCalls { .. }
            | Self::Busy => 399,
        }
    }

    /// When the peer may try again; `None` where a Retry-After would keep a trunk away from us altogether
    /// (security-modes 6).
    fn retry_after(&self) -> Option<RetryAfter> {
        match self {
            Self::Draining { retry_after } | Self::DiskFull { retry_after } => Some(*retry_after),
            Self::TooManyCalls { retry_after, .. } => *retry_after,
            Self::GatewayTakesNoCalls { .. }
            | Self::NoHuntGroup(_)
            | Self::TransportMismatch { .. }
            | Self::UnknownMailbox { .. }
            | Self::PinsInTheClear { .. }
            | Self::Media { .. }
            | Self::ModeBroken { .. }
            | Self::NoMediaPort
            | Self::NoLocalAddress { .. }
            | Self::StoreSilent
            | Self::Busy => None,
        }
    }

    /// The answer on the wire, with Warning and Reason.
    pub fn reply(&self, fqdn: &str) -> Reply {
        let words = self.to_string();
        let reply = Reply::new(self.status())
            .header(HeaderName::Warning, Warning::new(self.warning_code(), fqdn, &words))
            .header(HeaderName::Reason, Reason::q850(self.q850_cause(), &words));
        match self.retry_after() {
            Some(RetryAfter { seconds }) => reply.header(HeaderName::RetryAfter, seconds.to_string()),
            None => reply,
        }
    }

    /// The event that tells the administrator; the caller adds the call's own facts.
    pub fn event(&self) -> Event {
        let kind = match self {
            Self::UnknownMailbox { .. } => &kind::BAD_NUMBER,
            Self::GatewayTakesNoCalls { .. }
            | Self::NoHuntGroup(_)
            | Self::TransportMismatch { .. }
            | Self::PinsInTheClear { .. }
            | Self::Media { .. }
            | Self::ModeBroken { .. }
            | Self::NoMediaPort
            | Self::NoLocalAddress { .. }
            | Self::StoreSilent
            | Self::Draining { .. }
            | Self::DiskFull { .. }
            | Self::TooManyCalls { .. }
            | Self::Busy => &kind::CALL_REJECTED,
        };
        let event = Event::new(kind).with("status", self.status().code()).with("reason", self);
        match self {
            Self::UnknownMailbox { received, rewritten, .. }
            | Self::NoHuntGroup(RouteRefusal::NoHuntGroup { received, rewritten, .. }) => {
                event.with("received", received).with("rewritten", rewritten)
            }
            _ => event,
        }
    }
}

/// Rule 11 in words. What the peer wrote stands in no command unless it can be an extension.
fn unknown_mailbox(dial_plan: &str, received: &str, rewritten: &str) -> String {
    if received.is_empty() {
        return format!(
            "the call names no number that could be a mailbox of dial plan {dial_plan}: have the gateway send Diversion \
             or History-Info"
        );
    }
    let extension = Extension::parse(rewritten);
    let word = extension.as_ref().map_or("EXTENSION", Extension::as_str);
    format!(
        "no mailbox of dial plan {dial_plan} has the number {received} (rewritten {rewritten}): run `um mailbox enable \
         {word} --dialplan {dial_plan} --name NAME`"
    )
}

fn status_word(status: GatewayStatus) -> &'static str {
    match status {
        GatewayStatus::Enabled => "Enabled",
        GatewayStatus::Disabled => "Disabled",
        GatewayStatus::NoNewCalls => "NoNewCalls",
    }
}

/// The mode as administrators know it from Exchange.
pub(crate) fn mode_word(mode: VoipSecurity) -> &'static str {
    match mode {
        VoipSecurity::Unsecured => "Unsecured",
        VoipSecurity::SipSecured => "SIPSecured",
        VoipSecurity::Secured => "Secured",
    }
}

pub(crate) fn transport_word(transport: Transport) -> &'static str {
    match transport {
        Transport::Udp => "UDP",
        Transport::Tcp => "TCP",
        Transport::Tls => "mutual TLS",
    }
}

fn mode_remedy(mode: VoipSecurity, ports: SipPorts) -> String {
    let (port, kind, startup_mode) = match mode {
        VoipSecurity::Unsecured => (ports.clear, "UDP or TCP", "dual or tcp"),
        VoipSecurity::SipSecured | VoipSecurity::Secured => (ports.tls, "TLS", "dual or tls"),
    };
    match port {
        Some(port) => format!("point the gateway at port {port} ({kind})"),
        None => format!("open a port for {kind} with startup_mode = {startup_mode} under [sip] in um.toml"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_mailbox_offers_a_command_for_numbers_only() {
        let words = |received: &str, rewritten: &str| {
            let (received, rewritten) = (received.to_owned(), rewritten.to_owned());
            Refusal::UnknownMailbox { dial_plan: "hq".to_owned(), received, rewritten }.to_string()
        };

        assert_eq!(
            words("+14255554999", "4999"),
            "no mailbox of dial plan hq has the number +14255554999 (rewritten 4999): run `um mailbox enable 4999 \
             --dialplan hq --name NAME`"
        );
        assert_eq!(
            words("$(halt)", "$(halt)"),
            "no mailbox of dial plan hq has the number $(halt) (rewritten $(halt)): run `um mailbox enable EXTENSION \
             --dialplan hq --name NAME`"
        );
        assert_eq!(
            words("", ""),
            "the call names no number that could be a mailbox of dial plan hq: have the gateway send Diversion or \
             History-Info"
        );
    }

    #[test]
    fn access_number_without_srtp_tells_both_ways_out() {
        let refusal = Refusal::PinsInTheClear { dial_plan: "lab".to_owned(), mode: VoipSecurity::SipSecured };

        assert_eq!((refusal.status(), refusal.q850_cause()), (StatusCode::FORBIDDEN, 21));
        assert_eq!(
            refusal.to_string(),
            "dial plan lab is SIPSecured and asks for PINs in Secured calls only: run `um dialplan set lab \
             --voip-security secured`, or `--subscriber-access any` to let PINs travel in the clear"
        );
    }

    #[test]
    fn words_about_the_transport_name_the_open_port_or_the_setting_that_opens_one() {
        let words = |mode, transport, ports| {
            Refusal::TransportMismatch { dial_plan: "hq".to_owned(), mode, transport, ports }.to_string()
        };
        let ports = SipPorts { clear: Some(5070), tls: None };

        assert_eq!(
            words(VoipSecurity::Unsecured, Transport::Tls, ports),
            "dial plan hq is Unsecured; this call came over mutual TLS: point the gateway at port 5070 (UDP or TCP)"
        );
        assert_eq!(
            words(VoipSecurity::Secured, Transport::Tcp, ports),
            "dial plan hq is Secured; this call came over TCP: open a port for TLS with startup_mode = dual or tls \
             under [sip] in um.toml"
        );
    }
}
