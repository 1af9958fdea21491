//! The API over its real socket, asked in plain HTTP.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use admin_api::EventRow;
use bytes::Bytes;
use call_control::{CallKey, CallSnapshot, CallStage};
use jiff::Timestamp;
use mailbox::{
    MailboxId, MessageDetails, RecordingHeader, StoreReply, StoreReplyKind, StoreRequest, StoreRequestKind,
};
use serde_json::{Value, json};
use sip_signaling::Transport;
use storage::{AudioBlock, PinCost, Store, StoreOptions};
use telephony::{AudioCodec, Event, kind};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::sync::broadcast;

use super::*;
use crate::config::{Overrides, ServerConfig, StartupMode};
use crate::gateways::whereabouts::Whereabouts;
use crate::observe::{Observer, alarm};
use crate::trust::{CertificateKeeper, CrlShelf, Encounters, ExpirySources, PeerTrust, REVOCATION_LISTS};

/// A management API over a store in a folder of its own, and no calls but those that a test puts on the board.
struct Rig {
    _folder: TempDir,
    socket: PathBuf,
    server: AdminServer,
    store: Store,
    board: Arc<Board>,
    events: broadcast::Sender<EventRow>,
    orders: Arc<Mutex<Vec<String>>>,
    revisions: Arc<Mutex<Vec<String>>>,
    observed: Observed,
    encounters: Arc<Encounters>,
}

/// Remembers what it was told.
struct Orders(Arc<Mutex<Vec<String>>>);

impl CoreControl for Orders {
    fn hang_up(&self, call: CallKey) -> Result<(), CoreGone> {
        self.0.lock().unwrap().push(format!("hang up {}", call.0));
        Ok(())
    }

    fn hang_up_gateway(&self, gateway: &str) -> Result<(), CoreGone> {
        self.0.lock().unwrap().push(format!("hang up gateway {gateway}"));
        Ok(())
    }

    fn refresh_lamps(&self) -> Result<(), CoreGone> {
        self.0.lock().unwrap().push("refresh lamps".to_owned());
        Ok(())
    }

    fn panic(&self, place: call_control::PanicPlace) -> Result<(), CoreGone> {
        self.0.lock().unwrap().push(format!("{place:?}"));
        Ok(())
    }
}

impl Rig {
    async fn start() -> Self {
        Self::start_in(StartupMode::Dual).await
    }

    async fn start_in(startup_mode: StartupMode) -> Self {
        Self::start_with(startup_mode, None).await
    }

    async fn start_with(startup_mode: StartupMode, keeper: Option<Arc<CertificateKeeper>>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let overrides = Overrides { data_dir: Some(folder.path().to_owned()), socket: None };
        let config = ServerConfig::load(None, &overrides).unwrap();
        let pin_cost = PinCost { memory_kib: 8, passes: 1 };
        let options = StoreOptions { pin_cost, ..StoreOptions::new([7; 32]) };
        let (store, _) = Store::open(&config.data_dir, options).unwrap();
        let board = Arc::new(Board::new(&config, batch_udp::Path::Epoll));
        let (events, _) = broadcast::channel(16);
        let (observer, _) = Observer::start(store.clone(), events.clone(), &alarm().0).unwrap();
        let orders = Arc::new(Mutex::new(Vec::new()));
        let revisions = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&revisions);
        let certificates = keeper.clone().map_or_else(CertificateDesk::without_tls, CertificateDesk::new);
        let trust = Arc::new(PeerTrust::new(Vec::new()));
        let following = Arc::clone(&trust);
        let expiry = ExpirySources { keeper, trust: Arc::clone(&trust), flows: Arc::default() };
        let prompts = Arc::new(crate::prompts::PromptShelf::open(folder.path(), |_| {}).0);
        let site = store.load_site().unwrap();
        let site = SiteHolder::new(store.clone(), site, startup_mode, Arc::clone(&prompts), move |new| {
            following.follow(&new.site);
            told.lock().unwrap().push(format!("{} {}", new.site.revision, new.what));
        });
        let observed = Observed::default();
        let crls = CrlShelf::open(config.data_dir.join(REVOCATION_LISTS), Arc::clone(&trust), |_| {});
        let encounters = Arc::new(Encounters::default());
        let (core, _) = crate::core::inbox();
        let lines_trust = Arc::clone(&trust);
        let state = AdminState {
            store: store.clone(),
            site: Arc::new(site),
            board: Arc::clone(&board),
            events: observer.feed(),
            core: Arc::new(Orders(Arc::clone(&orders))),
            trust: TrustDesk {
                own: Arc::new(certificates),
                authority: Arc::new(AuthorityDesk::new(folder.path(), |_| {}, |_, _| {})),
                peers: Arc::clone(&trust),
                crls: Arc::new(crls),
                encounters: Arc::clone(&encounters),
                expiry,
            },
            observed: observed.clone(),
            examiner: Arc::new(Examiner {
                whereabouts: Whereabouts::new(BTreeMap::new(), Arc::clone(&board)),
                trust,
                tls: None,
                fqdn: config.sip.domain.clone(),
                clear: None,
            }),
            prompts,
            test_line: Arc::new(TestLineDesk::new(core, Arc::clone(&lines_trust), |_| {})),
            fault_injection: false,
        };
        let socket = config.admin.socket;
        let server = start(state, &socket).await.unwrap();
        Self {
            _folder: folder,
            socket,
            server,
            store,
            board,
            events,
            orders,
            revisions,
            observed,
            encounters,
        }
    }

    /// One request over a connection of its own: status and body.
    async fn ask(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let (status, bytes) = self.ask_for_bytes(method, path, body).await;
        (status, serde_json::from_slice(&bytes).unwrap())
    }

    async fn ask_for_bytes(&self, method: &str, path: &str, body: &Value) -> (u16, Vec<u8>) {
        let (status, _, bytes) = self.ask_for_head_and_bytes(method, path, body).await;
        (status, bytes)
    }

    async fn ask_for_head_and_bytes(&self, method: &str, path: &str, body: &Value) -> (u16, String, Vec<u8>) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: um\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut stream = UnixStream::connect(&self.socket).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let head = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
        let status = std::str::from_utf8(&answer[9..12]).unwrap().parse().unwrap();
        (status, String::from_utf8(answer[..head].to_vec()).unwrap(), answer[head + 4..].to_vec())
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        self.ask("GET", path, &Value::Null).await
    }

    async fn done(&self, method: &str, path: &str, body: Value) -> Value {
        let (status, answer) = self.ask(method, path, &body).await;
        assert_eq!(status, 200, "{method} {path}: {answer}");
        answer
    }

    async fn refused(&self, method: &str, path: &str, body: Value) -> (u16, String, String) {
        let (status, answer) = self.ask(method, path, &body).await;
        let text = |key: &str| answer[key].as_str().unwrap().to_owned();
        (status, text("code"), text("message"))
    }

    /// Dial plan hq (Unsecured, four digits), gateway gw1, mailbox 4001.
    async fn with_hq(self) -> Self {
        let plan = json!({"name": "hq", "extension_digits": 4, "voip_security": "unsecured"});
        self.done("POST", "/v1/dial-plans", plan).await;
        let gateway = json!({"gateway": {"name": "gw1", "address": "192.0.2.1"}, "dial_plan": "hq"});
        self.done("POST", "/v1/gateways", gateway).await;
        self.enable("4001", "hq", "Ada").await;
        self
    }

    async fn enable(&self, extension: &str, dial_plan: &str, name: &str) -> Value {
        let mailbox = json!({"extension": extension, "dial_plan": dial_plan, "name": name});
        self.done("POST", "/v1/mailboxes", mailbox).await
    }

    /// Leaves a message of half a second as a call would.
    fn leave_message(&self, mailbox: MailboxId) {
        let header = RecordingHeader {
            codec: AudioCodec::Pcmu,
            mailbox,
            call_id: "a84b4c76e66710".into(),
            started: Timestamp::UNIX_EPOCH,
            caller: Some("+14255550123".into()),
            caller_name: None,
            purpose: mailbox::RecordingPurpose::Message,
        };
        self.submit(StoreRequestKind::BeginRecording { recording: 1, header });
        let payload = Bytes::from(vec![0x55; 4000]);
        self.store.append(1, AudioBlock { number: 0, payload, last: true }).unwrap();
        let details = MessageDetails {
            received: Timestamp::UNIX_EPOCH,
            length: Duration::from_millis(500),
            urgent: true,
            private: false,
            interrupted: false,
        };
        let committed = self.submit(StoreRequestKind::CommitMessage { recording: 1, details });
        assert!(matches!(committed, StoreReplyKind::Committed { .. }));
    }

    fn submit(&self, what: StoreRequestKind) -> StoreReplyKind {
        let (sender, receiver) = mpsc::channel();
        let answer = move |reply: StoreReply| sender.send(reply).unwrap();
        self.store.submit(StoreRequest { token: 1, what }, answer).unwrap();
        receiver.recv_timeout(Duration::from_secs(30)).unwrap().what.unwrap()
    }

    fn put_call(&self, key: u64, gateway: &str) {
        self.board.update(&CallSnapshot {
            key: CallKey(key),
            call_id: "a84b4c76e66710".into(),
            gateway: gateway.into(),
            dial_plan: "hq".into(),
            extension: Some("4001".into()),
            caller: Some("+14255550123".into()),
            caller_name: None,
            transport: Transport::Udp,
            stage: CallStage::Talking,
        });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn socket_is_for_its_owner_alone_and_goes_away_with_the_server() {
    let rig = Rig::start().await;

    assert_eq!(std::fs::metadata(&rig.socket).unwrap().permissions().mode() & 0o777, 0o600);
    rig.server.stop().await;
    assert!(!rig.socket.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn change_is_stored_as_a_revision_told_to_the_core_and_answered_with_its_number() {
    let rig = Rig::start().await.with_hq().await;

    let changed = rig.done("PATCH", "/v1/dial-plans/hq", json!({"max_call_minutes": 60})).await;

    assert_eq!(changed, json!({"revision": 3, "warnings": []}));
    assert_eq!(rig.get("/v1/dial-plans/hq").await.1["max_call_minutes"], 60);
    assert_eq!(rig.store.load_site().unwrap().revision, 3);
    assert!(rig.store.site_revisions(1).unwrap()[0].who.starts_with("uid "));
    assert_eq!(
        *rig.revisions.lock().unwrap(),
        ["1 dial plan hq created (Unsecured)", "2 gateway gw1 created (192.0.2.1)", "3 dial plan hq set"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn change_that_changes_nothing_makes_no_revision_and_tells_nobody() {
    let rig = Rig::start().await.with_hq().await;

    let changed = rig.done("PATCH", "/v1/dial-plans/hq", json!({"max_call_minutes": 30})).await;

    assert_eq!(changed["revision"], 2);
    assert_eq!(rig.revisions.lock().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn refusal_has_code_object_message_and_remedy() {
    let rig = Rig::start().await;

    let (status, answer) = rig.get("/v1/gateways/gw9").await;

    assert_eq!(status, 404);
    assert_eq!(
        answer,
        json!({
            "code": "not-found",
            "object": "gateway gw9",
            "message": "there is no gateway `gw9`",
            "remedy": "run `um gateway list` to see the names, or \
                       `um gateway create gw9 --address FQDN-OR-IP --dialplan PLAN`",
        })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_paths_methods_bodies_and_options_are_refused_in_json() {
    let rig = Rig::start().await;

    assert_eq!(rig.refused("GET", "/v2/status", Value::Null).await.0, 404);
    assert_eq!(rig.refused("PUT", "/v1/calls", Value::Null).await.0, 405);
    assert_eq!(rig.refused("POST", "/v1/dial-plans", json!({"nam": "hq"})).await.0, 422);
    assert_eq!(rig.refused("GET", "/v1/events?limit=many", Value::Null).await.0, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn plan_or_policy_that_mailboxes_use_is_not_deleted_by_any_way() {
    let rig = Rig::start().await.with_hq().await;
    rig.done("DELETE", "/v1/gateways/gw1", Value::Null).await;
    rig.done("POST", "/v1/policies", json!({"name": "strict", "dial_plan": "hq"})).await;

    let plan = rig.refused("DELETE", "/v1/dial-plans/hq", Value::Null).await;
    let policy = rig.refused("DELETE", "/v1/policies/hq%20Default%20Policy", Value::Null).await;
    let site = rig.refused("PUT", "/v1/site", json!({"site": {}})).await;

    // The plan is refused for its second policy first, the empty site for the mailbox.
    assert_eq!((plan.0, plan.1.as_str()), (409, "in-use"));
    assert_eq!(
        policy,
        (409, "in-use".into(), "policy `hq Default Policy` is used by mailbox 4001@hq".into())
    );
    assert_eq!(site, (409, "in-use".into(), "dial plan `hq` has mailboxes (1)".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn made_pin_is_told_once_and_a_given_one_never() {
    let rig = Rig::start().await.with_hq().await;

    let made = rig.enable("4002", "hq", "Bob").await;
    let given = json!({"extension": "4003", "dial_plan": "hq", "name": "Eve", "pin": "837465"});
    let given = rig.done("POST", "/v1/mailboxes", given).await;

    let pin = made["pin"].as_str().unwrap();
    assert!(pin.len() == 6 && pin.bytes().all(|digit| digit.is_ascii_digit()));
    assert_eq!(given["pin"], Value::Null);
    let shown = rig.get("/v1/mailboxes/4002").await.1.to_string();
    assert!(!shown.contains(pin), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn mailbox_must_fit_its_plan_and_its_policy() {
    let rig = Rig::start().await.with_hq().await;
    let mailbox = |extension: &str, more: Value| {
        let mut mailbox = json!({"extension": extension, "dial_plan": "hq", "name": "Bob"});
        mailbox.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        mailbox
    };

    let long = rig.refused("POST", "/v1/mailboxes", mailbox("40020", json!({}))).await;
    let taken = rig.refused("POST", "/v1/mailboxes", mailbox("4001", json!({}))).await;
    let guessable = rig.refused("POST", "/v1/mailboxes", mailbox("4002", json!({"pin": "123456"}))).await;
    let nowhere = rig.refused("POST", "/v1/mailboxes", mailbox("4002", json!({"dial_plan": "lab"}))).await;

    assert_eq!((long.0, long.1.as_str()), (422, "wrong-extension-length"));
    assert_eq!((taken.0, taken.1.as_str()), (409, "already-exists"));
    assert_eq!((guessable.0, guessable.1.as_str()), (422, "pin-refused"));
    assert!(!guessable.2.contains("123456"));
    assert_eq!((nowhere.0, nowhere.1.as_str()), (404, "not-found"));
}

#[tokio::test(flavor = "multi_thread")]
async fn extension_of_two_plans_lists_over_both_and_is_refused_elsewhere_with_their_names() {
    let rig = Rig::start().await.with_hq().await;
    rig.done("POST", "/v1/dial-plans", json!({"name": "lab", "extension_digits": 4})).await;
    rig.enable("4001", "lab", "Lab").await;

    let (_, listed) = rig.get("/v1/mailboxes?extension=4001").await;
    let alone = rig.refused("GET", "/v1/mailboxes/4001", Value::Null).await;
    let (_, whole) = rig.get("/v1/mailboxes/4001@lab").await;

    assert_eq!(listed.as_array().unwrap().len(), 2);
    assert_eq!(
        alone,
        (409, "ambiguous".into(), "several dial plans have extension 4001: 4001@hq, 4001@lab".into())
    );
    assert_eq!(whole["name"], "Lab");
    assert_eq!(rig.get("/v1/mailboxes/4001/messages").await, (200, json!([])));
}

#[tokio::test(flavor = "multi_thread")]
async fn import_is_whole_or_not_at_all_and_names_every_bad_line() {
    let rig = Rig::start().await.with_hq().await;
    let row = |line: u32, extension: &str, name: &str| json!({"line": line, "mailbox": {"extension": extension, "dial_plan": "hq", "name": name}});
    let good = json!([row(2, "5001", "One"), row(3, "5002", "Two")]);
    let bad =
        json!([row(2, "4001", "Taken"), row(3, "500", "Short"), row(4, "5003", "Fine"), row(5, "5004", "")]);

    let (status, refused) = rig.ask("POST", "/v1/mailboxes/import", &json!({"rows": bad})).await;
    let tried = rig.done("POST", "/v1/mailboxes/import", json!({"rows": good, "dry_run": true})).await;
    let after_trying = rig.get("/v1/mailboxes").await.1;
    let imported = rig.done("POST", "/v1/mailboxes/import", json!({"rows": good})).await;

    let places: Vec<&str> = refused["details"]
        .as_array()
        .unwrap()
        .iter()
        .map(|detail| detail["place"].as_str().unwrap())
        .collect();
    assert_eq!((status, places), (422, vec!["line 2", "line 3", "line 5"]));
    assert_eq!(tried, json!({"count": 2, "dry_run": true, "pins": []}));
    assert_eq!(after_trying.as_array().unwrap().len(), 1);
    assert_eq!(imported["pins"][1]["address"], "5002@hq");
    assert_eq!(rig.get("/v1/mailboxes").await.1.as_array().unwrap().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn message_is_listed_played_and_deleted() {
    let rig = Rig::start().await.with_hq().await;
    let mailbox = rig.store.mailboxes(&storage::MailboxFilter::default()).unwrap()[0].id;
    rig.leave_message(mailbox);

    let listed = rig.get("/v1/mailboxes/4001/messages").await.1;
    let (status, wav) =
        rig.ask_for_bytes("GET", "/v1/mailboxes/4001/messages/1/audio.wav", &Value::Null).await;
    let kept = rig.refused("DELETE", "/v1/mailboxes/4001", Value::Null).await;
    let elsewhere = rig.refused("GET", "/v1/mailboxes/4001/messages/2", Value::Null).await;
    rig.done("DELETE", "/v1/mailboxes/4001/messages/1", Value::Null).await;

    assert_eq!(listed[0]["mailbox"], "4001@hq");
    assert_eq!(listed[0]["length_seconds"], 0.5);
    assert_eq!((&listed[0]["urgent"], &listed[0]["state"]), (&json!(true), &json!("new")));
    assert_eq!(status, 200);
    assert_eq!((&wav[..4], &wav[wav.len() - 4000..]), (&b"RIFF"[..], &[0x55; 4000][..]));
    assert_eq!((kept.0, kept.1.as_str()), (409, "in-use"));
    assert_eq!((elsewhere.0, elsewhere.1.as_str()), (404, "not-found"));
    assert_eq!(rig.get("/v1/mailboxes/4001/messages").await.1, json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn audio_of_a_damaged_file_says_so() {
    let rig = Rig::start().await.with_hq().await;
    let mailbox = rig.store.mailboxes(&storage::MailboxFilter::default()).unwrap()[0].id;
    rig.leave_message(mailbox);
    let path = "/v1/mailboxes/4001/messages/1/audio.wav";
    let (_, whole_head, _) = rig.ask_for_head_and_bytes("GET", path, &Value::Null).await;
    let file = rig.store.path_of(&rig.store.messages(mailbox).unwrap()[0].file);
    let length = file.metadata().unwrap().len();
    std::fs::File::options().write(true).open(&file).unwrap().set_len(length - 1).unwrap();

    let (status, head, wav) = rig.ask_for_head_and_bytes("GET", path, &Value::Null).await;

    assert!(!whole_head.contains("um-damaged"), "{whole_head}");
    assert!(status == 200 && head.contains("\r\num-damaged: true"), "{status} {head}");
    assert_eq!(&wav[..4], b"RIFF");
}

#[tokio::test(flavor = "multi_thread")]
async fn call_is_shown_and_its_hang_up_is_ordered_of_the_core() {
    let rig = Rig::start().await;
    rig.put_call(7, "gw1");

    let shown = rig.get("/v1/calls/7").await.1;
    rig.done("DELETE", "/v1/calls/7", Value::Null).await;
    let unknown = rig.refused("DELETE", "/v1/calls/8", Value::Null).await;

    assert_eq!((&shown["mailbox"], &shown["transport"]), (&json!("4001@hq"), &json!("UDP")));
    assert_eq!(unknown.0, 404);
    assert_eq!(*rig.orders.lock().unwrap(), ["hang up 7"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn disabled_gateway_takes_no_calls_and_ends_the_live_ones_only_if_asked() {
    let rig = Rig::start().await.with_hq().await;
    rig.put_call(1, "gw1");
    rig.put_call(2, "gw2");

    let waiting = rig.done("POST", "/v1/gateways/gw1/disable", Value::Null).await;
    let before = rig.orders.lock().unwrap().clone();
    rig.done("POST", "/v1/gateways/gw1/disable", json!({"immediate": true})).await;

    assert_eq!(waiting, json!({"revision": 3, "live_calls": 1}));
    assert_eq!(before, Vec::<String>::new());
    assert_eq!(*rig.orders.lock().unwrap(), ["hang up gateway gw1"]);
    assert_eq!(rig.get("/v1/gateways/gw1").await.1["gateway"]["status"], "disabled");
    assert_eq!(rig.get("/v1/calls?gateway=gw1").await.1.as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn follower_is_answered_when_the_next_event_is_kept() {
    let rig = Rig::start().await;
    let event = Event::new(&kind::STARTED).with("version", "0.1.0");
    let first = rig.store.append_event(Timestamp::UNIX_EPOCH, &event, 1).unwrap();
    let path = format!("/v1/events?after={}&wait_seconds=60", first.id);

    let (waited, ()) = tokio::join!(rig.get(&path), async {
        // Not before somebody listens, so that the event is news.
        while rig.events.receiver_count() == 0 {
            tokio::task::yield_now().await;
        }
        let second = rig.store.append_event(Timestamp::UNIX_EPOCH, &Event::new(&kind::STOPPED), 1).unwrap();
        rig.events.send(EventRow::new(second.id, second.at, &Event::new(&kind::STOPPED), 1)).unwrap();
    });

    assert_eq!(waited.1[0]["name"], "server-stopped");
    assert_eq!(waited.1.as_array().unwrap().len(), 1);
    assert_eq!(rig.get("/v1/events?limit=1").await.1[0]["sequence"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn stop_does_not_wait_for_followers() {
    let rig = Rig::start().await;
    let events = rig.events.clone();
    let mut follower = UnixStream::connect(&rig.socket).await.unwrap();
    follower.write_all(b"GET /v1/events?wait_seconds=60 HTTP/1.1\r\nHost: um\r\n\r\n").await.unwrap();
    while events.receiver_count() == 0 {
        tokio::task::yield_now().await;
    }

    let stopped = tokio::time::timeout(Duration::from_secs(4), rig.server.stop()).await;

    assert!(stopped.is_ok());
    let mut answer = Vec::new();
    follower.read_to_end(&mut answer).await.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200"));
}

#[tokio::test(flavor = "multi_thread")]
async fn site_goes_out_and_comes_in_again_and_a_dry_run_only_tells_the_difference() {
    let rig = Rig::start().await.with_hq().await;
    let mut site = rig.get("/v1/site").await.1;
    site["dial_plans"][0]["max_call_minutes"] = json!(90);

    let tried = rig.done("PUT", "/v1/site", json!({"site": site, "dry_run": true})).await;
    let unchanged = rig.get("/v1/site").await.1;
    let applied = rig.done("PUT", "/v1/site", json!({"site": site})).await;

    assert_eq!(tried["difference"], json!(["~ dial plan hq: max_call_minutes 30 -> 90"]));
    assert_eq!((&tried["revision"], &unchanged["revision"]), (&json!(2), &json!(2)));
    assert_eq!(applied["revision"], 3);
    assert_eq!(rig.get("/v1/dial-plans/hq").await.1["max_call_minutes"], 90);
}

#[tokio::test(flavor = "multi_thread")]
async fn status_tells_state_ports_counts_and_revision() {
    let rig = Rig::start().await.with_hq().await;
    let address = |text: &str| text.parse().unwrap();
    let listening =
        [(Transport::Tcp, address("127.0.0.1:5070")), (Transport::Tls, address("127.0.0.1:5071"))];
    rig.board.ready(&listening, Timestamp::now());
    rig.put_call(1, "gw1");
    rig.board.count(&Event::new(&kind::CALL_REJECTED));
    rig.board.remove(CallKey(1));

    let status = rig.get("/v1/status").await.1;

    assert_eq!((&status["state"], &status["sip"]["port"]), (&json!("ready"), &json!(5070)));
    assert_eq!((&status["sip"]["tls_port"], &status["sip"]["udp"]), (&json!(5071), &json!(false)));
    assert_eq!((&status["certificate"], &status["media"]["io"]), (&Value::Null, &json!("epoll")));
    assert_eq!(status["calls"], json!({"live": 0, "taken": 1, "refused": 1, "messages_stored": 0}));
    assert_eq!((&status["site"]["revision"], &status["store"]["mailboxes"]), (&json!(2), &json!(1)));
    rig.board.draining();
    assert_eq!(rig.get("/v1/status").await.1["state"], "draining");
}

#[tokio::test(flavor = "multi_thread")]
async fn patch_of_a_mailbox_changes_what_it_names_and_nothing_else() {
    let rig = Rig::start().await.with_hq().await;
    let numbers = json!({"numbers": ["+14255554001"], "email": "ada@example.com"});
    rig.done("PATCH", "/v1/mailboxes/4001", numbers).await;

    let changed = rig.done("PATCH", "/v1/mailboxes/4001", json!({"name": "Ada L.", "email": ""})).await;

    let expected: BTreeMap<&str, Value> =
        [("name", json!("Ada L.")), ("email", Value::Null), ("numbers", json!(["+14255554001"]))].into();
    for (key, value) in expected {
        assert_eq!(changed["mailbox"][key], value, "{key}");
    }
    assert_eq!(changed["pin"], Value::Null);
}

mod attendants;
mod authority;
mod certificates;
mod doctor;
mod greetings;
mod mailbox_pins;
mod observed;
mod prompts;
mod provisioning;
mod route;
mod test_line;
mod trust;
mod trusted_roots;
