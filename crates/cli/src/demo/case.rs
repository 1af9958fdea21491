use caller::{SrtpSuite, Transport};
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
    /// SRTP with a key in the SDP for each of these suites; none of them is an offer without a key.
    Savp(&'static [SrtpSuite]),
    /// SRTP to whom it suits, else RTP in the clear.
    AvpWithCrypto,
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
        Self { call: "offers SRTP", offer: Offer::Savp(&SrtpSuite::ALL), expected: "488, cause 88", ..self }
    }

    /// A call to the Secured plan that offers this one suite.
    const fn secured(suite: &'static [SrtpSuite]) -> Self {
        Self {
            offer: Offer::Savp(suite),
            expected: "200 RTP/SAVP",
            ..Self::over(VoipSecurity::Secured, Transport::Tls)
        }
    }

    const fn offering(self, offer: Offer, call: &'static str, expected: &'static str) -> Self {
        Self { offer, call, expected, ..self }
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
    Case::secured(&[SrtpSuite::AeadAes256Gcm]),
    Case::secured(&[SrtpSuite::AeadAes128Gcm]),
    Case::secured(&[SrtpSuite::Aes256CmHmacSha1_80]),
    Case::secured(&[SrtpSuite::AesCm128HmacSha1_80]),
    Case::secured(&[SrtpSuite::AesCm128HmacSha1_32]),
    Case::over(VoipSecurity::Secured, Transport::Tls).offering(
        Offer::AvpWithCrypto,
        "offers both",
        "200 RTP/AVP",
    ),
    Case::misled(VoipSecurity::Unsecured, Transport::Tls),
    Case::misled(VoipSecurity::SipSecured, Transport::Udp),
    Case::misled(VoipSecurity::SipSecured, Transport::Tcp),
    Case::misled(VoipSecurity::Secured, Transport::Udp),
    Case::misled(VoipSecurity::Secured, Transport::Tcp),
    Case::over(VoipSecurity::Unsecured, Transport::Udp).with_srtp(),
    Case::over(VoipSecurity::SipSecured, Transport::Tls).with_srtp(),
    Case::over(VoipSecurity::Secured, Transport::Tls).offering(Offer::Avp, "offers no SRTP", "488, cause 88"),
    Case::over(VoipSecurity::Secured, Transport::Tls).offering(
        Offer::Savp(&[]),
        "offers no key",
        "488, cause 88",
    ),
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
