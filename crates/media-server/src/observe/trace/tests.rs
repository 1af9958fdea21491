use super::*;

fn hop(gateways: &[&str]) -> Hop {
    Hop {
        way: Way::In,
        transport: Transport::Tls,
        peer: SocketAddr::from(([192, 0, 2, 1], 5061)),
        gateways: gateways.iter().map(|name| PeerName::from(*name)).collect(),
    }
}

fn request(call_id: &str) -> String {
    format!("OPTIONS sip:um SIP/2.0\r\nCall-ID: {call_id}\r\nCSeq: 1 OPTIONS\r\n\r\n")
}

fn record(trace: &Trace, gateways: &[&str], message: &str) {
    trace.record(hop(gateways), message.as_bytes(), Timestamp::UNIX_EPOCH);
}

fn call_ids(trace: &Trace, wanted: Wanted<'_>) -> Vec<String> {
    trace.messages(&wanted).iter().map(|message| message.call_id().unwrap_or_default()).collect()
}

fn octets(trace: &Trace) -> usize {
    trace.rings().by_gateway.values().map(|ring| ring.octets).sum()
}

#[test]
fn message_is_kept_with_all_that_is_asked_of_a_row_and_without_its_key() {
    let trace = Trace::default();
    let message = "SIP/2.0 200 OK\r\ni : c1@gw\r\n\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAECAwQFBgcICQoLDA0O\r\n";

    record(&trace, &["gw1", "gw2"], message);

    let row = trace.messages(&Wanted::default())[0].row();
    assert_eq!((row.sequence, row.direction.as_str(), row.transport.as_str()), (1, "in", "TLS"));
    assert_eq!((row.peer.as_str(), row.call_id.as_deref()), ("192.0.2.1:5061", Some("c1@gw")));
    assert_eq!((row.gateways.join(" ").as_str(), row.octets, row.cut), ("gw1 gw2", message.len(), false));
    assert_eq!(
        row.text,
        "SIP/2.0 200 OK\ni : c1@gw\n\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:[blanked]\n"
    );
}

#[test]
fn messages_are_found_by_gateway_by_call_and_behind_a_place_and_strangers_leave_none() {
    let trace = Trace::default();
    for (gateways, call_id) in
        [(&["gw1"][..], "a"), (&["gw2"], "b"), (&[], "c"), (&["gw2", "gw1"], "d"), (&["gw1"], "b")]
    {
        record(&trace, gateways, &request(call_id));
    }
    record(&trace, &["gw3"], "OPTIONS sip:um SIP/2.0\r\nCALL-ID:\r\n folded\r\n\r\n");

    assert_eq!(call_ids(&trace, Wanted::default()), ["a", "b", "d", "b", "folded"]);
    assert_eq!(call_ids(&trace, Wanted { gateway: Some("gw1"), ..Wanted::default() }), ["a", "d", "b"]);
    assert_eq!(call_ids(&trace, Wanted { call_id: Some("b"), ..Wanted::default() }), ["b", "b"]);
    assert_eq!(call_ids(&trace, Wanted { after: 3, ..Wanted::default() }), ["b", "folded"]);
}

#[test]
fn gateway_has_a_thousand_messages_and_a_mebibyte_and_the_oldest_go() {
    let trace = Trace::default();

    (0..1_500).for_each(|number| record(&trace, &["gw1"], &request(&number.to_string())));

    let kept = call_ids(&trace, Wanted::default());
    assert_eq!((kept.len(), kept[0].as_str(), kept[999].as_str()), (1_000, "500", "1499"));
    let long = request(&"x".repeat(4_000));
    (0..1_500).for_each(|_| record(&trace, &["gw1"], &long));
    assert!(octets(&trace) <= 1_048_576, "{}", octets(&trace));
    assert!(trace.messages(&Wanted::default()).len() > 200);
}

#[test]
fn message_above_eight_kibibytes_is_cut_and_marked() {
    let trace = Trace::default();

    record(&trace, &["gw1"], &request(&"x".repeat(8_192)));
    let exact = format!("{}{}", request("y"), "z".repeat(8_192 - request("y").len()));
    record(&trace, &["gw1"], &exact);

    let rows: Vec<_> = trace.messages(&Wanted::default()).iter().map(|message| message.row()).collect();
    assert_eq!((rows[0].cut, rows[1].cut), (true, false));
    assert_eq!(rows[0].octets, request("").len() + 8_192);
    assert_eq!(trace.messages(&Wanted::default())[0].octets.len(), 8_192);
}

#[test]
fn many_gateways_share_what_all_may_have_together() {
    let trace = Trace::default();
    let long = request(&"x".repeat(4_000));
    for number in 0..100 {
        (0..90).for_each(|_| record(&trace, &[format!("gw{number}").as_str()], &long));
    }

    assert!(octets(&trace) <= OCTETS, "{}", octets(&trace));
    assert_eq!(trace.rings().by_gateway.len(), 100);
    let first = trace.messages(&Wanted { gateway: Some("gw0"), ..Wanted::default() });
    assert!(first.len() > 50, "{}", first.len());
}

#[test]
fn gateway_that_has_been_silent_for_the_longest_makes_place_for_the_4097th() {
    let trace = Trace::default();

    for number in 0..=4_096 {
        record(&trace, &[format!("gw{number}").as_str()], &request("a"));
    }

    let of = |gateway| trace.messages(&Wanted { gateway: Some(gateway), ..Wanted::default() }).len();
    assert_eq!((of("gw0"), of("gw1"), of("gw4096")), (0, 1, 1));
}

#[test]
fn number_of_a_call_leads_to_its_call_id_until_4096_others_have_come() {
    let trace = Trace::default();
    trace.note_call(1, "first@gw");
    trace.note_call(1, "other@gw");
    assert_eq!(trace.call_id(1).as_deref(), Some("first@gw"));

    (2..=4_097).for_each(|number| trace.note_call(number, "x"));

    assert_eq!((trace.call_id(1), trace.call_id(2).as_deref()), (None, Some("x")));
}

#[tokio::test]
async fn who_follows_is_told_of_the_next_message() {
    let trace = Trace::default();
    let mut news = std::pin::pin!(trace.news());
    assert!(!news.as_mut().enable());

    record(&trace, &["gw1"], &request("a"));

    news.await;
}
