//! `POST /v1/test/route`: the way of a call without a call.

use call_control::AddressBook;

use super::*;

/// Dial plan hq (Unsecured) behind gw1, and a server that listens for everything.
async fn rig() -> Rig {
    let rig = Rig::start().await.with_hq().await;
    let address = |text: &str| text.parse().unwrap();
    let listening = [
        (Transport::Udp, address("127.0.0.1:5060")),
        (Transport::Tcp, address("127.0.0.1:5060")),
        (Transport::Tls, address("127.0.0.1:5061")),
    ];
    rig.board.ready(&listening, Timestamp::now());
    rig.board.publish_addresses(Arc::new(AddressBook::new([("192.0.2.1".parse().unwrap(), "gw1".into())])));
    rig
}

impl Rig {
    async fn way(&self, question: Value) -> (Vec<String>, Value) {
        let answer = self.done("POST", "/v1/test/route", question).await;
        let steps = answer["steps"].as_array().unwrap().iter().map(|step| step.as_str().unwrap().to_owned());
        (steps.collect(), answer["outcome"].clone())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_step_to_the_mailbox_is_told() {
    let rig = rig().await;

    let (steps, outcome) =
        rig.way(json!({"gateway": "gw1", "to": "5000", "diversions": ["4001"], "transport": "udp"})).await;

    assert_eq!(
        steps,
        [
            "UDP to port 5060: calls from 192.0.2.1 are gateway gw1's",
            "the call comes from gateway gw1",
            "called number from Request-URI: `5000`; no number rule of gw1 applies: 5000",
            "hunt group gw1 Default Group is the default group of gw1: dial plan hq (Unsecured)",
            "Diversion 1 `4001`: ask for a mailbox of hq",
            "called number `5000`: ask for a mailbox of hq",
            "UDP fits the mode of dial plan hq",
            "Diversion 1 4001: mailbox 4001@hq (Ada)",
        ]
    );
    assert_eq!(
        outcome,
        json!({"taken": {"service": "call-answering", "mailbox": "4001@hq", "name": "Ada", "dial_plan": "hq",
            "hunt_group": "gw1 Default Group", "voip_security": "unsecured"}})
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn history_is_read_in_the_order_in_which_the_call_passed() {
    let rig = rig().await;
    rig.enable("4002", "hq", "Bob").await;

    let (_, original) = rig.way(json!({"gateway": "gw1", "history": ["4001", "4002", "5000"]})).await;
    rig.done("PATCH", "/v1/gateways/gw1", json!({"redirecting": "last"})).await;
    let (_, last) = rig.way(json!({"gateway": "gw1", "history": ["4001", "4002", "5000"]})).await;

    assert_eq!(original["taken"]["mailbox"], "4001@hq");
    assert_eq!(last["taken"]["mailbox"], "4002@hq");
}

#[tokio::test(flavor = "multi_thread")]
async fn number_that_nobody_has_is_404_with_the_command_that_makes_a_mailbox() {
    let rig = rig().await;

    let (_, outcome) = rig.way(json!({"gateway": "gw1", "to": "4009"})).await;
    let (_, silent) = rig.way(json!({"gateway": "gw1"})).await;

    assert_eq!(outcome["refused"]["status"], 404);
    assert_eq!(outcome["refused"]["remedy"], "run `um mailbox enable 4009 --dialplan hq --name NAME`");
    assert_eq!(silent["refused"]["reason"], "the call names no number that could be a mailbox");
}

#[tokio::test(flavor = "multi_thread")]
async fn secure_plan_refuses_clear_transport_with_403() {
    let rig = rig().await;
    rig.done("PATCH", "/v1/dial-plans/hq", json!({"voip_security": "sip-secured"})).await;

    let (steps, outcome) = rig.way(json!({"gateway": "gw1", "to": "4001", "transport": "tcp"})).await;

    assert_eq!(steps[0], "TCP to port 5060: calls from 192.0.2.1 are gateway gw1's");
    assert_eq!(outcome["refused"]["status"], 403);
    assert_eq!(outcome["refused"]["remedy"], "point the gateway at port 5061 (TLS)");
}

#[tokio::test(flavor = "multi_thread")]
async fn disabled_gateway_is_503_before_any_hunt_group() {
    let rig = rig().await;
    rig.done("POST", "/v1/gateways/gw1/disable", Value::Null).await;

    let (steps, outcome) = rig.way(json!({"gateway": "gw1", "to": "4001", "transport": "udp"})).await;

    assert_eq!(steps.len(), 1);
    assert_eq!(outcome["refused"]["status"], 503);
    assert_eq!(outcome["refused"]["remedy"], "run `um gateway enable gw1` to take its calls");
}

#[tokio::test(flavor = "multi_thread")]
async fn call_that_does_not_get_as_far_as_sip_has_no_status() {
    let rig = rig().await;

    let (_, untrusted) = rig.way(json!({"gateway": "gw1", "to": "4001", "transport": "tls"})).await;
    rig.board.ready(&[(Transport::Tcp, "127.0.0.1:5060".parse().unwrap())], Timestamp::now());
    let (_, closed) = rig.way(json!({"gateway": "gw1", "to": "4001", "transport": "udp"})).await;

    assert_eq!(untrusted["refused"]["status"], Value::Null);
    assert_eq!(untrusted["refused"]["remedy"], "run `um gateway set gw1 --trust FILE.pem`");
    assert_eq!(closed["refused"]["status"], Value::Null);
    assert_eq!(closed["refused"]["reason"], "this server takes no SIP over UDP");
}

#[tokio::test(flavor = "multi_thread")]
async fn gateway_without_known_address_is_a_stranger_and_one_that_does_not_exist_is_not_found() {
    let rig = rig().await;
    rig.board.publish_addresses(Arc::new(AddressBook::default()));

    let (_, outcome) = rig.way(json!({"gateway": "gw1", "to": "4001", "transport": "udp"})).await;
    let unknown = rig.refused("POST", "/v1/test/route", json!({"gateway": "gw9"})).await;

    assert_eq!(outcome["refused"]["status"], 403);
    assert_eq!((unknown.0, unknown.1.as_str()), (404, "not-found"));
}

#[tokio::test(flavor = "multi_thread")]
async fn secure_plan_takes_mutual_tls_for_granted_and_tells_what_the_certificate_is_judged_by() {
    let rig = rig().await;
    rig.done("PATCH", "/v1/dial-plans/hq", json!({"voip_security": "sip-secured"})).await;
    let files = json!([{"pem": super::trust::certificate("gw2.example.com")}]);
    let gateway = json!({"name": "gw2", "address": "gw2.example.com"});
    let new = json!({"gateway": gateway, "dial_plan": "hq", "trust_files": files});
    rig.done("POST", "/v1/gateways", new).await;

    let (steps, outcome) = rig.way(json!({"gateway": "gw2", "to": "4001"})).await;

    assert_eq!(steps[0], "no transport was named: mutual TLS is taken, because dial plan hq is SIPSecured");
    assert_eq!(steps[1], "mutual TLS to port 5061: a certificate that equals the pin is gw2's");
    assert_eq!(outcome["taken"]["mailbox"], "4001@hq");
}
