//! How a gateway would place a call at this server: which gateway, which number, which mailbox, over what, to where.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use admin_api::{
    ApiError, CertificateFacts, RouteTransport, ShownCertificate, SipFacts, TestCallPlan, TestCallQuestion,
    code, days_left,
};
use dial_plan::{DialPlan, GatewayStatus, HuntGroup, IpGateway, ObjectKind, Pilot, Site, VoipSecurity};
use jiff::Timestamp;
use mailbox::Mailbox;
use sip_signaling::PeerName;
use storage::MailboxFilter;

use super::answer::Refusal;
use super::router::Desk;
use super::site::missing;
use crate::trust::Arrival;

/// Answers with the configuration in force.
pub(super) fn plan(desk: &Desk, question: &TestCallQuestion) -> Result<TestCallPlan, Refusal> {
    let site = desk.state.site.current();
    let mailboxes = desk.state.store.mailboxes(&MailboxFilter::default())?;
    let way = Way::find(&site, &mailboxes, question)?;
    let mode = question.mode.unwrap_or(way.plan.voip_security);
    let (_, _, sip) = desk.state.board.state();
    let (transport, target) = listener(&sip, mode)?;
    let shown = if mode.wants_tls() { Some(shown(desk, way.gateway, &sip.domain)?) } else { None };
    let (domain, certificate) = shown.map_or((sip.domain, None), |(name, shown)| (name, Some(shown)));
    Ok(TestCallPlan {
        gateway: way.gateway.name.to_string(),
        dial_plan: way.plan.name.to_string(),
        plan_mode: way.plan.voip_security,
        mode,
        transport,
        target,
        domain,
        certificate,
        pilot: question.pilot.clone().unwrap_or_else(|| dialled(way.pilot, &way.extension)),
        extension: way.extension,
    })
}

/// What the gateway is shown when it connects, by its binding too, and the name of this server in it.
fn shown(desk: &Desk, gateway: &IpGateway, domain: &str) -> Result<(String, ShownCertificate), Refusal> {
    let refused = |message: String, remedy: &str| {
        Refusal(ApiError::new("no-own-certificate", format!("gateway {}", gateway.name), message, remedy))
    };
    let tls = desk.state.examiner.tls.as_ref();
    let tls = tls.ok_or_else(|| {
        let remedy = "set startup_mode = \"dual\" under [sip] in um.toml and start the server again";
        refused("this server takes no SIP over TLS".to_owned(), remedy)
    })?;
    let gateways = [PeerName::from(gateway.name.as_str())];
    let arrival = Arrival { listener_owner: None, sni: Some(domain), gateways: &gateways };
    let identity = tls.presenting.inbound(&arrival).map_err(|missing| {
        refused(missing.reason, "run `um cert explain`: it tells why each certificate was passed over")
    })?;
    let facts = identity.facts();
    let is_ours = |name: &&String| name.eq_ignore_ascii_case(domain);
    let name = facts.dns_names.iter().find(is_ours).or(facts.dns_names.first());
    let certificate = ShownCertificate {
        facts: CertificateFacts {
            subject: facts.subject.clone(),
            sha1: facts.sha1.clone(),
            not_after: facts.not_after,
            days_left: days_left(facts.not_after, Timestamp::now()),
        },
        pem: identity.chain_pem(),
    };
    Ok((name.map_or(domain, String::as_str).to_owned(), certificate))
}

/// The way of a call through the configuration.
struct Way<'a> {
    gateway: &'a IpGateway,
    plan: &'a DialPlan,
    pilot: Option<&'a Pilot>,
    extension: String,
}

impl<'a> Way<'a> {
    /// The first hunt group whose plan has the mailbox; of several, one whose plan has the mode that was asked for.
    fn find(site: &'a Site, mailboxes: &[Mailbox], question: &'a TestCallQuestion) -> Result<Self, Refusal> {
        let mut ways = Vec::new();
        for group in groups(site, question)? {
            let (Some(gateway), Some(plan)) =
                (site.gateway(group.gateway.as_str()), site.dial_plan(group.dial_plan.as_str()))
            else {
                continue;
            };
            let wanted = |mailbox: &&Mailbox| {
                let is_asked = |to: &String| mailbox.extension.as_str() == to;
                mailbox.dial_plan == plan.name.as_str() && question.to.as_ref().is_none_or(is_asked)
            };
            let found = mailboxes.iter().find(wanted).map(|mailbox| mailbox.extension.to_string());
            let fits = question.mode.is_none_or(|mode| plan.voip_security == mode);
            let is_called = pilot_is(group, question.pilot.as_deref());
            let rank = (!is_called, found.is_none(), !fits);
            let extension = found.or_else(|| question.to.clone());
            ways.push((rank, gateway, plan, group.pilot.as_ref(), extension));
        }
        ways.sort_by_key(|(rank, ..)| *rank);
        match ways.into_iter().next() {
            Some((_, gateway, plan, pilot, Some(extension))) => Ok(Self { gateway, plan, pilot, extension }),
            Some((_, _, plan, _, None)) => Err(Refusal(ApiError::new(
                code::NOT_FOUND,
                format!("dial plan {}", plan.name),
                format!("dial plan {} has no mailbox that could be called", plan.name),
                format!(
                    "run `um mailbox enable EXTENSION --dialplan {} --name NAME`",
                    plan.name.shell_word()
                ),
            ))),
            None => Err(nowhere(question)),
        }
    }
}

/// The hunt groups of the gateway that was named, or of every enabled one.
fn groups<'a>(site: &'a Site, question: &'a TestCallQuestion) -> Result<Vec<&'a HuntGroup>, Refusal> {
    if let Some(name) = &question.gateway {
        site.gateway(name).ok_or_else(|| missing(ObjectKind::Gateway, name))?;
        return Ok(site.hunt_groups_of(name).collect());
    }
    let is_enabled = |group: &&HuntGroup| {
        site.gateway(group.gateway.as_str()).is_some_and(|known| known.status == GatewayStatus::Enabled)
    };
    Ok(site.hunt_groups().filter(is_enabled).collect())
}

fn pilot_is(group: &HuntGroup, asked: Option<&str>) -> bool {
    match (asked, &group.pilot) {
        (None, _) => true,
        (Some(asked), Some(pilot)) => Pilot::parse(asked).is_ok_and(|asked| asked == *pilot),
        (Some(_), None) => false,
    }
}

fn nowhere(question: &TestCallQuestion) -> Refusal {
    let (object, message, gateway) = match &question.gateway {
        Some(name) => {
            (format!("gateway {name}"), format!("no hunt group leads the calls of {name} anywhere"), "GW")
        }
        None => (
            "gateway".to_owned(),
            "no enabled gateway has a hunt group, so no gateway's call is taken".to_owned(),
            "NAME",
        ),
    };
    let remedy = format!(
        "run `um gateway create NAME --address ADDRESS --dialplan PLAN`, or `um huntgroup create NAME --gateway \
         {gateway} --dialplan PLAN`"
    );
    Refusal(ApiError::new(code::NOT_FOUND, object, message, remedy))
}

/// The number that leads into the group: its pilot; where that is a mask, or takes everything, the extension.
fn dialled(pilot: Option<&Pilot>, extension: &str) -> String {
    match pilot {
        None => extension.to_owned(),
        Some(pilot @ (Pilot::Number(_) | Pilot::UserAtHost { .. })) => pilot.to_string(),
        Some(Pilot::Mask(mask)) => {
            let mut digits = extension.chars();
            mask.as_str().chars().map(|c| if c == 'x' { digits.next().unwrap_or('0') } else { c }).collect()
        }
    }
}

/// Where calls of this mode are taken, loopback before any other address.
fn listener(sip: &SipFacts, mode: VoipSecurity) -> Result<(RouteTransport, SocketAddr), Refusal> {
    let (transport, port, startup_mode) = match (mode.wants_tls(), sip.udp) {
        (true, _) => (RouteTransport::Tls, sip.tls_port, "dual or tls"),
        (false, true) => (RouteTransport::Udp, sip.port, "dual or tcp"),
        (false, false) => (RouteTransport::Tcp, sip.port, "dual or tcp"),
    };
    let mut addresses: Vec<SocketAddr> = sip
        .listen
        .iter()
        .filter_map(|address| address.parse().ok())
        .filter(|address: &SocketAddr| Some(address.port()) == port)
        .map(|address| SocketAddr::new(reached_at(address.ip()), address.port()))
        .collect();
    addresses.sort_by_key(|address| !address.ip().is_loopback());
    let target = addresses.first().copied().ok_or_else(|| {
        Refusal(ApiError::new(
            "wrong-mode",
            "server",
            format!("a gateway that calls {mode} finds no port of this server that takes it"),
            format!("set startup_mode = {startup_mode} under [sip] in um.toml and start the server again"),
        ))
    })?;
    Ok((transport, target))
}

/// Who listens on every address is reached on loopback.
fn reached_at(listening: IpAddr) -> IpAddr {
    match listening {
        IpAddr::V4(address) if address.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(address) if address.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(listen: &[&str], udp: bool) -> SipFacts {
        SipFacts {
            domain: "um.test".to_owned(),
            listen: listen.iter().map(|address| (*address).to_owned()).collect(),
            port: Some(5060),
            tls_port: Some(5061),
            udp,
        }
    }

    #[test]
    fn call_goes_to_the_port_of_its_mode_and_to_loopback_where_that_is_listened_on() {
        let everywhere = facts(&["0.0.0.0:5060", "0.0.0.0:5061"], true);
        let two = facts(&["192.0.2.1:5060", "127.0.0.1:5060", "192.0.2.1:5061"], false);
        let found = |facts, mode| {
            let (transport, target) = listener(facts, mode).unwrap();
            (transport, target.to_string())
        };

        assert_eq!(
            found(&everywhere, VoipSecurity::Unsecured),
            (RouteTransport::Udp, "127.0.0.1:5060".to_owned())
        );
        assert_eq!(
            found(&everywhere, VoipSecurity::Secured),
            (RouteTransport::Tls, "127.0.0.1:5061".to_owned())
        );
        assert_eq!(found(&two, VoipSecurity::Unsecured), (RouteTransport::Tcp, "127.0.0.1:5060".to_owned()));
        assert_eq!(found(&two, VoipSecurity::SipSecured), (RouteTransport::Tls, "192.0.2.1:5061".to_owned()));
    }

    #[test]
    fn mode_without_a_port_names_the_setting_that_opens_one() {
        let clear = SipFacts { tls_port: None, ..facts(&["127.0.0.1:5060"], true) };

        let Refusal(error) = listener(&clear, VoipSecurity::Secured).unwrap_err();

        assert_eq!(error.code, "wrong-mode");
        assert!(error.remedy.contains("startup_mode = dual or tls"), "{}", error.remedy);
    }

    #[test]
    fn pilot_is_dialled_as_it_stands_and_a_mask_with_the_extension_in_it() {
        let pilot = |text: &str| Pilot::parse(text).unwrap();

        assert_eq!(dialled(Some(&pilot("5000")), "4001"), "5000");
        assert_eq!(dialled(Some(&pilot("*xxxx")), "4001"), "*4001");
        assert_eq!(dialled(Some(&pilot("voice@um.test")), "4001"), "voice@um.test");
        assert_eq!(dialled(None, "4001"), "4001");
    }
}
