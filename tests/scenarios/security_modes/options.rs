//! Section 6: OPTIONS.

use caller::{Answer, CallPlan, Line, TlsVersion, Transport};
use um_tests::{Mode, ThreePlans};

use super::{TRANSPORTS, word_of};
use crate::refusals::assert_bare;

async fn options(plan: CallPlan) -> (Line, Answer) {
    let mut line = Line::open(plan).await.unwrap();
    let answer = line.options().await.unwrap();
    (line, answer)
}

#[tokio::test]
async fn options_of_a_known_gateway_is_200_where_one_of_its_plans_takes_calls() {
    let three = ThreePlans::start();
    for transport in TRANSPORTS {
        let (line, answer) = options(three.call(Mode::Unsecured, transport)).await;

        assert_eq!(answer.status, 200, "{transport:?}: {answer:?}");
        for name in ["Allow", "Accept", "Accept-Encoding", "Accept-Language"] {
            assert!(answer.header(name).is_some(), "{transport:?}: no {name}");
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
        refused_for_its_class(&three, transport).await;
    }
    for plan in ["unsecured", "sip-secured", "secured"] {
        three.server.um_ok(&["dialplan", "set", plan, "--voip-security", "unsecured"]);
    }
    refused_for_its_class(&three, Transport::Tls).await;
}

async fn refused_for_its_class(three: &ThreePlans, transport: Transport) {
    let (_, answer) = options(three.call(Mode::Unsecured, transport)).await;

    assert_eq!(answer.status, 403, "{transport:?}: {answer:?}");
    let words =
        format!("399 um.test \"no dial plan of this gateway takes calls over {}\"", word_of(transport));
    assert_eq!(answer.warning, Some(words));
}

#[tokio::test]
async fn options_of_a_gateway_that_takes_no_calls_is_503_on_every_transport() {
    let three = ThreePlans::start();
    for status in ["no-new-calls", "disabled"] {
        three.server.um_ok(&["gateway", "set", "gw1", "--status", status]);
        for transport in TRANSPORTS {
            let (_, answer) = options(three.call(Mode::Unsecured, transport)).await;

            assert_eq!(answer.status, 503, "{status} over {transport:?}: {answer:?}");
            assert_eq!(answer.header("Retry-After"), None, "{status} over {transport:?}");
        }
    }
}

#[tokio::test]
async fn options_of_a_stranger_is_the_bare_403() {
    let three = ThreePlans::start();
    for transport in [Transport::Udp, Transport::Tcp] {
        let mut plan = three.call(Mode::Unsecured, transport);
        plan.local_ip = "127.0.0.9".parse().unwrap();

        let (mut line, answer) = options(plan).await;

        assert_eq!(answer.status, 403, "{transport:?}: {answer:?}");
        assert_bare(&answer.bytes, answer.request_octets);
        if transport == Transport::Tcp {
            assert!(!matches!(line.receive().await, Ok(Some(_))), "the connection is closed behind it");
        }
    }
}
