use std::net::{IpAddr, Ipv4Addr};

use admin_api::{
    Changed, EnableMailbox, EnabledMailbox, NewGateway, PresentedCertificate, TrustFile, TrustHow,
};
use caller::{
    AudioCodec, CallPlan, CertificateRequest, MediaOffer, SrtpSuite, TestIdentity, TlsPlan, Transport,
};
use dial_plan::{DialPlan, GatewayAddress, HuntGroup, IpGateway, Name, Pilot, VoipSecurity};

use crate::client::{Client, path};
use crate::demo::case::{Case, Mailbox, Offer, Who};
use crate::demo::throw_away::{DOMAIN, GATEWAY, ThrowAwayServer};
use crate::failure::Failure;

/// The number that the gateway calls to reach voicemail of the Unsecured plan.
pub(crate) const PILOT: &str = "5000";
/// The extension of the mailbox in each plan.
pub(crate) const EXTENSION: &str = "4001";
/// A number that is no mailbox.
const NOBODY: &str = "4999";
/// An address of this machine that is no gateway's.
const ELSEWHERE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 9));

/// What the demo's calls need: one gateway that serves a dial plan of each mode, and the keys on both sides.
pub(crate) struct World<'a> {
    server: &'a ThrowAwayServer,
    gateway: TestIdentity,
    stranger: TestIdentity,
    certificate: String,
}

impl<'a> World<'a> {
    /// Makes the plans, the gateway with its pin, a pilot for each plan, and a mailbox in each.
    pub(crate) async fn make(server: &'a ThrowAwayServer) -> Result<Self, Failure> {
        let client = server.client();
        let gateway = identity()?;
        for mode in [VoipSecurity::Unsecured, VoipSecurity::SipSecured, VoipSecurity::Secured] {
            let mut plan = DialPlan::new(name(&plan_name(mode))?, 4);
            plan.voip_security = mode;
            client.post::<Changed>(&path(&["dial-plans"]), &plan).await?;
            client.post::<EnabledMailbox>(&path(&["mailboxes"]), &mailbox(mode)).await?;
        }
        make_gateway(client, &gateway).await?;
        let presented: PresentedCertificate = client.get(&path(&["certificates", "presented"])).await?;
        Ok(Self { server, gateway, stranger: identity()?, certificate: presented.pem })
    }

    /// The call of a case; `number` makes its caller's number.
    pub(crate) fn plan(&self, case: &Case, number: usize) -> CallPlan {
        let target = match case.transport {
            Transport::Udp | Transport::Tcp => self.server.sip(),
            Transport::Tls => self.server.sip_over_tls(),
        };
        let mut plan = CallPlan::new(target, pilot(case.mode));
        let identity = match case.who {
            Who::Gateway | Who::UnknownAddress => Some(self.gateway.clone()),
            Who::NoCertificate => None,
            Who::Stranger => Some(self.stranger.clone()),
        };
        match case.transport {
            Transport::Udp | Transport::Tcp => plan.transport = case.transport,
            Transport::Tls => plan = plan.over_tls(TlsPlan::new(identity, &self.certificate, DOMAIN)),
        }
        if let Who::UnknownAddress = case.who {
            plan.local_ip = ELSEWHERE;
        }
        let codecs = vec![AudioCodec::Pcmu];
        plan.media = match case.offer {
            Offer::Avp => MediaOffer::Avp { codecs },
            Offer::Savp(suites) => MediaOffer::Savp { codecs, suites: suites.to_vec() },
            Offer::AvpWithCrypto => MediaOffer::AvpWithCrypto { codecs, suites: SrtpSuite::ALL.to_vec() },
        };
        let diverted_from = match case.mailbox {
            Mailbox::Known => EXTENSION,
            Mailbox::Unknown => NOBODY,
        };
        plan.diversion = Some(diverted_from.to_owned());
        plan.from_user = format!("20655501{number:02}");
        plan
    }
}

/// The dial plan of a mode.
pub(crate) fn plan_name(mode: VoipSecurity) -> String {
    format!("demo-{}", mode.word())
}

/// The pilot number that leads to the plan of a mode.
fn pilot(mode: VoipSecurity) -> &'static str {
    match mode {
        VoipSecurity::Unsecured => PILOT,
        VoipSecurity::SipSecured => "5001",
        VoipSecurity::Secured => "5002",
    }
}

fn mailbox(mode: VoipSecurity) -> EnableMailbox {
    EnableMailbox {
        extension: EXTENSION.to_owned(),
        dial_plan: plan_name(mode),
        name: "Ada Example".to_owned(),
        email: None,
        numbers: Vec::new(),
        policy: None,
        pin: None,
    }
}

/// The gateway, whose own certificate is its pin; what no other pilot takes goes to the Unsecured plan.
async fn make_gateway(client: &Client, identity: &TestIdentity) -> Result<(), Failure> {
    let address = GatewayAddress::parse(GATEWAY).map_err(wrong)?;
    let new = NewGateway {
        gateway: IpGateway::new(name("demo-gateway")?, address),
        dial_plan: Some(name(&plan_name(VoipSecurity::Unsecured))?),
        trust_files: vec![TrustFile {
            file: String::new(),
            how: TrustHow::Auto,
            pem: identity.certificate_pem().to_owned(),
        }],
    };
    client.post::<Changed>(&path(&["gateways"]), &new).await?;
    for mode in [VoipSecurity::SipSecured, VoipSecurity::Secured] {
        let group = HuntGroup {
            name: name(&format!("demo-{}-calls", mode.word()))?,
            gateway: name("demo-gateway")?,
            dial_plan: name(&plan_name(mode))?,
            pilot: Some(Pilot::parse(pilot(mode)).map_err(wrong)?),
        };
        client.post::<Changed>(&path(&["hunt-groups"]), &group).await?;
    }
    Ok(())
}

/// A fresh key with a certificate that names the gateway; nobody but itself stands behind it.
fn identity() -> Result<TestIdentity, Failure> {
    let identity = TestIdentity::self_signed(&CertificateRequest::named(GATEWAY));
    identity.map_err(|error| Failure::could_not_run(format!("no certificate can be made: {error:#}"), ""))
}

fn name(text: &str) -> Result<Name, Failure> {
    Name::parse(text).map_err(wrong)
}

fn wrong(error: impl std::fmt::Display) -> Failure {
    Failure::could_not_run(format!("the demo is wrong: {error}"), "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mode_has_a_plan_name_that_plans_may_have_and_a_pilot_of_its_own() {
        let modes = [VoipSecurity::Unsecured, VoipSecurity::SipSecured, VoipSecurity::Secured];

        assert!(modes.iter().all(|mode| Name::parse(&plan_name(*mode)).is_ok()));
        assert_eq!(modes.map(pilot), ["5000", "5001", "5002"]);
    }

    #[test]
    fn gateway_and_stranger_differ_by_key_alone() {
        let (gateway, stranger) = (identity().unwrap(), identity().unwrap());

        assert_ne!(gateway.certificate_pem(), stranger.certificate_pem());
        assert!(GatewayAddress::parse(GATEWAY).is_ok());
    }
}
