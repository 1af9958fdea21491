//! Section 2: signalling against the plan's mode.

use caller::{Scheme, Transport};
use um_tests::{Mode, ScriptedGateway, ThreePlans};

use super::{Said, TRANSPORTS, media, name_of, word_of};

/// A cell of the table: what a plan says to a transport.
struct Cell {
    mode: Mode,
    transport: Transport,
    answer: Answer,
}

enum Answer {
    GoOn,
    /// 403: the gateway is to be pointed at the port of UDP and TCP.
    UseClear,
    /// 403: the gateway is to be pointed at the port of TLS.
    UseTls,
}

use Answer::{GoOn, UseClear, UseTls};

#[rustfmt::skip]
const TABLE: [Cell; 9] = [
    Cell { mode: Mode::Unsecured, transport: Transport::Udp, answer: GoOn },
    Cell { mode: Mode::Unsecured, transport: Transport::Tcp, answer: GoOn },
    Cell { mode: Mode::Unsecured, transport: Transport::Tls, answer: UseClear },
    Cell { mode: Mode::SipSecured, transport: Transport::Udp, answer: UseTls },
    Cell { mode: Mode::SipSecured, transport: Transport::Tcp, answer: UseTls },
    Cell { mode: Mode::SipSecured, transport: Transport::Tls, answer: GoOn },
    Cell { mode: Mode::Secured, transport: Transport::Udp, answer: UseTls },
    Cell { mode: Mode::Secured, transport: Transport::Tcp, answer: UseTls },
    Cell { mode: Mode::Secured, transport: Transport::Tls, answer: GoOn },
];

#[tokio::test]
async fn each_mode_takes_its_transports_and_refuses_the_others_with_words_and_an_event() {
    let three = ThreePlans::start();
    let (clear, tls) = (three.server.sip().port(), three.server.sip_over_tls().port());
    let mut said = Said::default();
    for Cell { mode, transport, answer: expected } in TABLE {
        let cell = format!("{} over {}", name_of(mode), word_of(transport));
        let offer = match mode {
            Mode::Unsecured | Mode::SipSecured => media(&["m=audio {port} RTP/AVP 0"]),
            Mode::Secured => media(&["m=audio {port} RTP/SAVP 0", "{crypto}"]),
        };
        let mut gateway = ScriptedGateway::open(three.call(mode, transport)).await;
        let invite = gateway.invite(&offer);

        let remedy = match expected {
            GoOn => {
                let (_, mut dialog) = gateway.call(&invite).await;
                gateway.hang_up(&mut dialog).await;
                continue;
            }
            UseClear => format!("point the gateway at port {clear} (UDP or TCP)"),
            UseTls => format!("point the gateway at port {tls} (TLS)"),
        };
        let answer = gateway.ask(&invite).await;

        let words = said.refusal(&cell, &answer, (403, 399, 21));
        let (plan, mode, over) = (mode.word(), name_of(mode), word_of(transport));
        assert_eq!(
            words,
            format!("dial plan {plan} is {mode}; this call came over {over}: {remedy}"),
            "{cell}"
        );
        let event = three.server.event(1021, |fields| fields["reason"] == words);
        assert_eq!(event["fields"]["gateway"], "gw1", "{cell}: {event}");
        assert_eq!(event["fields"]["transport"], over, "{cell}: {event}");
    }
    assert_eq!(TABLE.len(), Mode::ALL.len() * TRANSPORTS.len());
    said.each_is_an_event(&three.server);
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
        assert_eq!(contact_of(&outcome.final_answer), Some(contact));
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

fn contact_of(answer: &[u8]) -> Option<String> {
    let answer = String::from_utf8_lossy(answer).into_owned();
    answer.lines().find_map(|line| Some(line.strip_prefix("Contact: ")?.to_owned()))
}
