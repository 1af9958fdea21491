//! Certificates change while calls are up; openssl sees what a peer is shown.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use caller::{
    CallOutcome, CallPlan, CertificateRequest, EndedBy, Line, StartSpeaking, TestAuthority, TestIdentity,
    TlsPlan, Transport, Trunk,
};
use tokio::task::JoinHandle;
use um_tests::{DOMAIN, FaultInjection, Mode, Reading, Server, ThreePlans};

use crate::baresip;

/// Calls at once where UM_CALLS names no number.
pub(crate) const CALLS: usize = 50;
const CALLS_PER_TRUNK: usize = 5;
/// How long each speaks: longer than everything that happens meanwhile.
pub(crate) const SPEECH: Duration = Duration::from_secs(20);
/// What is put into the store is shown within this time.
const WITHIN: Duration = Duration::from_secs(1);
/// Reloads in the gate; `scripts/soak.sh reloads` asks for 10,000 by UM_RELOADS.
const RELOADS: usize = 200;

/// The certificate that openssl is shown, in PEM.
fn witness(server: &Server) -> String {
    let address = server.sip_over_tls().to_string();
    let said = Command::new("openssl")
        .args(["s_client", "-connect", &address, "-servername", DOMAIN])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    first_certificate(&said).unwrap_or_else(|| panic!("openssl was shown nothing:\n{said}"))
}

fn first_certificate(text: &str) -> Option<String> {
    const END: &str = "-----END CERTIFICATE-----";
    let begin = text.find("-----BEGIN CERTIFICATE-----")?;
    let end = text.get(begin..)?.find(END)?;
    Some(text.get(begin..begin + end + END.len())?.to_owned())
}

fn store_of(server: &Server) -> PathBuf {
    server.folder().join("data").join("certificates")
}

/// As a tool of renewal does: the key, then the certificate, each whole.
fn put(server: &Server, name: &str, identity: &TestIdentity) {
    let store = store_of(server);
    for (extension, text) in [("key", identity.key_pem()), ("pem", identity.certificate_pem())] {
        let partial = store.join(format!("{name}.new"));
        fs::write(&partial, text).unwrap();
        fs::rename(&partial, store.join(format!("{name}.{extension}"))).unwrap();
    }
}

/// Until openssl is shown this certificate. Nobody who connects later than a second from now is shown another.
fn wait_until_shown(server: &Server, expected: &str) {
    let changed = Instant::now();
    loop {
        let connected = Instant::now();
        let shown = witness(server);
        if shown == expected {
            return;
        }
        let late = connected - changed;
        assert!(late < WITHIN, "{late:?} after the change the old certificate is shown still");
    }
}

/// Calls of the test caller that were begun.
pub(crate) type Calls = Vec<JoinHandle<anyhow::Result<CallOutcome>>>;

/// Begins calls over trunks, whose certificates are these in turn, and gives them once the server says that all of them
/// are up.
pub(crate) async fn calls_in_progress(
    three: &ThreePlans,
    identities: &[&TestIdentity],
    count: usize,
) -> Calls {
    let mut trunks = Vec::new();
    for identity in identities.iter().cycle().take(count.div_ceil(CALLS_PER_TRUNK)) {
        let mut plan = three.secured_call(&[]);
        plan.tls = Some(TlsPlan::new(Some((*identity).clone()), &three.server.certificate(), DOMAIN));
        trunks.push(Trunk::open(&plan).await.unwrap());
    }
    let speech = caller::speech_like_noise(SPEECH);
    let mut calls = Vec::new();
    for number in 0..count {
        let mut plan = three.secured_call(&[caller::SrtpSuite::ALL[number % caller::SrtpSuite::ALL.len()]]);
        plan.trunk = Some(trunks[number % trunks.len()].clone());
        plan.start_speaking = StartSpeaking::SkipGreeting;
        plan.speech.clone_from(&speech);
        plan.deadline = Duration::from_secs(60);
        calls.push(tokio::spawn(caller::place_call(plan)));
    }
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let talking = talking(&three.server);
        if talking == count {
            return calls;
        }
        assert!(Instant::now() < deadline, "{talking} of {count} calls came up");
    }
}

/// How many callers speak in this moment.
fn talking(server: &Server) -> usize {
    let live = server.um_json(&["calls", "list"]);
    live.as_array().unwrap().iter().filter(|call| call["stage"] == "talking").count()
}

/// No call has ended in what happened before, whether the test caller's or baresip's.
pub(crate) fn assert_all_are_up(server: &Server, count: usize) {
    // baresip is still listening to its greeting, or speaks.
    assert!(talking(server) >= count, "a call has ended");
    assert!(baresip::is_up(server), "baresip's call has ended");
}

/// Every call goes on to its end, and what was said in it is there as a whole.
pub(crate) async fn assert_all_end_well(
    three: &ThreePlans,
    calls: Calls,
    witness: thread::JoinHandle<String>,
) {
    let count = calls.len();
    for call in calls {
        let outcome = call.await.unwrap().unwrap();
        assert_eq!((outcome.status, outcome.ended_by), (200, EndedBy::Caller), "{outcome:?}");
    }
    let said = witness.join().unwrap();
    let messages = three.server.messages("4001@secured", count + 1);
    for message in &messages {
        let length = message["length_seconds"].as_f64().unwrap();
        assert!(length > SPEECH.as_secs_f64() - 1.5, "{message}");
    }
    baresip::assert_one_plays(&three.server, "4001@secured", &messages, &said);
}

/// A certificate of `gw2`, which stands for baresip: its calls go to the plan `secured`.
pub(crate) fn gateway_of_baresip(server: &Server) -> TestIdentity {
    let identity = TestIdentity::self_signed(&CertificateRequest::named("gw2.test")).unwrap();
    let pin = server.file("gw2.pem", identity.certificate_pem());
    server.um_ok(&[
        "gateway",
        "create",
        "gw2",
        "--address",
        "gw2.test",
        "--dialplan",
        "secured",
        "--trust",
        &pin,
    ]);
    identity
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rotation_drops_no_call_and_is_seen_within_a_second_and_a_broken_file_changes_nothing() {
    let three = ThreePlans::start();
    let count = from_environment("UM_CALLS", CALLS);
    let before = witness(&three.server);
    let gw2 = gateway_of_baresip(&three.server);
    let calls = calls_in_progress(&three, &[&three.gateway], count).await;
    let speaking = baresip::talking(&three.server, &gw2, SPEECH);
    let authority = TestAuthority::new("Example Root").unwrap();
    let issued = authority.issue(&CertificateRequest::named(DOMAIN)).unwrap();
    let renewed = authority.issue(&CertificateRequest::named(DOMAIN)).unwrap();
    let leaf = |identity: &TestIdentity| first_certificate(identity.certificate_pem()).unwrap();

    put(&three.server, "um", &issued);
    wait_until_shown(&three.server, &leaf(&issued));
    put(&three.server, "um", &renewed);
    wait_until_shown(&three.server, &leaf(&renewed));
    fs::write(store_of(&three.server).join("um.pem"), "no certificate").unwrap();
    let kept = three.server.event(2041, |fields| fields.to_string().contains("um.pem"));
    let reload = three.server.um(&["cert", "reload"]);
    let after_the_broken_one = witness(&three.server);
    put(&three.server, "um", &renewed);
    let mended = three.server.um(&["cert", "reload"]);
    three.server.event(2048, |_| true);
    assert_all_are_up(&three.server, count);

    assert_ne!(before, leaf(&issued));
    assert_eq!(after_the_broken_one, leaf(&renewed), "{kept}");
    assert_eq!(reload.code, Some(1), "{reload:?}");
    assert!(reload.stderr.contains("um.pem"), "{reload:?}");
    assert_eq!(mended.code, Some(0), "{mended:?}");
    assert_all_end_well(&three, calls, speaking).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_connection_of_before_is_closed_within_a_minute_and_a_signal_reloads_too() {
    let three = ThreePlans::start();
    let mut idle = Line::open(three.call(Mode::SipSecured, Transport::Tls)).await.unwrap();
    assert_eq!(idle.options().await.unwrap().status, 200);
    let authority = TestAuthority::new("Example Root").unwrap();
    let issued = authority.issue(&CertificateRequest::named(DOMAIN)).unwrap();

    put(&three.server, "um", &issued);
    three.server.signal("HUP");
    let closed = tokio::time::timeout(Duration::from_secs(60), idle.receive()).await;

    assert!(!matches!(closed.expect("closed within a minute"), Ok(Some(_))));
    assert_eq!(witness(&three.server), first_certificate(issued.certificate_pem()).unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn peer_that_trusts_only_the_old_self_signed_certificate_is_served_it_until_its_successor_is_activated()
{
    let mut three = ThreePlans::start();
    three.server.signal("TERM");
    assert_eq!(three.server.exit_code(), 0);
    let store = store_of(&three.server);
    fs::remove_dir_all(&store).unwrap();
    fs::create_dir(&store).unwrap();
    let old = self_signed_for_days(&store, 59);
    three.server.start_again();
    let call = |three: &ThreePlans, trust: &str| -> CallPlan {
        let tls = TlsPlan::new(Some(three.gateway.clone()), trust, DOMAIN);
        let mut plan = three.call(Mode::SipSecured, Transport::Tls).over_tls(tls);
        plan.key_log = None;
        plan
    };

    let made = three.server.event(2043, |_| true);
    let served = caller::place_call(call(&three, &old)).await.unwrap();
    let explained = three.server.um_ok(&["cert", "explain"]);
    let waiting = three.server.folder().join("waiting.pem");
    three.server.um_ok(&["cert", "export", "--waiting", "--to", waiting.to_str().unwrap()]);
    let shown_before = witness(&three.server);
    three.server.um_ok(&["cert", "activate"]);
    let shown_after = witness(&three.server);
    let successor = fs::read_to_string(&waiting).unwrap();
    let served_by_successor = caller::place_call(call(&three, &successor)).await.unwrap();

    assert_eq!(served.status, 200, "{made}");
    assert!(explained.contains("waiting"), "{explained}");
    assert_eq!(Some(shown_before), first_certificate(&old));
    assert_eq!(served_by_successor.status, 200);
    assert_eq!(Some(shown_after), first_certificate(&successor));
    assert_eq!(public_key(&three.server, &successor), public_key(&three.server, &old));
}

#[test]
fn gateway_that_is_bound_to_an_owner_is_shown_theirs_or_refused_and_nobody_else_is_concerned() {
    let three = ThreePlans::start();
    for plan in ["unsecured", "sip-secured", "secured"] {
        three.server.um_ok(&["dialplan", "set", plan, "--voip-security", "secured"]);
    }
    let ours = witness(&three.server);
    let partner = TestIdentity::self_signed(&CertificateRequest::named("um.partner.test")).unwrap();
    let file = three.server.file("partner.pem", &[partner.certificate_pem(), partner.key_pem()].concat());

    three.server.um_ok(&["gateway", "set", "gw1", "--cert-owner", "partner"]);
    let address = three.server.sip_over_tls().to_string();
    let refused =
        Command::new("openssl").args(["s_client", "-connect", &address]).stdin(Stdio::null()).output();
    let explained = three.server.um_ok(&["cert", "explain", "--for", "gw1"]);
    three.server.um_ok(&["cert", "import", &file, "--owner", "partner"]);
    let theirs = witness(&three.server);
    three.server.um_ok(&["gateway", "set", "gw1", "--no-cert-owner"]);

    let refused = String::from_utf8_lossy(&refused.unwrap().stderr).into_owned();
    assert!(refused.contains("SSL alert number 40"), "{refused}");
    assert!(explained.contains("gateway gw1 is bound to partner"), "{explained}");
    three.server.event(2040, |fields| fields.to_string().contains("partner"));
    assert_eq!(Some(theirs), first_certificate(partner.certificate_pem()));
    assert_eq!(witness(&three.server), ours);
}

#[test]
fn forbidden_self_signed_certificate_leaves_clear_plans_served_and_tls_refused_with_handshake_failure() {
    let more = "[certificates]\nself_signed = \"forbid\"\n";
    let server = Server::start_with_mailbox_and(more, FaultInjection::Off);
    let address = server.sip_over_tls().to_string();

    let refused = ["-tls1_3", "-tls1_2"].map(|version| {
        let said = Command::new("openssl")
            .args(["s_client", "-connect", &address, version])
            .stdin(Stdio::null())
            .output()
            .unwrap();
        String::from_utf8_lossy(&said.stderr).into_owned()
    });
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut clear = CallPlan::new(server.sip(), "5000");
    clear.diversion = Some("4001".to_owned());
    let answered = runtime.block_on(caller::place_call(clear)).unwrap();

    for said in refused {
        assert!(said.contains("SSL alert number 40"), "{said}");
    }
    server.event(2040, |fields| fields.to_string().contains("inbound"));
    assert_eq!(answered.status, 200);
}

#[test]
fn reloads_leave_memory_flat() {
    let server = Server::start();
    let reloads = from_environment("UM_RELOADS", RELOADS);
    let identities: Vec<TestIdentity> =
        (0..2).map(|_| TestIdentity::self_signed(&CertificateRequest::named(DOMAIN)).unwrap()).collect();
    let reload = |number: usize| {
        put(&server, "um", &identities[number % identities.len()]);
        server.um_ok(&["cert", "reload"]);
    };

    // Before that the allocator, and the page cache of the database, which each reload writes an event into, take what
    // they need.
    (0..reloads.div_ceil(5)).for_each(&reload);
    let before = Reading::of(server.pid()).resident_kib;
    (0..reloads).for_each(&reload);
    let after = Reading::of(server.pid()).resident_kib;
    eprintln!("{before} KiB before {reloads} reloads, {after} KiB after");

    assert!(after as f64 <= before as f64 * 1.05, "{before} KiB before {reloads} reloads, {after} KiB after");
}

/// A certificate of openssl's own making, in the store as `old`; in PEM.
fn self_signed_for_days(store: &std::path::Path, days: u32) -> String {
    let (pem, key) = (store.join("old.pem"), store.join("old.key"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"])
        .args(["-days", &days.to_string(), "-subj", "/CN=um.test"])
        .args(["-addext", "subjectAltName=DNS:um.test", "-addext", "basicConstraints=critical,CA:FALSE"])
        .args(["-addext", "extendedKeyUsage=serverAuth,clientAuth"])
        .arg("-keyout")
        .arg(&key)
        .arg("-out")
        .arg(&pem)
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    fs::read_to_string(pem).unwrap()
}

fn public_key(server: &Server, certificate: &str) -> Vec<u8> {
    let file = server.file("asked.pem", certificate);
    let told = Command::new("openssl").args(["x509", "-noout", "-pubkey", "-in", &file]).output().unwrap();
    assert!(told.status.success(), "{told:?}");
    told.stdout
}

pub(crate) fn from_environment(name: &str, default: usize) -> usize {
    std::env::var(name).ok().map_or(default, |number| number.parse().unwrap())
}
