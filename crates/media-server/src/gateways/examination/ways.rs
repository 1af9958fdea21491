//! One way to the gateway, step by step, up to the first that fails.
use std::time::Duration;

use jiff::Timestamp;
use sip_signaling::{StatusCode, Transport};

use super::{
    ConnectionFacts, Diagnosis, Finding, GatewayFacts, HandshakeFacts, OptionsFacts, WayFacts, certificates,
};

/// Clocks that differ by more make certificates invalid on one side.
const CLOCKS_AGREE_WITHIN: i64 = 120;

pub(super) fn walk(facts: &GatewayFacts, way: &WayFacts) -> Vec<Finding> {
    let mut findings = Vec::new();
    let Some(address) = way.address else {
        let what =
            format!("no address of {} is known for {}", facts.gateway.address, way.transport.via_token());
        // Where a name is at fault, the gateway is not.
        let unknown = facts.names.iter().find_map(|(name, found)| Some((name, found.as_ref().err()?)));
        let remedy = match unknown {
            Some((name, failure)) => facts.name_remedy(name, failure),
            None => relocate(facts, way),
        };
        return vec![Finding::fault(Diagnosis::NoAddress, what, remedy)];
    };
    findings.extend(
        way.connection.as_ref().map(|connection| connected(facts, way, &address.to_string(), connection)),
    );
    if let Some(handshake) = &way.handshake {
        findings.extend(shaken(facts, &address.to_string(), handshake));
    }
    if let Some(options) = &way.options {
        findings.extend(answered(facts, way, options));
    }
    findings
}

/// The command that says where the gateway is.
fn relocate(facts: &GatewayFacts, way: &WayFacts) -> String {
    let port = match way.transport {
        Transport::Tls => "--tls-port",
        Transport::Udp | Transport::Tcp => "--port",
    };
    format!(
        "start the gateway, or tell where it listens with `um gateway set {} {port} N --connect ADDRESS`",
        facts.gateway.name.shell_word()
    )
}

fn connected(facts: &GatewayFacts, way: &WayFacts, address: &str, connection: &ConnectionFacts) -> Finding {
    match connection {
        ConnectionFacts::Open => {
            Finding::fine(Diagnosis::Connection, format!("{address} takes our connection"))
        }
        ConnectionFacts::Refused => {
            let what = format!("nobody listens at {address}");
            Finding::fault(Diagnosis::NobodyListens, what, relocate(facts, way))
        }
        ConnectionFacts::Silent => Finding::fault(
            Diagnosis::NothingComesBack,
            format!("{address} does not answer: a firewall drops the connection, or the machine is off"),
            format!("let this server through to {address}; else {}", relocate(facts, way)),
        ),
        ConnectionFacts::Failed(reason) => {
            let what = format!("{address} cannot be reached: {reason}");
            Finding::fault(Diagnosis::Unreachable, what, relocate(facts, way))
        }
    }
}

fn shaken(facts: &GatewayFacts, address: &str, handshake: &HandshakeFacts) -> Vec<Finding> {
    let word = facts.gateway.name.shell_word();
    let finding = match handshake {
        HandshakeFacts::Done { version, cipher, chain } => {
            let done = Finding::fine(Diagnosis::Handshake, format!("{version} with {cipher}"));
            return std::iter::once(done).chain(certificates::taken(facts, chain)).collect();
        }
        HandshakeFacts::RefusedByUs(refused) => {
            certificates::refused(refused, &word, facts.now)
        }
        HandshakeFacts::RefusedByPeer { alert, reason } => refused_by_peer(alert, reason),
        HandshakeFacts::NoTls => Finding::fault(
            Diagnosis::PlainPort,
            format!("what answers at {address} does not speak TLS"),
            format!("tell the gateway's TLS port with `um gateway set {word} --tls-port N`, or turn TLS on there"),
        ),
        HandshakeFacts::NothingInCommon { reason } => Finding::fault(
            Diagnosis::NoTlsInCommon,
            reason.clone(),
            "turn TLS 1.2 with ECDHE and AES-GCM, or TLS 1.3, on at the gateway; update its firmware".to_owned(),
        ),
        HandshakeFacts::Ended { reason } => Finding::fault(
            Diagnosis::PeerHangsUp,
            reason.clone(),
            "look into the gateway's own log; it may not trust our certificate: `um cert export --to FILE.pem`".to_owned(),
        ),
    };
    vec![finding]
}

fn refused_by_peer(alert: &str, reason: &str) -> Finding {
    let what = format!("the gateway refuses us ({alert}): {reason}");
    match alert {
        "UnknownCA" | "BadCertificate" | "CertificateUnknown" | "AccessDenied" => Finding::fault(
            Diagnosis::PeerDoesNotTrustUs,
            what,
            "import what `um cert export --to FILE.pem` writes as trusted on the gateway".to_owned(),
        ),
        // The signature does not fit the certificate that it knows under our name.
        "DecryptError" => Finding::fault(
            Diagnosis::PeerDoesNotTrustUs,
            format!("{what}; it may hold an older certificate of the same name"),
            "replace our old certificate on the gateway by what `um cert export --to FILE.pem` writes"
                .to_owned(),
        ),
        "CertificateExpired" | "CertificateRevoked" | "UnsupportedCertificate" => Finding::fault(
            Diagnosis::PeerRejectsOurs,
            what,
            "look at `um cert show`, and at the gateway's clock".to_owned(),
        ),
        "ProtocolVersion" | "HandshakeFailure" | "InsufficientSecurity" => Finding::fault(
            Diagnosis::NoTlsInCommon,
            what,
            "turn TLS 1.2 with ECDHE and AES-GCM, or TLS 1.3, on at the gateway; update its firmware"
                .to_owned(),
        ),
        _ => Finding::fault(Diagnosis::PeerHangsUp, what, "look into the gateway's own log".to_owned()),
    }
}

fn answered(facts: &GatewayFacts, way: &WayFacts, options: &OptionsFacts) -> Vec<Finding> {
    let over = way.transport.via_token();
    match options {
        OptionsFacts::Answered { status, phrase, round_trip, date } => {
            let answer = option(over, *status, phrase, *round_trip);
            let clock = date.and_then(|date| clock(date, facts.now));
            [Some(answer), clock].into_iter().flatten().collect()
        }
        OptionsFacts::Silent => vec![Finding::fault(
            Diagnosis::OptionsUnanswered,
            format!("nobody answers OPTIONS over {over}"),
            format!("have the gateway answer OPTIONS of this server; else {}", relocate(facts, way)),
        )],
        OptionsFacts::Closed => vec![Finding::fault(
            Diagnosis::OptionsCut,
            format!("the gateway closes the connection instead of answering OPTIONS over {over}"),
            "in TLS 1.3 that is how our certificate is refused: import what `um cert export --to FILE.pem` writes there"
                .to_owned(),
        )],
    }
}

fn option(over: &str, status: StatusCode, phrase: &str, round_trip: Duration) -> Finding {
    let ms = round_trip.as_secs_f64() * 1e3;
    let what = format!("OPTIONS over {over} is answered {} {phrase} in {ms:.1} ms", status.code());
    let is_refusal =
        [StatusCode::FORBIDDEN, StatusCode::UNAUTHORIZED, StatusCode::SERVICE_UNAVAILABLE].contains(&status);
    match is_refusal {
        false => Finding::fine(Diagnosis::Options, what),
        true => Finding::attention(
            Diagnosis::OptionsRefused,
            what,
            "the gateway is there but does not want us: enter this server as a trusted peer on it".to_owned(),
        ),
    }
}

fn clock(theirs: Timestamp, ours: Timestamp) -> Option<Finding> {
    let apart = ours.duration_since(theirs).as_secs();
    (apart.abs() > CLOCKS_AGREE_WITHIN).then(|| {
        let (apart, how) = (apart.abs(), if apart > 0 { "behind" } else { "ahead of" });
        Finding::attention(
            Diagnosis::Clock,
            format!("the gateway's clock is {apart} s {how} ours: certificates are judged by it"),
            "set both clocks by NTP".to_owned(),
        )
    })
}
