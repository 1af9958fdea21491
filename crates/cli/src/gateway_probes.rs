//! What the probes of gateways have found, in words for people.

use admin_api::GatewayProbe;

use crate::report::{counted, date, or_hyphen};

/// `UDP up, TLS down`; a hyphen if the gateway is not probed.
pub(crate) fn states(probes: &[GatewayProbe]) -> String {
    joined(probes.iter().map(|probe| format!("{} {}", probe.transport, probe.state)))
}

/// `UDP 0.4 ms, TLS 1.2 ms`: of those that answered last.
pub(crate) fn round_trips(probes: &[GatewayProbe]) -> String {
    let answered = probes.iter().filter_map(|probe| Some((&probe.transport, probe.round_trip_ms?)));
    joined(answered.map(|(transport, ms)| format!("{transport} {}", milliseconds(ms))))
}

/// `89 days`: what is left of the certificate that the gateway presents.
pub(crate) fn days_left(probes: &[GatewayProbe]) -> String {
    let certificates = probes.iter().filter_map(|probe| probe.certificate.as_ref());
    joined(certificates.map(|certificate| days(certificate.days_left)))
}

/// The last probe over one transport, one fact a line.
pub(crate) fn facts(probe: &GatewayProbe) -> Vec<(&'static str, String)> {
    let GatewayProbe { transport, state, .. } = probe;
    let mut facts = vec![(
        "state",
        match probe.since {
            Some(since) => format!("{transport} {state} since {}", date(since)),
            None => format!("{transport} {state}"),
        },
    )];
    let what = match (&probe.answer, &probe.product, probe.round_trip_ms) {
        (Some(answer), product, ms) => {
            let by = product.as_ref().map(|product| format!(" by {product}")).unwrap_or_default();
            let took = ms.map(|ms| format!(" in {}", milliseconds(ms))).unwrap_or_default();
            format!("{answer}{by}{took}")
        }
        (None, ..) => or_hyphen(probe.reason.as_deref()),
    };
    let from = probe.address.as_ref().map(|address| format!("{address}: ")).unwrap_or_default();
    facts.push(("last probe", format!("{transport} {}, {from}{what}", date(probe.probed))));
    if let Some(certificate) = &probe.certificate {
        let (until, left) = (date(certificate.not_after), days(certificate.days_left));
        facts.push(("peer certificate", format!("{}, expires {until}, {left}", certificate.subject)));
        facts.push((
            "",
            format!(
                "names {}, issuer {}, serial {}, sha256 {}",
                or_hyphen(Some(&certificate.names.join(", "))),
                certificate.issuer,
                certificate.serial,
                certificate.sha256
            ),
        ));
    }
    facts
}

fn joined(words: impl Iterator<Item = String>) -> String {
    or_hyphen(Some(&words.collect::<Vec<_>>().join(", ")))
}

fn milliseconds(ms: f64) -> String {
    format!("{ms:.1} ms")
}

fn days(left: i64) -> String {
    match u64::try_from(left) {
        Ok(left) => counted(left, "day", "days"),
        Err(_) => "expired".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use admin_api::PeerCertificate;

    use super::*;

    fn probe(transport: &str, state: &str) -> GatewayProbe {
        GatewayProbe {
            transport: transport.to_owned(),
            state: state.to_owned(),
            since: Some("2026-11-21T12:00:00Z".parse().unwrap()),
            probed: "2026-11-21T12:30:00Z".parse().unwrap(),
            address: Some("192.0.2.7:5061".to_owned()),
            answer: None,
            product: None,
            round_trip_ms: None,
            reason: None,
            certificate: None,
        }
    }

    fn answered() -> GatewayProbe {
        let mut probe = probe("TLS", "up");
        probe.answer = Some("200 OK".to_owned());
        probe.product = Some("Example PBX".to_owned());
        probe.round_trip_ms = Some(12.346);
        probe.certificate = Some(PeerCertificate {
            subject: "CN=gw1.example.com".to_owned(),
            names: vec!["gw1.example.com".to_owned()],
            issuer: "CN=Example CA".to_owned(),
            serial: "0a".to_owned(),
            sha256: "ab".to_owned(),
            not_after: "2026-12-21T12:00:00Z".parse().unwrap(),
            days_left: 29,
        });
        probe
    }

    fn silent() -> GatewayProbe {
        GatewayProbe { reason: Some("no answer to OPTIONS within 8 s".to_owned()), ..probe("UDP", "down") }
    }

    #[test]
    fn list_shows_each_transport_and_a_hyphen_where_nothing_is_known() {
        let both = [silent(), answered()];

        assert_eq!(states(&both), "UDP down, TLS up");
        assert_eq!(round_trips(&both), "TLS 12.3 ms");
        assert_eq!(days_left(&both), "29 days");
        assert_eq!(
            (states(&[]), round_trips(&[silent()]), days_left(&[silent()])),
            ("-".into(), "-".into(), "-".into())
        );
    }

    #[test]
    fn show_tells_the_answer_or_why_there_was_none_and_the_certificate() {
        let lines = |probe: &GatewayProbe| -> Vec<String> {
            facts(probe).into_iter().map(|(name, value)| format!("{name}: {value}")).collect()
        };

        assert_eq!(
            lines(&answered()),
            [
                "state: TLS up since 2026-11-21 12:00:00Z",
                "last probe: TLS 2026-11-21 12:30:00Z, 192.0.2.7:5061: 200 OK by Example PBX in 12.3 ms",
                "peer certificate: CN=gw1.example.com, expires 2026-12-21 12:00:00Z, 29 days",
                ": names gw1.example.com, issuer CN=Example CA, serial 0a, sha256 ab",
            ]
        );
        assert_eq!(
            lines(&silent()),
            [
                "state: UDP down since 2026-11-21 12:00:00Z",
                "last probe: UDP 2026-11-21 12:30:00Z, 192.0.2.7:5061: no answer to OPTIONS within 8 s",
            ]
        );
        assert_eq!(days(-1), "expired");
    }
}
