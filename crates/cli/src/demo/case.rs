use caller::Transport;
use dial_plan::VoipSecurity;

/// One call of the demo: what it shows, the mode of the plan that it calls, how it comes, and what it must get.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case {
    pub(crate) call: &'static str,
    pub(crate) mode: VoipSecurity,
    pub(crate) transport: Transport,
    pub(crate) who: Who,
    pub(crate) offer: Offer,
    pub(crate) mailbox: Mailbox,
    pub(crate) expected: &'static str,
}

/// Who calls.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Who {
    /// The gateway, with the certificate that it is trusted by.
    Gateway,
    /// An address that is no gateway's.
    UnknownAddress,
    /// The gateway's address, but no certificate.
    NoCertificate,
    /// The gateway's address and name, but a certificate that nobody trusts.
    Stranger,
}

/// Which media the call offers.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Offer {
    /// RTP in the clear.
    Avp,
    /// SRTP with a key in the SDP.
    Savp,
}

/// Whose call was diverted.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Mailbox {
    /// A user of the plan.
    Known,
    /// A number that is no mailbox.
    Unknown,
}

impl Case {
    /// A call of the gateway that fits its plan in everything but, perhaps, the transport.
    const fn over(mode: VoipSecurity, transport: Transport) -> Self {
        Self {
            call: "fits the plan",
            mode,
            transport,
            who: Who::Gateway,
            offer: Offer::Avp,
            mailbox: Mailbox::Known,
            expected: "200 RTP/AVP",
        }
    }

    /// The same over a transport that the plan does not take.
    const fn misled(mode: VoipSecurity, transport: Transport) -> Self {
        Self { call: "wrong port", expected: "403, cause 21", ..Self::over(mode, transport) }
    }

    const fn by(self, who: Who, call: &'static str, expected: &'static str) -> Self {
        Self { who, call, expected, ..self }
    }

    const fn with_srtp(self) -> Self {
        Self { call: "offers SRTP", offer: Offer::Savp, expected: "488, cause 88", ..self }
    }

    const fn for_nobody(self) -> Self {
        Self { call: "unknown mailbox", mailbox: Mailbox::Unknown, expected: "404, cause 1", ..self }
    }
}

/// Every call that the demo places, in the order of the table.
pub(crate) const CASES: &[Case] = &[
    Case::over(VoipSecurity::Unsecured, Transport::Udp),
    Case::over(VoipSecurity::Unsecured, Transport::Tcp),
    Case::over(VoipSecurity::SipSecured, Transport::Tls),
    Case::misled(VoipSecurity::Unsecured, Transport::Tls),
    Case::misled(VoipSecurity::SipSecured, Transport::Udp),
    Case::misled(VoipSecurity::SipSecured, Transport::Tcp),
    Case::misled(VoipSecurity::Secured, Transport::Udp),
    Case::misled(VoipSecurity::Secured, Transport::Tcp),
    Case::over(VoipSecurity::Unsecured, Transport::Udp).with_srtp(),
    Case::over(VoipSecurity::SipSecured, Transport::Tls).with_srtp(),
    Case::over(VoipSecurity::Unsecured, Transport::Udp).for_nobody(),
    Case::over(VoipSecurity::Unsecured, Transport::Udp).by(
        Who::UnknownAddress,
        "unknown caller",
        "403, no reason",
    ),
    Case::over(VoipSecurity::SipSecured, Transport::Tls).by(
        Who::NoCertificate,
        "no certificate",
        "TLS alert certificate_required",
    ),
    Case::over(VoipSecurity::SipSecured, Transport::Tls).by(
        Who::Stranger,
        "stranger's certificate",
        "TLS alert unknown_ca",
    ),
];
