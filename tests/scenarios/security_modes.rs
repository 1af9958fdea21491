//! docs/security-modes.md over the real server, cell by cell: section 2 (mode against transport), section 3 (offer against
//! mode) and section 6 (OPTIONS).

use caller::{CallOutcome, EndedBy, Line, MediaOffer, Scheme, SrtpSuite, TlsVersion, Transport};
use um_tests::{Mode, ThreePlans};

const TRANSPORTS: [Transport; 3] = [Transport::Udp, Transport::Tcp, Transport::Tls];

/// What a plan of section 2 says to a transport: `None` goes on.
fn refusal(mode: Mode, transport: Transport) -> Option<&'static str> {
    const USE_CLEAR: &str = "point the gateway at port 5060 (UDP or TCP)";
    const USE_TLS: &str = "point the gateway at port 5061 (TLS)";
    match (mode, transport) {
        (Mode::Unsecured, Transport::Udp | Transport::Tcp) => None,
        (Mode::Unsecured, Transport::Tls) => Some(USE_CLEAR),
        (Mode::SipSecured | Mode::Secured, Transport::Udp | Transport::Tcp) => Some(USE_TLS),
        (Mode::SipSecured | Mode::Secured, Transport::Tls) => None,
    }
}

fn name_of(mode: Mode) -> &'static str {
    match mode {
        Mode::Unsecured => "Unsecured",
        Mode::SipSecured => "SIPSecured",
        Mode::Secured => "Secured",
    }
}

fn word_of(transport: Transport) -> &'static str {
    match transport {
        Transport::Udp => "UDP",
        Transport::Tcp => "TCP",
        Transport::Tls => "mutual TLS",
    }
}

/// The lines of the final answer's body.
fn body(outcome: &CallOutcome) -> Vec<String> {
    let answer = String::from_utf8_lossy(&outcome.final_answer).into_owned();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    body.lines().map(str::to_owned).collect()
}

/// The `m=` lines of the answer, with `*` for a port that is not 0.
fn media(outcome: &CallOutcome) -> Vec<String> {
    let lines = body(outcome).into_iter().filter(|line| line.starts_with("m="));
    let shown = lines.map(|line| {
        let words: Vec<&str> = line.split(' ').collect();
        let port = if words[1] == "0" { "0" } else { "*" };
        [&[words[0], port], &words[2..]].concat().join(" ")
    });
    shown.collect()
}

fn header(answer: &[u8], name: &str) -> Option<String> {
    let answer = String::from_utf8_lossy(answer).into_owned();
    answer.lines().find_map(|line| Some(line.strip_prefix(name)?.strip_prefix(": ")?.to_owned()))
}

#[tokio::test]
async fn each_mode_takes_its_transports_and_refuses_the_others_with_words_and_an_event() {
    let three = ThreePlans::start();
    for mode in Mode::ALL {
        for transport in TRANSPORTS {
            let cell = format!("{} over {}", name_of(mode), word_of(transport));

            let mut plan = three.call(mode, transport);
            if (mode, transport) == (Mode::Secured, Transport::Tls) {
                plan.media = three.secured_call(&SrtpSuite::ALL).media;
            }

            let outcome = caller::place_call(plan).await.unwrap();

            let Some(remedy) = refusal(mode, transport) else {
                assert_eq!((outcome.status, outcome.ended_by), (200, EndedBy::Caller), "{cell}: {outcome:?}");
                continue;
            };
            let words = format!(
                "dial plan {} is {}; this call came over {}: {remedy}",
                mode.word(),
                name_of(mode),
                word_of(transport)
            );
            assert_eq!((outcome.status, outcome.ended_by), (403, EndedBy::Refusal), "{cell}: {outcome:?}");
            assert_eq!(outcome.reason, Some(format!("Q.850;cause=21;text=\"{words}\"")), "{cell}");
            assert_eq!(outcome.warning, Some(format!("399 um.test \"{words}\"")), "{cell}");
            let event = three.server.event(1021, |fields| fields["reason"] == words);
            let fields = &event["fields"];
            assert_eq!((&fields["status"], &fields["gateway"]), (&"403".into(), &"gw1".into()), "{cell}");
            assert_eq!(fields["transport"], word_of(transport), "{cell}");
        }
    }
}

/// A row of section 3 for some of the modes: media lines of an offer, and what answers them.
struct Row(&'static str, &'static str, Answer);

enum Answer {
    /// 200 with these `m=` lines.
    Taken(&'static [&'static str]),
    /// 488 with this code of Warning and these words in it.
    Refused(u16, &'static str),
}

use Answer::{Refused, Taken};

const CRYPTO: &str =
    "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20|1:4\r\n";

const CLEAR_ROWS: &[Row] = &[
    Row("RTP/AVP", "m=audio {port} RTP/AVP 0\r\n", Taken(&["m=audio * RTP/AVP 0"])),
    Row("RTP/AVP + crypto", "m=audio {port} RTP/AVP 0\r\n{crypto}", Taken(&["m=audio * RTP/AVP 0"])),
    Row("RTP/AVPF", "m=audio {port} RTP/AVPF 8\r\n", Taken(&["m=audio * RTP/AVPF 8"])),
    Row("RTP/AVPF + crypto", "m=audio {port} RTP/AVPF 8\r\n{crypto}", Taken(&["m=audio * RTP/AVPF 8"])),
    Row("RTP/SAVP + crypto", "m=audio {port} RTP/SAVP 0\r\n{crypto}", Refused(302, "turn SRTP off")),
    Row("RTP/SAVPF + crypto", "m=audio {port} RTP/SAVPF 0\r\n{crypto}", Refused(302, "turn SRTP off")),
    Row("RTP/SAVP", "m=audio {port} RTP/SAVP 0\r\n", Refused(302, "turn SRTP off")),
    Row(
        "UDP/TLS/RTP/SAVP",
        "m=audio {port} UDP/TLS/RTP/SAVP 0\r\na=setup:actpass\r\n",
        Refused(302, "DTLS-SRTP"),
    ),
    Row("UDP/TLS/RTP/SAVPF", "m=audio {port} UDP/TLS/RTP/SAVPF 0\r\n", Refused(302, "DTLS-SRTP")),
    Row(
        "several, the second acceptable",
        "m=audio {port} RTP/SAVP 0\r\n{crypto}m=audio {port} RTP/AVP 0\r\n",
        Taken(&["m=audio 0 RTP/SAVP 0", "m=audio * RTP/AVP 0"]),
    ),
    Row(
        "several, both acceptable",
        "m=audio {port} RTP/AVP 8\r\nm=audio {port} RTP/AVP 0\r\n",
        Taken(&["m=audio * RTP/AVP 8", "m=audio 0 RTP/AVP 0"]),
    ),
    Row(
        "capabilities beside RTP/AVP",
        "m=audio {port} RTP/AVP 0\r\na=tcap:1 RTP/SAVP\r\na=acap:1 crypto:1 X inline:x\r\na=pcfg:1 t=1 a=1\r\n",
        Taken(&["m=audio * RTP/AVP 0"]),
    ),
    Row(
        "capabilities beside RTP/SAVP",
        "m=audio {port} RTP/SAVP 0\r\na=tcap:1 RTP/AVP\r\na=pcfg:1 t=1\r\n",
        Refused(302, "capability negotiation"),
    ),
    Row("m=image alone", "m=image {port} udptl t38\r\n", Refused(399, "T.38")),
    Row(
        "other media beside audio",
        "m=video {port} RTP/AVP 96 97\r\nm=audio {port} RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n\
         m=image {port} udptl t38\r\n",
        Taken(&["m=video 0 RTP/AVP 96 97", "m=audio * RTP/AVP 0 101", "m=image 0 udptl t38"]),
    ),
    Row("m=audio 0 alone", "m=audio 0 RTP/AVP 0\r\n", Refused(399, "port 0")),
    Row("no codec of ours", "m=audio {port} RTP/AVP 18\r\na=rtpmap:18 G729/8000\r\n", Refused(305, "PCMU")),
];

/// A usable line without lifetime and MKI, which the caller could protect media with.
const USABLE: &str = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\r\n";

const SECURED_ROWS: &[Row] = &[
    Row("RTP/AVP", "m=audio {port} RTP/AVP 0\r\n", Refused(302, "turn SRTP with SDES keys on")),
    Row("RTP/AVP + crypto", "m=audio {port} RTP/AVP 0\r\n{crypto}", Taken(&["m=audio * RTP/AVP 0"])),
    Row(
        "RTP/AVP + crypto of Microsoft",
        "m=audio {port} RTP/AVP 0\r\n{crypto}a=encryption:required\r\n",
        Taken(&["m=audio * RTP/SAVP 0"]),
    ),
    Row("RTP/AVPF", "m=audio {port} RTP/AVPF 8\r\n", Refused(302, "turn SRTP with SDES keys on")),
    Row("RTP/AVPF + crypto", "m=audio {port} RTP/AVPF 8\r\n{crypto}", Taken(&["m=audio * RTP/AVPF 8"])),
    Row("RTP/SAVP + crypto", "m=audio {port} RTP/SAVP 0\r\n{crypto}", Taken(&["m=audio * RTP/SAVP 0"])),
    Row("RTP/SAVPF + crypto", "m=audio {port} RTP/SAVPF 0\r\n{crypto}", Taken(&["m=audio * RTP/SAVPF 0"])),
    Row("RTP/SAVP", "m=audio {port} RTP/SAVP 0\r\n", Refused(302, "by SDES")),
    Row(
        "UDP/TLS/RTP/SAVP",
        "m=audio {port} UDP/TLS/RTP/SAVP 0\r\na=setup:actpass\r\n",
        Refused(302, "DTLS-SRTP"),
    ),
    Row("UDP/TLS/RTP/SAVPF", "m=audio {port} UDP/TLS/RTP/SAVPF 0\r\n", Refused(302, "DTLS-SRTP")),
    Row(
        "several, SAVP before AVP whatever their order",
        "m=audio {port} RTP/AVP 0\r\n{crypto}m=audio {port} RTP/SAVP 8\r\n{crypto}",
        Taken(&["m=audio 0 RTP/AVP 0", "m=audio * RTP/SAVP 8"]),
    ),
    Row(
        "capabilities beside RTP/AVP",
        "m=audio {port} RTP/AVP 0\r\na=tcap:1 RTP/SAVP\r\na=acap:1 crypto:1 X inline:x\r\na=pcfg:1 t=1 a=1\r\n",
        Refused(302, "capability negotiation"),
    ),
    Row("m=image alone", "m=image {port} udptl t38\r\n", Refused(399, "T.38")),
    Row(
        "other media beside audio",
        "m=video {port} RTP/AVP 96 97\r\nm=audio {port} RTP/SAVP 0\r\n{crypto}m=image {port} udptl t38\r\n",
        Taken(&["m=video 0 RTP/AVP 96 97", "m=audio * RTP/SAVP 0", "m=image 0 udptl t38"]),
    ),
    Row("m=audio 0 alone", "m=audio 0 RTP/SAVP 0\r\n{crypto}", Refused(399, "port 0")),
    Row("hold", "m=audio {port} RTP/SAVP 0\r\na=sendonly\r\n{crypto}", Taken(&["m=audio * RTP/SAVP 0"])),
];

#[tokio::test]
async fn offer_is_held_against_clear_plans_row_by_row() {
    let three = ThreePlans::start();
    for (mode, transport) in [(Mode::Unsecured, Transport::Udp), (Mode::SipSecured, Transport::Tls)] {
        for row in CLEAR_ROWS {
            hold_against(&three, mode, transport, row, CRYPTO).await;
        }
    }
}

#[tokio::test]
async fn offer_is_held_against_a_secured_plan_row_by_row() {
    let three = ThreePlans::start();
    for row in SECURED_ROWS {
        hold_against(&three, Mode::Secured, Transport::Tls, row, USABLE).await;
    }
}

/// Places the call of one cell; the answer has a key line exactly if the plan is Secured.
async fn hold_against(three: &ThreePlans, mode: Mode, transport: Transport, row: &Row, crypto: &str) {
    let Row(name, lines, answer) = row;
    let cell = format!("{name} to {}", name_of(mode));
    let mut plan = three.call(mode, transport);
    plan.media = MediaOffer::Written(lines.replace("{crypto}", crypto));

    let outcome = caller::place_call(plan).await.unwrap_or_else(|error| panic!("{cell}: {error:#}"));

    match answer {
        Taken(expected) => {
            assert_eq!((outcome.status, outcome.ended_by), (200, EndedBy::Caller), "{cell}: {outcome:?}");
            assert_eq!(media(&outcome), *expected, "{cell}");
            let keys = body(&outcome).iter().filter(|line| line.contains("crypto")).count();
            assert_eq!(keys, usize::from(mode == Mode::Secured), "{cell}: {:?}", body(&outcome));
        }
        Refused(code, words) => {
            assert_eq!((outcome.status, outcome.ended_by), (488, EndedBy::Refusal), "{cell}: {outcome:?}");
            let reason = outcome.reason.unwrap_or_default();
            assert!(reason.starts_with("Q.850;cause=88;text=\"dial plan "), "{cell}: {reason}");
            let said = reason.trim_start_matches("Q.850;cause=88;text=").trim_matches('"');
            let event = three.server.event(1021, |fields| fields["reason"] == said);
            assert_eq!(event["fields"]["status"], "488", "{cell}: {event}");
            let warning = outcome.warning.unwrap_or_default();
            assert!(warning.starts_with(&format!("{code} um.test \"")), "{cell}: {warning}");
            assert!(warning.contains(words) && warning.contains(name_of(mode)), "{cell}: {warning}");
        }
    }
}

#[tokio::test]
async fn each_form_of_hold_is_taken_and_mirrored() {
    let three = ThreePlans::start();
    for (form, direction) in [
        ("m=audio {port} RTP/AVP 0\r\na=sendonly\r\n", "a=recvonly"),
        ("m=audio {port} RTP/AVP 0\r\na=inactive\r\n", "a=inactive"),
        ("m=audio {port} RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\n", "a=recvonly"),
    ] {
        for (mode, transport) in [(Mode::Unsecured, Transport::Tcp), (Mode::SipSecured, Transport::Tls)] {
            let mut plan = three.call(mode, transport);
            plan.media = MediaOffer::Written(form.to_owned());

            let outcome = caller::place_call(plan).await.unwrap();

            assert_eq!((outcome.status, outcome.ended_by), (200, EndedBy::Caller), "{form}: {outcome:?}");
            assert_eq!(media(&outcome), ["m=audio * RTP/AVP 0"], "{form}");
            let directions = ["a=sendrecv", "a=sendonly", "a=recvonly", "a=inactive"];
            let said: Vec<String> =
                body(&outcome).into_iter().filter(|line| directions.contains(&line.as_str())).collect();
            assert_eq!(said, [direction], "{form}");
        }
    }
}

#[tokio::test]
async fn contact_shows_the_name_on_tls_and_the_address_elsewhere_in_the_scheme_of_the_call() {
    let three = ThreePlans::start();
    let (clear, tls) = (three.server.sip().port(), three.server.sip_over_tls().port());
    for (mode, transport, scheme, contact) in [
        (Mode::Unsecured, Transport::Udp, Scheme::Sip, format!("<sip:127.0.0.1:{clear}>")),
        (Mode::Unsecured, Transport::Tcp, Scheme::Sip, format!("<sip:127.0.0.1:{clear};transport=tcp>")),
        (Mode::SipSecured, Transport::Tls, Scheme::Sip, format!("<sip:um.test:{tls};transport=tls>")),
        (Mode::SipSecured, Transport::Tls, Scheme::Sips, format!("<sips:um.test:{tls}>")),
    ] {
        let mut plan = three.call(mode, transport);
        plan.scheme = scheme;

        let outcome = caller::place_call(plan).await.unwrap();

        assert_eq!(outcome.status, 200, "{contact}: {outcome:?}");
        assert_eq!(header(&outcome.final_answer, "Contact"), Some(contact));
    }
}

#[tokio::test]
async fn sips_in_the_clear_is_480() {
    let three = ThreePlans::start();
    for transport in [Transport::Udp, Transport::Tcp] {
        let mut plan = three.call(Mode::Unsecured, transport);
        plan.scheme = Scheme::Sips;

        let outcome = caller::place_call(plan).await.unwrap();

        assert_eq!(outcome.status, 480, "{transport:?}: {outcome:?}");
        let warning = outcome.warning.unwrap_or_default();
        assert!(warning.starts_with("380 um.test \""), "{transport:?}: {warning}");
    }
}

#[tokio::test]
async fn options_of_a_known_gateway_is_200_where_one_of_its_plans_takes_calls() {
    let three = ThreePlans::start();
    for transport in TRANSPORTS {
        let mut line = Line::open(three.call(Mode::Unsecured, transport)).await.unwrap();

        let answer = line.options().await.unwrap();

        assert_eq!(answer.status, 200, "{transport:?}: {answer:?}");
        for name in ["Allow", "Accept", "Accept-Encoding", "Accept-Language"] {
            assert!(header(&answer.bytes, name).is_some(), "{transport:?}: no {name}");
        }
        let version = (transport == Transport::Tls).then_some(TlsVersion::Tls13);
        assert_eq!(line.tls_version(), version);
    }
}

#[tokio::test]
async fn options_is_403_with_a_warning_where_no_plan_of_the_gateway_takes_calls() {
    let three = ThreePlans::start();
    three.server.um_ok(&["dialplan", "set", "unsecured", "--voip-security", "secured"]);
    for transport in [Transport::Udp, Transport::Tcp] {
        let mut line = Line::open(three.call(Mode::Unsecured, transport)).await.unwrap();

        let answer = line.options().await.unwrap();

        assert_eq!(answer.status, 403, "{transport:?}: {answer:?}");
        let words =
            format!("399 um.test \"no dial plan of this gateway takes calls over {}\"", word_of(transport));
        assert_eq!(answer.warning, Some(words));
    }
}
