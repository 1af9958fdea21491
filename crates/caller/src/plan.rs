use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use telephony::{AudioCodec, Digit, SrtpSuite};

use crate::{Progress, TlsPlan, Trunk};

/// What one call is to be: whom it reaches, what it offers, what it says and when it ends.
#[derive(Clone, Debug)]
pub struct CallPlan {
    /// Address of the server's SIP port.
    pub target: SocketAddr,
    /// What the SIP messages travel on.
    pub transport: Transport,
    /// Identity and trust of a connection over TLS; no other transport asks for it.
    pub tls: Option<TlsPlan>,
    /// A connection that other calls use too; `None` opens one for this call alone. It is to be of `transport`.
    pub trunk: Option<Trunk>,
    /// Scheme of the Request-URI and of To.
    pub scheme: Scheme,
    /// User part of the Request-URI and of To: the pilot or the called number.
    pub request_user: String,
    /// Host part of the Request-URI and of To; an IPv6 address stands in brackets.
    pub request_host: String,
    /// User part of From.
    pub from_user: String,
    /// The number that did not answer, sent as `Diversion: <sip:NUMBER@host>;reason=no-answer`.
    pub diversion: Option<String>,
    /// What the SDP offers.
    pub media: MediaOffer,
    /// What is said: 8 kHz linear samples.
    pub speech: Vec<i16>,
    /// When the speech begins.
    pub start_speaking: StartSpeaking,
    /// Keys pressed after the speech, in order.
    pub digits: Vec<DigitPress>,
    /// How the call ends once all has been said.
    pub after: HangUp,
    /// Address of this machine that SIP and RTP are sent from and received on.
    pub local_ip: IpAddr,
    /// The most time from the INVITE to the end; past it a standing call is ended by BYE.
    pub deadline: Duration,
    /// A file to which every master key of the call is appended, offered and answered, one a line in base64 (key and
    /// salt as `inline:` has them): a test looks for them where they must not be.
    pub key_log: Option<PathBuf>,
    /// Tells how far the call has come while it is up.
    pub progress: Progress,
}

impl CallPlan {
    /// The same over TLS, to a server that must prove to be `tls.server_name`.
    #[must_use]
    pub fn over_tls(mut self, tls: TlsPlan) -> Self {
        self.transport = Transport::Tls;
        self.request_host.clone_from(&tls.server_name);
        self.tls = Some(tls);
        self
    }

    /// A call over UDP from 127.0.0.1 that offers PCMU as `RTP/AVP`, waits for the tone and hangs up half a second
    /// after its speech, which is empty until the caller sets it.
    pub fn new(target: SocketAddr, request_user: &str) -> Self {
        Self {
            target,
            transport: Transport::Udp,
            tls: None,
            trunk: None,
            scheme: Scheme::Sip,
            request_user: request_user.to_owned(),
            request_host: bracketed(target.ip()),
            from_user: "2065550100".to_owned(),
            diversion: None,
            media: MediaOffer::Avp { codecs: vec![AudioCodec::Pcmu] },
            speech: Vec::new(),
            start_speaking: StartSpeaking::AfterTone,
            digits: Vec::new(),
            after: HangUp::After(Duration::from_millis(500)),
            local_ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
            deadline: Duration::from_secs(60),
            key_log: None,
            progress: Progress::default(),
        }
    }
}

/// What the SIP messages travel on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Transport {
    /// Datagrams, one message each.
    Udp,
    /// A stream of messages framed by Content-Length.
    Tcp,
    /// The same inside TLS.
    Tls,
}

impl Transport {
    /// The token that Via and the Contact's `transport` parameter carry.
    pub fn token(self) -> &'static str {
        match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
        }
    }
}

/// Scheme of a Request-URI.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Scheme {
    /// `sip:`
    Sip,
    /// `sips:`
    Sips,
}

impl Scheme {
    /// The word before the colon.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Sip => "sip",
            Self::Sips => "sips",
        }
    }
}

/// The media that the INVITE offers; telephone-event (payload type 101) stands beside every codec list of ours.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum MediaOffer {
    /// Clear RTP as `RTP/AVP`, codecs in this order.
    Avp {
        /// Offered codecs, first preferred.
        codecs: Vec<AudioCodec>,
    },
    /// SRTP as `RTP/AVP` with an `a=crypto` line and a fresh key for each suite (RFC 8643).
    AvpWithCrypto {
        /// Offered codecs, first preferred.
        codecs: Vec<AudioCodec>,
        /// Offered suites, first preferred; their tags count from 1.
        suites: Vec<SrtpSuite>,
    },
    /// SRTP as `RTP/SAVP` with an `a=crypto` line and a fresh key for each suite; without a suite there is no such line.
    Savp {
        /// Offered codecs, first preferred.
        codecs: Vec<AudioCodec>,
        /// Offered suites, first preferred; their tags count from 1.
        suites: Vec<SrtpSuite>,
    },
    /// Media lines as they stand here, with `{ip}` and `{port}` in place of ours; they follow `t=0 0`.
    /// The keys of their `a=crypto` lines are the caller's.
    Written(String),
}

/// When the speech begins.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum StartSpeaking {
    /// Once the record tone has been heard and has ended.
    AfterTone,
    /// The same, with `#` pressed half a second into the greeting to skip it.
    SkipGreeting,
    /// With the first packet after the ACK.
    Immediately,
}

/// How the call ends once speech and digits are through.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum HangUp {
    /// BYE after this long of silence.
    After(Duration),
    /// Silence is sent until the server sends BYE (or the deadline passes).
    AwaitBye,
}

/// One key, sent as an RFC 4733 telephone-event of 100 ms.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct DigitPress {
    /// Silence before the press, counted from the end of the speech or of the press before.
    pub wait: Duration,
    /// The key.
    pub digit: Digit,
}

/// An IP address as a URI writes it.
pub(crate) fn bracketed(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    }
}
