use admin_api::TlsFailureRow;
use cert_manager::{ClosedBy, FailureReason as Class};
use dial_plan::{Name, TrustAnchor};

use super::*;
use crate::observe::handshake_log::Direction;

const NOW: &str = "2026-11-21T12:00:00Z";

fn date(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn certificate(name: &str) -> CertificateFacts {
    let request = cert_manager::IssueRequest::new(name, cert_manager::KeyKind::P256);
    let identity = cert_manager::issue_self_signed(&request, date(NOW)).unwrap();
    CertificateFacts { not_after: date("2027-11-21T12:00:00Z"), ..(**identity.facts()).clone() }
}

fn way(transport: Transport) -> WayFacts {
    let options = OptionsFacts::Answered {
        status: StatusCode::OK,
        phrase: "OK".to_owned(),
        round_trip: Duration::from_micros(1_250),
        date: Some(date(NOW)),
    };
    let (connection, handshake) = match transport {
        Transport::Udp => (None, None),
        Transport::Tcp => (Some(ConnectionFacts::Open), None),
        Transport::Tls => (Some(ConnectionFacts::Open), Some(done(certificate("gw1.example.com")))),
    };
    let address = Some("192.0.2.7:5061".parse().unwrap());
    WayFacts { transport, address, connection, handshake, options: Some(options) }
}

/// A gateway with which everything is right.
fn right() -> GatewayFacts {
    let address = GatewayAddress::parse("gw1.example.com").unwrap();
    GatewayFacts {
        gateway: IpGateway::new(Name::parse("gw1").unwrap(), address),
        plans: vec![("hq".to_owned(), VoipSecurity::Secured), ("lab".to_owned(), VoipSecurity::Unsecured)],
        own_name: "um.example.com".to_owned(),
        own: OwnFacts::Presented(Arc::new(certificate("um.example.com"))),
        names: vec![("gw1.example.com".to_owned(), Ok(vec!["192.0.2.7".parse().unwrap()]))],
        ways: vec![way(Transport::Udp), way(Transport::Tls)],
        refused_call: None,
        now: date(NOW),
    }
}

fn done(certificate: CertificateFacts) -> HandshakeFacts {
    HandshakeFacts::Done {
        version: "TLSv1_3".to_owned(),
        cipher: "TLS13_AES_256_GCM_SHA384".to_owned(),
        chain: vec![certificate],
    }
}

/// A handshake of the gateway's that failed a quarter of an hour ago.
fn refused_call(class: Class, closed_by: ClosedBy) -> KeptHandshake {
    let row = TlsFailureRow {
        at: date("2026-11-21T11:45:00Z"),
        direction: "inbound".to_owned(),
        gateways: vec!["gw1".to_owned()],
        peer: "192.0.2.7:40000".to_owned(),
        class: class.word().to_owned(),
        reason: "it went wrong".to_owned(),
        remedy: "look there".to_owned(),
        closed_by: closed_by.word().to_owned(),
        alert: None,
        certificate: None,
        own: None,
    };
    KeptHandshake { direction: Direction::Inbound, class, closed_by, row }
}

/// The way over TLS ends with this handshake.
fn with_handshake(handshake: HandshakeFacts) -> impl Fn(&mut GatewayFacts) {
    move |facts| {
        facts.ways[1].handshake = Some(handshake.clone());
        facts.ways[1].options = None;
    }
}

fn refused(
    (class, alert): (FailureReason, Alert),
    change: impl Fn(&mut CertificateFacts),
) -> impl Fn(&mut GatewayFacts) {
    let mut facts = certificate("gw1.example.com");
    change(&mut facts);
    let reason = "words of the verdict".to_owned();
    let certificate = Some(Arc::new(facts));
    with_handshake(HandshakeFacts::RefusedByUs(RefusedByUs { class, alert, reason, certificate }))
}

/// What the gateway presents says this.
fn presented(change: impl Fn(&mut CertificateFacts)) -> impl Fn(&mut GatewayFacts) {
    move |facts| {
        if let Some(HandshakeFacts::Done { chain, .. }) = &mut facts.ways[1].handshake {
            change(&mut chain[0]);
        }
    }
}

fn refuses(alert: &str) -> impl Fn(&mut GatewayFacts) {
    let (alert, reason) = (alert.to_owned(), "words".to_owned());
    with_handshake(HandshakeFacts::RefusedByPeer { alert, reason })
}

fn own(change: impl Fn(&mut CertificateFacts)) -> impl Fn(&mut GatewayFacts) {
    move |facts| {
        let mut own = certificate("um.example.com");
        change(&mut own);
        facts.own = OwnFacts::Presented(Arc::new(own));
    }
}

fn answer(status: StatusCode, at: &'static str) -> OptionsFacts {
    let (phrase, round_trip) = ("Words".to_owned(), Duration::from_millis(1));
    OptionsFacts::Answered { status, phrase, round_trip, date: Some(date(at)) }
}

#[test]
fn nothing_is_wrong_where_nothing_is_wrong_and_every_step_is_told() {
    let findings = examine(&right());

    assert!(findings.iter().all(|finding| finding.grade == Grade::Fine), "{findings:#?}");
    assert!(findings.iter().all(|finding| finding.remedy.is_empty()), "{findings:#?}");
    let words: Vec<&str> = findings.iter().map(|finding| finding.diagnosis.word()).collect();
    assert_eq!(
        words,
        [
            "status",
            "own-certificate",
            "name",
            "options",
            "connection",
            "handshake",
            "peer-certificate",
            "options"
        ]
    );
    assert_eq!(findings[5].what, "TLSv1_3 with TLS13_AES_256_GCM_SHA384");
    assert_eq!(findings[7].what, "OPTIONS over TLS is answered 200 OK in 1.2 ms");
}

#[test]
fn without_an_address_because_of_a_name_the_name_is_to_be_mended_and_nobody_need_start_the_gateway() {
    let mut facts = right();
    facts.names[0].1 = Err(DnsFailure::NoSuchName);
    facts.ways = vec![WayFacts {
        address: None,
        connection: None,
        handshake: None,
        options: None,
        ..way(Transport::Tls)
    }];

    let faults: Vec<Finding> =
        examine(&facts).into_iter().filter(|finding| finding.grade == Grade::Fault).collect();

    let remedy = "correct the name, enter gw1.example.com in DNS, or write gw1.example.com under [dns] hosts in um.toml, \
                  or run `um gateway set gw1 --connect IP`";
    assert_eq!(faults[0].what, "gw1.example.com cannot be resolved: DNS has no such name");
    assert_eq!(faults[1].what, "no address of gw1.example.com is known for TLS");
    assert_eq!([&faults[0].remedy, &faults[1].remedy], [remedy; 2]);
}

#[test]
fn each_seeded_fault_gives_a_diagnosis_and_a_remedy_of_its_own() {
    type Seed = Box<dyn Fn(&mut GatewayFacts)>;
    let rows: Vec<(Diagnosis, &str, Seed)> = vec![
        (
            Diagnosis::Disabled,
            "um gateway enable gw1",
            Box::new(|f| f.gateway.status = GatewayStatus::Disabled),
        ),
        (Diagnosis::NoDialPlan, "um huntgroup create NAME --gateway gw1", Box::new(|f| f.plans.clear())),
        (Diagnosis::NoOwnTls, "startup_mode = \"dual\"", Box::new(|f| f.own = OwnFacts::WithoutTls)),
        (
            Diagnosis::OwnMissing,
            "um cert explain --for gw1`, then `um cert import FILE --owner partner",
            Box::new(|f| {
                f.gateway.certificate_owner = Some("partner".to_owned());
                f.own = OwnFacts::Missing("all have expired".to_owned());
            }),
        ),
        (
            Diagnosis::NoTlsIdentity,
            "--address FQDN",
            Box::new(|f| f.gateway.address = GatewayAddress::parse("192.0.2.7").unwrap()),
        ),
        (Diagnosis::OwnExpired, "um cert", Box::new(own(|c| c.not_after = date("2026-11-20T00:00:00Z")))),
        (Diagnosis::OwnNotYetValid, "clock", Box::new(own(|c| c.not_before = date("2026-11-22T00:00:00Z")))),
        (Diagnosis::OwnWrongName, "um cert", Box::new(own(|c| c.dns_names = vec!["old.example.com".into()]))),
        (Diagnosis::OwnWrongUsage, "um cert", Box::new(own(|c| c.purposes = vec!["serverAuth".into()]))),
        (Diagnosis::NameUnknown, "[dns] hosts", Box::new(|f| f.names[0].1 = Err(DnsFailure::NoSuchName))),
        (Diagnosis::NoAddress, "--connect ADDRESS", Box::new(|f| f.ways[1].address = None)),
        (
            Diagnosis::NobodyListens,
            "--tls-port N",
            Box::new(|f| {
                f.ways[1] = WayFacts {
                    connection: Some(ConnectionFacts::Refused),
                    handshake: None,
                    options: None,
                    ..f.ways[1].clone()
                };
            }),
        ),
        (
            Diagnosis::NothingComesBack,
            "let this server through",
            Box::new(|f| f.ways[1].connection = Some(ConnectionFacts::Silent)),
        ),
        (Diagnosis::PlainPort, "--tls-port N", Box::new(with_handshake(HandshakeFacts::NoTls))),
        (
            Diagnosis::NoTlsInCommon,
            "TLS 1.2",
            Box::new(with_handshake(HandshakeFacts::NothingInCommon { reason: "words".into() })),
        ),
        (Diagnosis::PeerDoesNotTrustUs, "um cert export --to FILE.pem", Box::new(refuses("UnknownCA"))),
        (Diagnosis::PeerRejectsOurs, "gateway's clock", Box::new(refuses("CertificateExpired"))),
        (
            Diagnosis::PeerHangsUp,
            "gateway's own log",
            Box::new(with_handshake(HandshakeFacts::Ended { reason: "it ended".into() })),
        ),
        (
            Diagnosis::PeerExpired,
            "renew it on the gateway",
            Box::new(refused((Class::Expired, Alert::CertificateExpired), |c| {
                c.not_after = date("2026-11-21T10:59:59Z");
            })),
        ),
        (
            Diagnosis::PeerJustExpired,
            "it ended 3600 s ago by our clock",
            Box::new(refused((Class::Expired, Alert::CertificateExpired), |c| {
                c.not_after = date("2026-11-21T11:00:00Z");
            })),
        ),
        (
            Diagnosis::PeerNotYetValid,
            "clock",
            Box::new(refused((Class::NotYetValid, Alert::CertificateExpired), |c| {
                c.not_before = date("2026-11-22T12:00:01Z");
            })),
        ),
        (
            Diagnosis::Clock,
            "it is valid in 600 s from now",
            Box::new(refused((Class::NotYetValid, Alert::CertificateExpired), |c| {
                c.not_before = date("2026-11-21T12:10:00Z");
            })),
        ),
        (
            Diagnosis::PeerUntrusted,
            "um gateway set gw1 --trust FILE.pem",
            Box::new(refused((Class::Untrusted, Alert::UnknownCa), |c| c.self_signed = false)),
        ),
        (
            Diagnosis::PeerWrongName,
            "FQDN in its SAN",
            Box::new(refused((Class::WrongName, Alert::BadCertificate), |_| {})),
        ),
        (
            Diagnosis::PeerWrongUsage,
            "clientAuth",
            Box::new(refused((Class::WrongUsage, Alert::UnsupportedCertificate), |_| {})),
        ),
        (
            Diagnosis::PeerRevoked,
            "new certificate",
            Box::new(refused((Class::Revoked, Alert::CertificateRevoked), |_| {})),
        ),
        (
            Diagnosis::PeerListMissing,
            "um trust crl ROOT --from FILE|URL",
            Box::new(refused((Class::Revoked, Alert::BadCertificate), |_| {})),
        ),
        (
            Diagnosis::PeerUnfit,
            "um gateway set gw1 --pin FILE.pem",
            Box::new(refused((Class::Untrusted, Alert::BadCertificate), |_| {})),
        ),
        (
            Diagnosis::CallsRefused,
            "look there",
            Box::new(|f| f.refused_call = Some(refused_call(Class::PeerDisconnected, ClosedBy::Peer))),
        ),
        (
            Diagnosis::PeerWithoutCertificate,
            "give the gateway a certificate",
            Box::new(refused((Class::NoCertificate, Alert::CertificateRequired), |_| {})),
        ),
        (
            Diagnosis::PeerServesOnly,
            "um gateway set gw1 --accept-server-eku",
            Box::new(presented(|c| c.purposes = vec!["serverAuth".into()])),
        ),
        (
            Diagnosis::OptionsUnanswered,
            "answer OPTIONS",
            Box::new(|f| f.ways[0].options = Some(OptionsFacts::Silent)),
        ),
        (Diagnosis::OptionsCut, "TLS 1.3", Box::new(|f| f.ways[1].options = Some(OptionsFacts::Closed))),
        (
            Diagnosis::OptionsRefused,
            "trusted peer",
            Box::new(|f| f.ways[1].options = Some(answer(StatusCode::FORBIDDEN, NOW))),
        ),
    ];
    let mut seen = std::collections::HashSet::new();
    for (expected, remedy, seed) in rows {
        let mut facts = right();
        seed(&mut facts);

        let wrong: Vec<Finding> =
            examine(&facts).into_iter().filter(|finding| finding.grade != Grade::Fine).collect();

        let first = wrong.first().unwrap_or_else(|| panic!("{expected:?} is not found"));
        assert_eq!(first.diagnosis, expected, "{wrong:#?}");
        assert!(first.remedy.contains(remedy), "{first:?}");
        assert!(seen.insert(expected.word()), "{expected:?} twice");
    }
    assert!(seen.len() >= 12);
}

#[test]
fn self_signed_certificate_that_nobody_knows_is_approved_by_its_thumbprint() {
    let mut facts = right();
    refused((Class::Untrusted, Alert::UnknownCa), |facts| facts.sha1 = "3f786850".repeat(5))(&mut facts);

    let findings = examine(&facts);
    let untrusted = findings.iter().find(|finding| finding.diagnosis == Diagnosis::PeerUntrusted).unwrap();

    assert_eq!(
        untrusted.remedy,
        "if that is the thumbprint that the gateway shows, run `um gateway approve gw1 \
         3f7868503f7868503f7868503f7868503f786850`"
    );
}

#[test]
fn without_an_owner_a_missing_certificate_may_be_generated() {
    let facts = GatewayFacts { own: OwnFacts::Missing("none is valid".to_owned()), ..right() };

    let found = examine(&facts).into_iter().find(|found| found.diagnosis == Diagnosis::OwnMissing).unwrap();

    assert_eq!(found.what, "we have no certificate to show to gw1: none is valid");
    assert_eq!(
        found.remedy,
        "run `um cert explain --for gw1`, then `um cert import FILE` or `um cert generate`"
    );
}

#[test]
fn alerts_of_the_peer_are_told_apart() {
    let diagnosed = |alert: &str| {
        let mut facts = right();
        refuses(alert)(&mut facts);
        examine(&facts).into_iter().find(|finding| finding.grade == Grade::Fault).unwrap().diagnosis
    };

    assert_eq!(diagnosed("UnknownCA"), Diagnosis::PeerDoesNotTrustUs);
    assert_eq!(diagnosed("BadCertificate"), Diagnosis::PeerDoesNotTrustUs);
    assert_eq!(diagnosed("DecryptError"), Diagnosis::PeerDoesNotTrustUs);
    assert_eq!(diagnosed("CertificateRevoked"), Diagnosis::PeerRejectsOurs);
    assert_eq!(diagnosed("ProtocolVersion"), Diagnosis::NoTlsInCommon);
    assert_eq!(diagnosed("InternalError"), Diagnosis::PeerHangsUp);
}

#[test]
fn refused_call_of_the_gateway_is_told_by_the_class_of_its_refusal_and_by_who_refused() {
    let diagnosed = |class: Class, closed_by: ClosedBy| {
        let facts = GatewayFacts { refused_call: Some(refused_call(class, closed_by)), ..right() };
        examine(&facts).pop().unwrap()
    };
    let words = Class::ALL.map(|class| {
        [ClosedBy::Us, ClosedBy::Peer].map(|closed_by| diagnosed(class, closed_by).diagnosis.word())
    });

    let (rejects, nothing) = ("peer-rejects-our-certificate", "calls-refused");
    assert_eq!(
        words,
        [
            ["peer-certificate-expired", rejects],
            ["peer-certificate-not-yet-valid", rejects],
            ["peer-certificate-wrong-name", rejects],
            [nothing, nothing],
            ["peer-certificate-without-client-auth", rejects],
            ["peer-certificate-revoked", rejects],
            [nothing, nothing],
            [nothing, nothing],
            ["peer-certificate-untrusted", "peer-does-not-trust-us"],
            ["peer-without-certificate", nothing],
        ]
    );
    let told = diagnosed(Class::NoCertificate, ClosedBy::Us);
    assert_eq!(
        told.what,
        "the last handshake that it began (gw1 from 192.0.2.7:40000, 15 min ago) failed: it went wrong"
    );
    assert_eq!((told.grade, told.remedy.as_str()), (Grade::Fault, "look there"));
}

#[test]
fn certificate_for_servers_only_will_do_where_it_is_pinned_or_allowed() {
    let mut server_only = certificate("gw1.example.com");
    server_only.purposes = vec!["serverAuth".into()];
    let pin = TrustAnchor {
        kind: dial_plan::AnchorKind::Pin,
        pem: String::new(),
        sha256: server_only.sha256.clone(),
        spki_sha256: None,
        subject: "CN=gw1".to_owned(),
        not_after: date(NOW),
    };
    let mut allowed = right();
    with_handshake(done(server_only))(&mut allowed);
    let mut pinned = allowed.clone();
    pinned.gateway.trust.push(pin);
    let mut observed = allowed.clone();
    observed.gateway.tls_verify = dial_plan::TlsVerify::Observe;
    let grade = |facts: &GatewayFacts| {
        let found = examine(facts).into_iter().find(|found| found.diagnosis == Diagnosis::PeerServesOnly);
        found.map(|found| found.grade)
    };

    assert_eq!(grade(&allowed), Some(Grade::Fault));
    assert_eq!(grade(&observed), Some(Grade::Attention));
    assert_eq!(grade(&pinned), None);
    allowed.gateway.accept_server_eku = true;
    assert_eq!(grade(&allowed), None);
}

#[test]
fn certificate_with_few_days_left_deserves_a_look() {
    let mut facts = right();
    own(|own| own.not_after = date("2026-12-01T12:00:00Z"))(&mut facts);
    let Some(HandshakeFacts::Done { chain, .. }) = &mut facts.ways[1].handshake else {
        panic!("a handshake")
    };
    chain[0].not_after = date("2026-12-21T11:00:00Z");

    let looks: Vec<(Diagnosis, bool)> = examine(&facts)
        .iter()
        .filter(|finding| finding.grade == Grade::Attention)
        .map(|finding| (finding.diagnosis, finding.what.contains(" days left")))
        .collect();

    assert_eq!(looks, [(Diagnosis::OwnCertificate, true), (Diagnosis::PeerExpiresSoon, true)]);
}

#[test]
fn certificate_of_an_owner_need_not_name_this_server() {
    let mut facts = right();
    own(|own| own.dns_names = vec!["federation.example.net".to_owned()])(&mut facts);
    facts.gateway.certificate_owner = Some("partner".to_owned());

    assert!(examine(&facts).iter().all(|finding| finding.grade == Grade::Fine));
}

#[test]
fn pin_stands_for_an_identity_of_a_gateway_without_a_name() {
    let mut facts = right();
    facts.gateway.address = GatewayAddress::parse("192.0.2.7").unwrap();
    facts.gateway.trust.push(TrustAnchor {
        kind: dial_plan::AnchorKind::Pin,
        pem: String::new(),
        sha256: String::new(),
        spki_sha256: None,
        subject: "CN=gw1".to_owned(),
        not_after: date(NOW),
    });

    assert!(examine(&facts).iter().all(|finding| finding.diagnosis != Diagnosis::NoTlsIdentity));
}

#[test]
fn clock_of_an_answer_that_is_more_than_two_minutes_off_deserves_a_look() {
    let told = |at: &'static str| {
        let mut facts = right();
        facts.ways[1].options = Some(answer(StatusCode::OK, at));
        let wrong = examine(&facts).into_iter().find(|finding| finding.grade != Grade::Fine);
        wrong.map(|finding| (finding.diagnosis, finding.grade, finding.what))
    };
    let clock = |words: &str| Some((Diagnosis::Clock, Grade::Attention, words.to_owned()));

    assert_eq!(told("2026-11-21T12:02:00Z"), None);
    assert_eq!(told("2026-11-21T11:58:00Z"), None);
    assert_eq!(
        told("2026-11-21T12:02:01Z"),
        clock("the gateway's clock is 121 s ahead of ours: certificates are judged by it")
    );
    assert_eq!(
        told("2026-11-21T11:50:00Z"),
        clock("the gateway's clock is 600 s behind ours: certificates are judged by it")
    );
}

#[test]
fn certificate_for_servers_only_is_no_fault_of_a_gateway_that_need_not_have_another() {
    let told = |change: fn(&mut GatewayFacts)| {
        let mut facts = right();
        presented(|own| own.purposes = vec!["serverAuth".into()])(&mut facts);
        change(&mut facts);
        let found = examine(&facts).into_iter();
        let found = found.filter(|finding| finding.diagnosis == Diagnosis::PeerServesOnly);
        found.map(|finding| finding.grade).collect::<Vec<_>>()
    };

    assert_eq!(told(|_| {}), [Grade::Fault]);
    assert_eq!(told(|facts| facts.gateway.tls_verify = dial_plan::TlsVerify::Observe), [Grade::Attention]);
    assert_eq!(told(|facts| facts.gateway.accept_server_eku = true), []);
}
