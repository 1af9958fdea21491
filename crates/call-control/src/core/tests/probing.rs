//! Probes of gateways through the core (security-modes 2a).
use sip_signaling::{Aim, FlowOrder, FlowPurpose};

use super::*;
use crate::{GatewayReport, GatewayState};

const OWN: FlowId = FlowId(70);
const SETTINGS: ProbeSettings =
    ProbeSettings { interval: Duration::from_secs(60), clear: Some(Transport::Udp), has_tls: true };

/// A core whose first Site has just come, and the order of the probe.
fn probed(mode: VoipSecurity) -> (Rig, FlowOrder) {
    let mut rig = Rig::probing(mode, SETTINGS);
    let site = Arc::new(rig.site.clone());
    // The way of the first probe was sought by the rig; it is not found, and the next Site asks anew.
    let outputs = rig.advance(Duration::from_secs(31));
    assert!(outputs.iter().any(|output| matches!(output, Output::GatewayProbed(_))), "{outputs:?}");
    let outputs = rig.input(Input::Site(site));
    let order = outputs.iter().find_map(|output| match output {
        Output::OpenFlow(order) => Some(order.clone()),
        _ => None,
    });
    (rig, order.unwrap_or_else(|| panic!("an order: {outputs:?}")))
}

fn reports(outputs: &[Output]) -> Vec<&GatewayReport> {
    outputs
        .iter()
        .filter_map(|output| match output {
            Output::GatewayProbed(report) => Some(&**report),
            _ => None,
        })
        .collect()
}

/// The peer's answer to our only request among `outputs`.
fn answer(outputs: &[Output], status: &str) -> String {
    let request = sent(outputs).pop().expect("a request of ours");
    let copied = request.lines().filter(|line| {
        ["Via:", "From:", "To:", "Call-ID:", "CSeq:"].iter().any(|name| line.starts_with(name))
    });
    let copied: String = copied.flat_map(|line| [line, "\n"]).collect();
    format!("SIP/2.0 {status}\n{copied}Content-Length: 0\n\n")
}

#[test]
fn tls_probe_takes_a_connection_of_our_own_and_reports_the_certificate_that_answered() {
    let (mut rig, order) = probed(VoipSecurity::Secured);
    assert_eq!(
        (order.purpose, order.transport, &*order.peers[0]),
        (FlowPurpose::Probe(Aim::First), Transport::Tls, "gw1")
    );
    let remote = SocketAddr::from(([127, 0, 0, 1], 5061));

    let outputs = rig.input(Input::FlowOpened { ticket: order.ticket, flow: OWN, remote });
    let request = sent(&outputs).pop().unwrap();
    rig.over_tls(&["gw1"]);
    rig.flow.id = OWN;
    rig.now += Duration::from_millis(12);
    let answered = rig.message(&answer(&outputs, "200 OK"));

    assert!(request.starts_with("OPTIONS sip:gw1.example.com:5061;transport=tls SIP/2.0\r\n"), "{request}");
    assert!(request.contains("\r\nVia: SIP/2.0/TLS um.example.com:5071;branch="), "{request}");
    assert!(request.contains(";alias\r\n"), "{request}");
    assert!(request.contains("\r\nContact: <sip:um.example.com:5071;transport=tls>\r\n"), "{request}");
    let [report] = reports(&answered)[..] else { panic!("{answered:?}") };
    assert_eq!((report.state, report.remote), (GatewayState::Up, Some(remote)));
    assert_eq!(
        report.certificate.as_ref().map(|certificate| &*certificate.subject),
        Some("CN=pbx.example.org")
    );
    assert!(report.outcome.to_string().contains("200 OK"), "{report:?}");
    assert_eq!(events(&answered).len(), 1, "down at first, up now: {answered:?}");
}

#[test]
fn udp_probe_takes_a_socket_and_shows_the_address_of_the_route() {
    let (mut rig, order) = probed(VoipSecurity::Unsecured);
    assert_eq!((order.purpose, order.transport), (FlowPurpose::Probe(Aim::First), Transport::Udp));
    let remote = SocketAddr::from(([127, 0, 0, 1], 5060));

    let outputs = rig.input(Input::FlowOpened { ticket: order.ticket, flow: FlowId(1), remote });
    let request = sent(&outputs).pop().unwrap();
    let answered = rig.message(&answer(&outputs, "404 Not Found"));

    assert!(request.starts_with("OPTIONS sip:gw1.example.com:5060 SIP/2.0\r\n"), "{request}");
    assert!(request.contains("\r\nVia: SIP/2.0/UDP 127.0.0.1:5070;branch="), "{request}");
    assert!(request.contains("\r\nContact: <sip:127.0.0.1:5070>\r\n"), "{request}");
    let [report] = reports(&answered)[..] else { panic!("{answered:?}") };
    assert_eq!((report.state, &report.certificate), (GatewayState::Up, &None));
}

#[test]
fn way_that_is_not_found_is_event_1400_and_not_that_of_a_running_call() {
    let mut rig = Rig::probing(VoipSecurity::Secured, SETTINGS);
    let site = Arc::new(rig.site.clone());
    rig.advance(Duration::from_secs(29));
    let failed = rig.advance(Duration::from_secs(2));
    let order = rig.input(Input::Site(site));
    let Some(Output::OpenFlow(order)) = order.first() else { panic!("{order:?}") };
    let reason = "TLS with 127.0.0.1:5061 failed: expired".to_owned();

    let again = rig.input(Input::FlowFailed { ticket: order.ticket, reason });

    let told: Vec<u16> = events(&failed).iter().map(|(id, _)| *id).collect();
    assert_eq!(told, [1400]);
    assert!(events(&again).is_empty(), "it is down already: {again:?}");
    assert_eq!(reports(&again)[0].outcome.to_string(), "TLS with 127.0.0.1:5061 failed: expired");
}

#[test]
fn connection_without_trust_stays_for_the_answer_to_a_probe_alone() {
    let (mut rig, order) = probed(VoipSecurity::Secured);
    let remote = SocketAddr::from(([127, 0, 0, 1], 5061));
    rig.input(Input::FlowOpened { ticket: order.ticket, flow: OWN, remote });

    let withdrawn = rig.input(Input::FlowWithdrawn(OWN));
    let given_up = rig.advance(Duration::from_secs(9));

    assert!(!withdrawn.iter().any(|output| matches!(output, Output::CloseFlow(OWN))), "{withdrawn:?}");
    assert!(given_up.iter().any(|output| matches!(output, Output::CloseFlow(OWN))), "{given_up:?}");
}

#[test]
fn stopping_server_probes_nobody() {
    let (mut rig, order) = probed(VoipSecurity::Unsecured);
    rig.input(Input::Drain);

    let remote = SocketAddr::from(([127, 0, 0, 1], 5060));
    let outputs = rig.input(Input::FlowOpened { ticket: order.ticket, flow: FlowId(1), remote });
    let site = Arc::new(rig.site.clone());
    let later = rig.input(Input::Site(site));

    assert!(sent(&outputs).is_empty() && later.is_empty(), "{outputs:?} {later:?}");
    assert!(rig.advance(Duration::from_secs(300)).is_empty());
}
