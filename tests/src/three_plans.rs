use caller::{
    AudioCodec, CallPlan, CertificateRequest, HangUp, MediaOffer, SrtpSuite, StartSpeaking, TestIdentity,
    TlsPlan, Transport,
};

use crate::{FaultInjection, Server, rig::DOMAIN};

/// A server with a dial plan of each mode and one gateway, `gw1.test` at 127.0.0.1, that serves all three: the pilot
/// chooses the plan, the gateway's certificate is pinned, and each plan has a mailbox 4001.
pub struct ThreePlans {
    /// The server.
    pub server: Server,
    /// What the gateway presents.
    pub gateway: TestIdentity,
}

/// A mode of a dial plan, named as `--voip-security` names it; the plan has the same name.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mode {
    /// SIP and RTP in the clear.
    Unsecured,
    /// SIP over mutual TLS, RTP in the clear.
    SipSecured,
    /// SIP over mutual TLS, SRTP.
    Secured,
}

impl Mode {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Unsecured, Self::SipSecured, Self::Secured];

    /// The word of the command line, and the plan's name.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unsecured => "unsecured",
            Self::SipSecured => "sip-secured",
            Self::Secured => "secured",
        }
    }

    /// The number that leads to the plan.
    pub fn pilot(self) -> &'static str {
        match self {
            Self::Unsecured => "5000",
            Self::SipSecured => "5001",
            Self::Secured => "5002",
        }
    }
}

impl ThreePlans {
    /// Starts the server and sets it up.
    ///
    /// # Panics
    /// It does not start, or refuses the configuration.
    pub fn start() -> Self {
        Self::start_with("")
    }

    /// The same with more lines in its `um.toml`: whole tables, such as `[server]`.
    ///
    /// # Panics
    /// As [`ThreePlans::start`].
    pub fn start_with(more: &str) -> Self {
        Self::on(Server::start_with(more, FaultInjection::Off))
    }

    /// The same with an OPTIONS to the gateway every so often, such as `1s`.
    ///
    /// # Panics
    /// As [`ThreePlans::start`].
    pub fn start_probing(interval: &str) -> Self {
        Self::on(Server::start_probing(interval))
    }

    fn on(server: Server) -> Self {
        let gateway =
            TestIdentity::self_signed(&CertificateRequest::named("gw1.test")).expect("a certificate");
        let pin = server.file("gw1.pem", gateway.certificate_pem());
        for mode in Mode::ALL {
            let plan = mode.word();
            server.um_ok(&["dialplan", "create", plan, "--extension-digits", "4", "--voip-security", plan]);
            server.um_ok(&["mailbox", "enable", "4001", "--dialplan", plan, "--name", "Ada Example"]);
        }
        let plan = Mode::Unsecured.word();
        server.um_ok(&[
            "gateway",
            "create",
            "gw1",
            "--address",
            "gw1.test",
            "--dialplan",
            plan,
            "--trust",
            &pin,
            // As with probes: nobody counts lamps but the tests of lamps, which turn them on.
            "--message-waiting",
            "false",
        ]);
        for mode in [Mode::SipSecured, Mode::Secured] {
            let (name, plan, pilot) = (format!("{} calls", mode.word()), mode.word(), mode.pilot());
            server.um_ok(&[
                "huntgroup",
                "create",
                &name,
                "--gateway",
                "gw1",
                "--dialplan",
                plan,
                "--pilot",
                pilot,
            ]);
        }
        Self { server, gateway }
    }

    /// A call of the gateway to the plan of a mode, diverted by 4001; it says nothing and hangs up at once.
    pub fn call(&self, mode: Mode, transport: Transport) -> CallPlan {
        let mut plan = match transport {
            Transport::Udp | Transport::Tcp => {
                let mut plan = CallPlan::new(self.server.sip(), mode.pilot());
                plan.transport = transport;
                plan
            }
            Transport::Tls => {
                let tls = TlsPlan::new(Some(self.gateway.clone()), &self.server.certificate(), DOMAIN);
                CallPlan::new(self.server.sip_over_tls(), mode.pilot()).over_tls(tls)
            }
        };
        plan.key_log = Some(self.server.key_log());
        plan.diversion = Some("4001".to_owned());
        plan.start_speaking = StartSpeaking::Immediately;
        plan.after = HangUp::After(std::time::Duration::from_millis(100));
        plan
    }

    /// A call that fits the Secured plan: over mutual TLS, `RTP/SAVP` with these suites; it skips the greeting.
    pub fn secured_call(&self, suites: &[SrtpSuite]) -> CallPlan {
        let mut plan = self.call(Mode::Secured, Transport::Tls);
        plan.media = MediaOffer::Savp { codecs: vec![AudioCodec::Pcmu], suites: suites.to_vec() };
        plan.start_speaking = StartSpeaking::SkipGreeting;
        plan.after = HangUp::After(std::time::Duration::from_millis(500));
        plan
    }
}
