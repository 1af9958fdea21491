//! Toll fraud by what peers write: the numbers of callers, keys in INFO, REFER.
use dial_plan::{DialPermissionsPatch, PolicyPatch};

use super::{
    super::{visit::*, *},
    rules::rule,
};

/// Whoever may dial here may dial every number of two digits and more, with and without a plus.
fn open_to_the_world() -> Vec<SiteChange> {
    let allowed_groups = Some(vec![name("world")]);
    let dialling = DialPermissionsPatch { allowed_groups, ..DialPermissionsPatch::default() };
    let plan = DialPlanPatch {
        access_numbers: Some(vec![number(DIALLED)]),
        dialling: dialling.clone(),
        ..DialPlanPatch::default()
    };
    vec![
        rule("hq", "world", "x*", "x*"),
        rule("hq", "world", "+x*", "+x*"),
        set_plan(plan),
        set_policy(PolicyPatch { dialling, ..PolicyPatch::default() }),
    ]
}

/// The number that is kept with a message of a caller with this user part.
fn kept(user: &str) -> Option<String> {
    let mut visit = Visit::of(rig_with(&[], &[]), &Town::of(&[("4001", "Ada Example")]), user, "4001");
    visit.does(".");
    let header = visit.asked.iter().find_map(|asked| match asked {
        StoreRequestKind::BeginRecording { header, .. } => Some(header.caller.clone()),
        _ => None,
    });
    header.expect("a recording")
}

/// What leaves when 4001 calls the sender of such a message.
fn called_back(caller: Option<String>, rules: &[SiteChange]) -> Visit {
    let mut town = Town::of(&[("4001", "Ada Example")]);
    town.caller = caller;
    let mut all = vec![set_plan(DialPlanPatch {
        access_numbers: Some(vec![number(DIALLED)]),
        ..DialPlanPatch::default()
    })];
    all.extend_from_slice(rules);
    let mut visit = Visit::new(rig_with(&all, &[]), &town);
    visit.does(&format!(".4001,.{PIN}#.1.002"));
    visit
}

#[test]
fn number_of_a_caller_is_dialled_only_if_it_is_digits_and_the_rules_allow_them() {
    let nines = |count: usize| "9".repeat(count);
    // The user part in From, what is kept of it, and whom the owner may call back where every number is allowed.
    let rows: Vec<(String, Option<String>, Option<String>)> = [
        ("95550100", Some("95550100"), Some("95550100")),
        ("+19005550100", Some("+19005550100"), Some("+19005550100")),
        ("%2B19005550100", Some("+19005550100"), Some("+19005550100")),
        ("%39%35%35%35%30%31%30%30", Some("95550100"), Some("95550100")),
        ("95550100;phone-context=+1900", Some("95550100"), Some("95550100")),
        ("95550100;phone-context=evil.example", Some("95550100"), Some("95550100")),
        ("sip%3Ax%40evil", Some("sip:x@evil"), None),
        ("95550100%40evil", Some("95550100@evil"), None),
        ("%23", Some("#"), None),
        ("%2372", Some("#72"), None),
        ("*72", Some("*72"), None),
        ("%2A7295550100", Some("*7295550100"), None),
        ("bob", Some("bob"), None),
        ("9555o100", Some("9555o100"), None),
        ("+", Some("+"), None),
        ("++49", Some("++49"), None),
        ("49+49", Some("49+49"), None),
        ("1-900-555-0100", Some("1-900-555-0100"), None),
        ("95550100%20", Some("95550100 "), None),
        ("95550100?Replaces=1", Some("95550100?Replaces=1"), None),
        ("95550100,,1", Some("95550100,,1"), None),
        ("%D9%A9%D9%A5%D9%A5", Some("\u{669}\u{665}\u{665}"), None),
        ("anonymous", None, None),
    ]
    .map(|(user, kept, called): (&str, Option<&str>, Option<&str>)| {
        (user.to_owned(), kept.map(str::to_owned), called.map(str::to_owned))
    })
    .into_iter()
    .chain([
        (nines(32), Some(nines(32)), Some(nines(32))),
        (nines(33), Some(nines(33)), None),
        (nines(300), Some(nines(300)), None),
    ])
    .collect();
    for (user, expected, number) in rows {
        let kept = kept(&user);
        assert_eq!(kept, expected, "{user}");

        let open = called_back(kept.clone(), &open_to_the_world());
        let closed = called_back(kept, &[]);

        let refers: Vec<String> = open.refers().into_iter().map(|(to, _)| to).collect();
        let expected = number.map(|number| format!("<sip:{number}@127.0.0.1:6000;user=phone>"));
        assert_eq!(refers, Vec::from_iter(expected), "{user}");
        assert_eq!(closed.refers(), [], "{user}");
        assert!(!closed.has_hung_up(), "{user}");
    }
}

#[test]
fn number_of_a_caller_cannot_break_out_of_its_header() {
    // As a store would keep them that an older version or another program has filled.
    for caller in [
        "95550100>\r\nRefer-To: <sip:x@evil",
        "95550100\0",
        "95550100;tgrp=evil",
        "95550100@evil",
        "95550100\u{2028}",
        "",
    ] {
        let visit = called_back(Some(caller.to_owned()), &open_to_the_world());

        assert_eq!(visit.refers(), [], "{caller:?}");
        assert!(visit.hears(&[said("call-not-allowed")]), "{caller:?}: {:?}", visit.last_words());
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_stands_as_the_number_of_a_caller_only_a_number_of_digits_is_dialled(
        caller in "([0-9+]{1,34}|[0-9*#+;@<>? \r\n%\u{0}x\u{661}]{0,12})"
    ) {
        let visit = called_back(Some(caller.clone()), &open_to_the_world());

        let digits = caller.strip_prefix('+').unwrap_or(&caller);
        let is_number = (2..=32).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        let expected = is_number.then(|| format!("<sip:{caller}@127.0.0.1:6000;user=phone>"));
        let refers: Vec<String> = visit.refers().into_iter().map(|(to, _)| to).collect();
        proptest::prop_assert_eq!(refers, Vec::from_iter(expected), "{:?}", caller);
    }
}

/// The attendant whose key 1 leads out, and may.
fn key_leads_out() -> Visit {
    let allowed_groups = Some(vec![name("world")]);
    let mut main = attendant("main", &[DIALLED]);
    key(&mut main, "1", "transfer:95550100");
    let dialling = DialPermissionsPatch { allowed_groups, ..DialPermissionsPatch::default() };
    let patch = dial_plan::AttendantPatch { dialling, ..dial_plan::AttendantPatch::default() };
    let changes = [
        rule("hq", "world", "x*", "x*"),
        create(main),
        SiteChange::SetAttendant { name: "main".into(), patch: Box::new(patch) },
    ];
    let mut visit = Visit::new(rig_with(&changes, &[]), &Town::of(&[]));
    visit.hear();
    visit
}

/// A request of the gateway in the call, or out of every call if it has no tag of ours.
fn request(visit: &mut Visit, (method, cseq): (&str, u32), headers: &str, body: &str) -> String {
    let n = visit.rig.invites;
    let (to, call) = match visit.tag.as_str() {
        "" => (String::new(), format!("stray{cseq}")),
        tag => (format!(";tag={tag}"), format!("c{n}")),
    };
    let outputs = visit.rig.message(&format!(
        "{method} sip:um@127.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 127.0.0.1:6000;branch=z9hG4bK{method}{cseq}\n\
         From: <sip:2002@127.0.0.1>;tag=f2\nTo: <sip:5000@127.0.0.1>{to}\nCall-ID: {call}\n\
         CSeq: {cseq} {method}\nContact: <sip:2002@127.0.0.1:6000>\n{headers}Content-Length: {}\n\n{body}",
        body.len() + body.matches('\n').count()
    ));
    let answer = status_line(&outputs);
    visit.note(outputs);
    answer
}

#[test]
fn info_with_odd_characters_presses_no_key() {
    let mut visit = key_leads_out();
    let odd = [
        "Signal=+\n",
        "Signal=%31\n",
        "Signal=1x\n",
        "Signal=\u{661}\n",
        "Signal=\n",
        "Signal\n",
        "Signal=1@evil\n",
        "Signal=sip:95550100@evil\n",
        "Signal=!\n",
        "Signal=16\n",
        "Signal=-1\n",
        "Signal=01\n",
        "Signal=1,1\n",
        "Signal= \n",
        "\n",
        "1\n",
        "Digit=1\n",
    ];
    for (cseq, body) in (2..).zip(odd) {
        let answer = request(&mut visit, ("INFO", cseq), "Content-Type: application/dtmf-relay\n", body);
        assert_eq!(answer, "SIP/2.0 200 OK", "{body:?}");
        assert_eq!(visit.played.len(), 1, "{body:?}");
    }
    // Not the type of a key.
    request(&mut visit, ("INFO", 90), "Content-Type: text/plain\n", "Signal=1\n");
    visit.wait(Duration::from_secs(2));
    assert_eq!((visit.refers(), visit.played.len()), (Vec::new(), 1));

    request(&mut visit, ("INFO", 91), "Content-Type: application/dtmf-relay\n", "Signal=1\n");
    visit.does(",.");

    let refer_to = "<sip:95550100@127.0.0.1:6000;user=phone>".to_owned();
    assert_eq!(visit.refers(), [(refer_to, "<sip:um.example.com>".to_owned())]);
}

#[test]
fn refer_of_a_peer_moves_nobody_in_a_call_and_out_of_every_call() {
    let headers = "Refer-To: <sip:95550100@evil.example>\nReferred-By: <sip:4001@um.example.com>\n";
    let mut visit = key_leads_out();

    let within = request(&mut visit, ("REFER", 2), headers, "");
    visit.tag.clear();
    let without = request(&mut visit, ("REFER", 3), headers, "");
    visit.wait(Duration::from_millis(500));

    assert!(within.starts_with("SIP/2.0 405 "), "{within}");
    assert!(without.starts_with("SIP/2.0 405 "), "{without}");
    assert_eq!(visit.refers(), []);
    let invited = visit.sent.iter().any(|text| text.starts_with("INVITE ") || text.contains("evil"));
    assert!(!invited, "{:?}", visit.sent);
    assert!(!visit.has_hung_up());
}

#[test]
fn a_caller_is_referred_to_the_domain_of_the_gateway_or_to_its_contact_and_nowhere_else() {
    let rows = [
        ("", "<sip:2002@127.0.0.1:6000>", "<sip:4002@127.0.0.1:6000;user=phone>"),
        ("", "<sip:127.0.0.1>", "<sip:4002@127.0.0.1;user=phone>"),
        ("", "<sip:2002@pbx.example;transport=tcp>", "<sip:4002@pbx.example;transport=tcp;user=phone>"),
        // Nothing of it but host, port and transport.
        (
            "",
            "\"<sip:x@evil>\" <sip:95550100:pw@pbx.example:5070;user=ip;method=BYE;maddr=192.0.2.1?Replaces=1>;expires=9",
            "<sip:4002@pbx.example:5070;user=phone>",
        ),
        (
            "pbx.example.com",
            "<sip:2002@evil.example:5070;transport=tcp>",
            "<sip:4002@pbx.example.com;user=phone>",
        ),
    ];
    for (domain, contact, expected) in rows {
        let patch = GatewayPatch { refer_domain: Some(domain.into()), ..GatewayPatch::default() };
        let mut main = attendant("main", &[DIALLED]);
        key(&mut main, "1", "transfer:4002");
        let changes = [create(main), SiteChange::SetGateway { name: "gw1".into(), patch }];
        let town = Town::of(&[("4002", "Tony Smith")]);
        let mut visit = Visit::with_contact(rig_with(&changes, &[]), &town, ("2002", DIALLED), contact);

        visit.does("1,.");

        assert_eq!(visit.refers(), [(expected.to_owned(), "<sip:um.example.com>".to_owned())], "{contact}");
    }
}
