//! Lamps over the transport of each plan's mode, and no other (docs/security-modes.md 2a and 3).

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use caller::{CertificateRequest, Doorway, TestIdentity, TlsPlan, Transport};
use serde_json::Value;
use tokio::{net::UdpSocket, task::JoinHandle};
use um_tests::{DOMAIN, Mode, Server, ThreePlans, answer_to};

use crate::gateway_probes::set_ports;

/// What a scripted gateway was sent, over UDP or TLS; it takes everything until it is dropped.
struct Gateway {
    heard: Arc<Mutex<Vec<String>>>,
    port: u16,
    running: JoinHandle<()>,
}

impl Gateway {
    async fn udp() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let port = socket.local_addr().unwrap().port();
        let heard = Arc::<Mutex<Vec<String>>>::default();
        let hearing = Arc::clone(&heard);
        let running = tokio::spawn(async move {
            let mut buffer = [0; 4_096];
            while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
                hearing.lock().unwrap().push(String::from_utf8_lossy(&buffer[..length]).into_owned());
                socket.send_to(&answer_to(&buffer[..length], "200 OK"), from).await.unwrap();
            }
        });
        Self { heard, port, running }
    }

    async fn tls(three: &ThreePlans, identity: &TestIdentity) -> Self {
        let mut plan = three.call(Mode::Secured, Transport::Tls);
        plan.tls = Some(TlsPlan::new(Some(identity.clone()), &three.server.certificate(), DOMAIN));
        plan.deadline = Duration::from_secs(60);
        let doorway = Doorway::open(plan).await.unwrap();
        let port = doorway.local_addr().unwrap().port();
        let heard = Arc::<Mutex<Vec<String>>>::default();
        let hearing = Arc::clone(&heard);
        let running = tokio::spawn(async move {
            loop {
                let Ok(mut line) = doorway.accept().await else { continue };
                while let Ok(Some(request)) = line.receive().await {
                    hearing.lock().unwrap().push(String::from_utf8_lossy(&request).into_owned());
                    if line.send(&answer_to(&request, "200 OK")).await.is_err() {
                        break;
                    }
                }
            }
        });
        Self { heard, port, running }
    }

    fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.running.abort();
    }
}

/// Waits until the lamp of 4001 in this plan stands so.
async fn lamp_is(server: &Server, plan: &str, standing: &str) -> Value {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let lamps = server.um_json(&["mwi", "status", &format!("4001@{plan}")]);
        if lamps[0]["standing"] == standing {
            return lamps[0].clone();
        }
        assert!(Instant::now() < deadline, "{plan} is never {standing}: {lamps}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lamp_of_each_plan_goes_over_the_transport_of_its_mode() {
    let three = ThreePlans::start();
    let (udp, tls) = (Gateway::udp().await, Gateway::tls(&three, &three.gateway).await);

    set_ports(&three.server, udp.port, tls.port);
    three.server.um_ok(&["gateway", "set", "gw1", "--message-waiting", "true"]);

    for mode in Mode::ALL {
        assert_eq!(lamp_is(&three.server, mode.word(), "told").await["gateway"], "gw1");
    }
    let (clear, secure) = (udp.heard(), tls.heard());
    let first_lines = |heard: &[String]| -> Vec<String> {
        let mut lines: Vec<String> =
            heard.iter().filter_map(|text| text.lines().next()).map(str::to_owned).collect();
        lines.dedup();
        lines
    };
    assert_eq!(first_lines(&clear), [format!("NOTIFY sip:4001@gw1.test:{} SIP/2.0", udp.port)]);
    assert_eq!(
        first_lines(&secure),
        [format!("NOTIFY sip:4001@gw1.test:{};transport=tls SIP/2.0", tls.port)]
    );
    assert!(secure.len() >= 2, "two plans want TLS: {secure:?}");
    let wanted = ["\r\nSubscription-State: terminated\r\n", "\r\nMessages-Waiting: no\r\n", ";alias\r\n"];
    assert!(wanted.iter().all(|part| secure[0].contains(part)), "{}", secure[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn gateway_with_another_certificate_is_not_told_over_tls_and_never_in_the_clear_instead() {
    let three = ThreePlans::start();
    let stranger = TestIdentity::self_signed(&CertificateRequest::named("gw1.test")).unwrap();
    let (udp, tls) = (Gateway::udp().await, Gateway::tls(&three, &stranger).await);

    set_ports(&three.server, udp.port, tls.port);
    three.server.um_ok(&["gateway", "set", "gw1", "--message-waiting", "true"]);
    lamp_is(&three.server, "unsecured", "told").await;
    let told = udp.heard().len();
    three.server.event(1113, |fields| fields["direction"] == "outbound");
    three.server.um_ok(&["mwi", "refresh"]);
    lamp_is(&three.server, "unsecured", "told").await;

    for plan in ["sip-secured", "secured"] {
        lamp_is(&three.server, plan, "pending").await;
    }
    assert_eq!(tls.heard(), Vec::<String>::new());
    let tags: Vec<String> = udp.heard();
    assert!(tags.len() <= told + 1, "the refresh of one lamp alone: {tags:?}");
}
