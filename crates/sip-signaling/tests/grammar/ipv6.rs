//! RFC 5118.

use std::net::{IpAddr, Ipv6Addr};

use sip_signaling::{Host, Via, parse_datagram};

use crate::rig::{Verdict, corpus, request, vector, verdict};

fn v6(text: &str) -> Host {
    Host::V6(text.parse::<Ipv6Addr>().expect("an address"))
}

#[test]
fn all_but_the_address_without_brackets_are_taken() {
    for (name, bytes) in corpus("rfc5118") {
        let expected = match name.as_str() {
            "ipv6-bad" => Verdict::Answered(400, "Bad Request-URI"),
            _ => Verdict::Accepted,
        };
        assert_eq!(verdict(&bytes), expected, "{name}");
        if let Ok(message) = parse_datagram(&bytes) {
            let printed = message.to_bytes();
            assert_eq!(printed, bytes.slice(..printed.len()), "{name}");
        }
    }
}

#[test]
fn a_port_is_what_stands_behind_the_bracket() {
    let (good, _) = request(&vector("rfc5118", "ipv6-good"));
    let (ambiguous, _) = request(&vector("rfc5118", "port-ambiguous"));
    let (unambiguous, _) = request(&vector("rfc5118", "port-unambiguous"));

    let parts = |request: &sip_signaling::Request| {
        let uri = request.uri.as_sip().expect("sip");
        (uri.host().clone(), uri.port())
    };
    assert_eq!(parts(&good), (v6("2001:db8::10"), None));
    assert_eq!(parts(&ambiguous), (v6("2001:db8::10:5070"), None));
    assert_eq!(parts(&unambiguous), (v6("2001:db8::10"), Some(5070)));
}

#[test]
fn two_and_three_colons_before_an_embedded_address_are_one_host() {
    let (two, _) = request(&vector("rfc5118", "ipv6-correct-abnf-2-colons"));
    let (three, _) = request(&vector("rfc5118", "ipv6-bug-abnf-3-colons"));

    assert_eq!(two.uri.as_sip().expect("sip").host(), &v6("2001:db8::192.0.2.1"));
    assert_eq!(three.uri.as_sip().expect("sip").host(), &v6("2001:db8::192.0.2.1"));
}

#[test]
fn received_is_an_address_with_and_without_brackets() {
    let expected: Option<IpAddr> = "2001:db8::9:255".parse().ok();

    for name in ["via-received-param-no-delim", "via-received-param-with-delim"] {
        let (_, head) = request(&vector("rfc5118", name));
        assert_eq!(head.via.received(), expected, "{name}");
    }
}

#[test]
fn both_families_stand_in_one_message() {
    let (mapped, head) = request(&vector("rfc5118", "ipv4-mapped-ipv6"));
    assert_eq!((&head.via.host, head.via.port), (&v6("::ffff:192.0.2.10"), Some(19823)));
    assert_eq!(head.contact.expect("a Contact").display().as_deref(), Some("T. desk phone"));
    assert_eq!(mapped.body.len(), 236);

    let (several, _) = request(&vector("rfc5118", "mult-ip-in-header"));
    let hosts: Vec<_> = several.headers.read_all::<Via>().map(|via| via.unwrap().host).collect();
    assert_eq!(hosts, [v6("2001:db8::9:1"), Host::V4([192, 0, 2, 1].into()), v6("2001:db8::9:255")]);
}
