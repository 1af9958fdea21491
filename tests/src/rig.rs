use std::{
    io::{BufRead, BufReader},
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::{Child, ChildStderr, Command, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::{
    Secrets, Writing,
    program::{Ran, run, um_command},
    secrets::Printed,
};

/// The own name of every server under test.
pub const DOMAIN: &str = "um.test";

/// A running `um serve` with an empty data folder of its own, on free ports of 127.0.0.1.
///
/// Ends with its process when dropped: then no secret of its calls may stand in its log, in what `um` printed, or in what
/// it stored (docs/security-modes.md). Its log is printed if the test fails. It may be killed or told to stop, and
/// started again on the same folder, on other ports.
pub struct Server {
    child: Child,
    faults: FaultInjection,
    folder: TempDir,
    log: Arc<Mutex<Vec<String>>>,
    /// What each `um` of the test printed.
    printed: Mutex<Printed>,
    sip: SocketAddr,
    sip_over_tls: SocketAddr,
}

/// Whether `um test fault` works on a server.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FaultInjection {
    /// As in the field.
    Off,
    /// Started with UM_FAULT_INJECTION=1.
    On,
}

/// What servers under test differ in under `[sip]`.
struct SipTable<'a> {
    listen: &'a [&'a str],
    probe_interval: &'a str,
}

impl Server {
    /// Starts a server and waits for its readiness line. Its own name is [`DOMAIN`]; `gw1.test`, `gw2.test` and
    /// `gw3.test` are 127.0.0.1, 127.0.0.2 and 127.0.0.3 to it.
    ///
    /// # Panics
    /// `um` has not been built, or it did not become ready.
    pub fn start() -> Self {
        Self::start_with("", FaultInjection::Off)
    }

    /// The same with more lines in its `um.toml`: whole tables, such as `[server]`.
    ///
    /// # Panics
    /// As [`Server::start`].
    pub fn start_with(more: &str, faults: FaultInjection) -> Self {
        Self::start_on(&["127.0.0.1"], more, faults)
    }

    /// The same, listening on these addresses; 127.0.0.1 is to be the first of them.
    ///
    /// # Panics
    /// As [`Server::start`].
    pub fn start_on(listen: &[&str], more: &str, faults: FaultInjection) -> Self {
        // Its gateways are scripts that count messages, or nobody at all.
        Self::configured(&SipTable { listen, probe_interval: "0s" }, more, faults)
    }

    /// The same as [`Server::start`], with an OPTIONS to each gateway every so often, such as `1s`. Every other server
    /// under test sends none.
    ///
    /// # Panics
    /// As [`Server::start`].
    pub fn start_probing(interval: &str) -> Self {
        let sip = SipTable { listen: &["127.0.0.1"], probe_interval: interval };
        Self::configured(&sip, "", FaultInjection::Off)
    }

    fn configured(sip: &SipTable<'_>, more: &str, faults: FaultInjection) -> Self {
        let SipTable { listen, probe_interval } = sip;
        let folder = TempDir::new().expect("a folder for the server's data");
        let config = config_file(folder.path());
        let text = format!(
            "data_dir = {:?}\n\n[health]\nlisten = \"127.0.0.1:0\"\n\n[sip]\ndomain = {DOMAIN:?}\nlisten = {listen:?}\nport = 0\ntls_port = 0\n\
             probe_interval = {probe_interval:?}\n\n\
             [media]\nports = \"any\"\n\n\
             [dns.hosts]\n\"gw1.test\" = \"127.0.0.1\"\n\"gw2.test\" = \"127.0.0.2\"\n\"gw3.test\" = \"127.0.0.3\"\n\n{more}\n",
            folder.path().join("data")
        );
        std::fs::write(&config, text).expect("the server's configuration can be written");
        let mut child = serve(&config, faults);
        let log = Arc::new(Mutex::new(Vec::new()));
        let ready = follow(stderr_of(&mut child), Arc::clone(&log));
        let nowhere = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
        let printed = Mutex::default();
        let mut server = Self { child, faults, folder, log, printed, sip: nowhere, sip_over_tls: nowhere };
        server.wait_until_ready(&ready);
        server.learn_ports();
        server
    }

    /// Ends the process at once, as `kill -9` does.
    ///
    /// # Panics
    /// The process is gone already.
    pub fn kill(&mut self) {
        assert!(matches!(self.child.try_wait(), Ok(None)), "the server ended by itself");
        self.child.kill().expect("the server can be killed");
        self.child.wait().expect("the killed server can be waited for");
    }

    /// Sends the process a signal by its name, such as `TERM`.
    ///
    /// # Panics
    /// There is no such signal or process.
    pub fn signal(&self, name: &str) {
        // The shell's own `kill`: a bare machine may have no other.
        let sent = Command::new("sh").arg("-c").arg(format!("kill -{name} {}", self.child.id())).status();
        assert!(sent.expect("sh can be run").success(), "SIG{name} could not be sent");
    }

    /// Waits for the end of the process, a minute at most: its exit code.
    ///
    /// # Panics
    /// It goes on, or a signal ended it.
    pub fn exit_code(&mut self) -> i32 {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            if let Some(status) = self.child.try_wait().expect("the server can be waited for") {
                return status.code().unwrap_or_else(|| panic!("a signal ended the server: {status}"));
            }
            assert!(Instant::now() < deadline, "the server goes on");
            thread::yield_now();
        }
    }

    /// Waits until `um status` tells this state.
    ///
    /// # Panics
    /// It does not in ten seconds.
    pub fn wait_for_state(&self, state: &str) {
        let deadline = Instant::now() + Duration::from_secs(10);
        while self.um_json(&["status"])["state"] != state {
            assert!(Instant::now() < deadline, "the server is never {state}");
        }
    }

    /// Starts the server again, on the same folder and with the same `um.toml`.
    ///
    /// # Panics
    /// The old process goes on, or the new one does not become ready.
    pub fn start_again(&mut self) {
        assert!(!matches!(self.child.try_wait(), Ok(None)), "the old server goes on");
        self.child = serve(&config_file(self.folder.path()), self.faults);
        let ready = follow(stderr_of(&mut self.child), Arc::clone(&self.log));
        self.wait_until_ready(&ready);
        self.learn_ports();
    }

    /// A server with a dial plan `hq` (four digits, Unsecured), a gateway `gw1` at 127.0.0.1 that is told of no lamps, and
    /// mailbox 4001.
    pub fn start_with_mailbox() -> Self {
        Self::start_with_mailbox_and("", FaultInjection::Off)
    }

    /// The same with more lines in its `um.toml`.
    ///
    /// # Panics
    /// As [`Server::start`].
    pub fn start_with_mailbox_and(more: &str, faults: FaultInjection) -> Self {
        let server = Self::start_with(more, faults);
        server.um_ok(&[
            "dialplan",
            "create",
            "hq",
            "--extension-digits",
            "4",
            "--voip-security",
            "unsecured",
        ]);
        // Nobody counts lamps but the tests of lamps, which turn them on.
        server.um_ok(&[
            "gateway",
            "create",
            "gw1",
            "--address",
            "127.0.0.1",
            "--dialplan",
            "hq",
            "--message-waiting",
            "false",
        ]);
        server.um_ok(&["mailbox", "enable", "4001", "--dialplan", "hq", "--name", "Ada Example"]);
        server
    }

    /// The server's process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Where the server takes clear SIP, over UDP and TCP.
    pub fn sip(&self) -> SocketAddr {
        self.sip
    }

    /// Where the server takes SIP over mutual TLS.
    pub fn sip_over_tls(&self) -> SocketAddr {
        self.sip_over_tls
    }

    /// The certificate that the server presents, in PEM.
    pub fn certificate(&self) -> String {
        let file = self.folder.path().join("presented.pem");
        let name = file.to_str().expect("temporary folders have names in UTF-8");
        if !file.exists() {
            self.um_ok(&["cert", "export", "--to", name]);
        }
        std::fs::read_to_string(&file).expect("the export is a text")
    }

    /// Writes a file into the server's folder and gives its path.
    pub fn file(&self, name: &str, text: &str) -> String {
        let file = self.folder.path().join(name);
        std::fs::write(&file, text).expect("the server's folder can be written");
        file.to_str().expect("temporary folders have names in UTF-8").to_owned()
    }

    /// The first event with this number of the catalogue that `fits`.
    ///
    /// # Panics
    /// There is none after ten seconds: an event is kept a moment after it has happened.
    pub fn event(&self, id: u16, fits: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let Value::Array(events) = self.um_json(&["events", "--limit", "10000"]) else {
                panic!("`um events --json` is no array")
            };
            let of_kind: Vec<&Value> = events.iter().filter(|event| event["id"] == id).collect();
            if let Some(event) = of_kind.iter().find(|event| fits(&event["fields"])) {
                return (**event).clone();
            }
            assert!(Instant::now() < deadline, "no event {id} fits among {of_kind:#?}");
        }
    }

    /// The server's folder; files that a test makes may lie beside its data.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Runs `um ARGS` against this server.
    pub fn um(&self, args: &[&str]) -> Ran {
        let config = config_file(self.folder.path());
        let ran = run(um_command().args(args).arg("--config").arg(config));
        let mut printed = self.printed.lock().unwrap_or_else(PoisonError::into_inner);
        printed.keep(format!("`um {}`", args.join(" ")), &ran);
        ran
    }

    /// Runs `um ARGS`, which must end with 0, and gives its standard output.
    ///
    /// # Panics
    /// It ended otherwise.
    pub fn um_ok(&self, args: &[&str]) -> String {
        let ran = self.um(args);
        assert_eq!(ran.code, Some(0), "`um {}` failed:\n{}{}", args.join(" "), ran.stdout, ran.stderr);
        ran.stdout
    }

    /// Runs `um ARGS --json`, which must end with 0, and gives the value that it printed.
    ///
    /// # Panics
    /// It ended otherwise or printed no JSON.
    pub fn um_json(&self, args: &[&str]) -> Value {
        let args: Vec<&str> = args.iter().copied().chain(["--json"]).collect();
        let printed = self.um_ok(&args);
        serde_json::from_str(&printed)
            .unwrap_or_else(|error| panic!("`um {}` printed no JSON ({error}):\n{printed}", args.join(" ")))
    }

    /// The mailbox's messages, once there are `count`: a message is stored after the caller has gone.
    ///
    /// # Panics
    /// There are fewer after thirty seconds, or more: a busy disk may take ten for the last of 200.
    pub fn messages(&self, mailbox: &str, count: usize) -> Vec<Value> {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let listed = self.um_json(&["message", "list", mailbox]);
            let Value::Array(messages) = listed else {
                panic!("`um message list --json` is no array: {listed}")
            };
            assert!(messages.len() <= count, "{} messages instead of {count}: {messages:?}", messages.len());
            if messages.len() == count {
                return messages;
            }
            assert!(Instant::now() < deadline, "{} messages instead of {count}", messages.len());
        }
    }

    /// The samples of a stored message, as `um message export` writes them.
    pub fn exported_audio(&self, mailbox: &str, message: &Value) -> Vec<i16> {
        let id =
            message["id"].as_i64().unwrap_or_else(|| panic!("the message has no id: {message}")).to_string();
        let file = self.folder.path().join(format!("{id}.wav"));
        let name = file.to_str().expect("temporary folders have names in UTF-8");
        // `um` overwrites nothing.
        std::fs::remove_file(&file).ok();
        self.um_ok(&["message", "export", mailbox, &id, "--to", name]);
        caller::read_wav(&file).expect("the export is a WAV file")
    }

    /// Where a caller is to write the SRTP keys of its call with this server ([`caller::CallPlan::key_log`]).
    pub fn key_log(&self) -> PathBuf {
        self.folder.path().join("keys-of-the-callers")
    }

    /// The server's log so far.
    pub fn log(&self) -> String {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).join("\n")
    }

    /// The store is where private keys belong; nothing else does.
    fn assert_no_secret_shown(&mut self) {
        let data = self.folder.path().join("data");
        let mut secrets = Secrets::default();
        secrets.add_key_log(&self.key_log());
        let printed = self.printed.get_mut().unwrap_or_else(PoisonError::into_inner);
        printed.pins.iter().for_each(|pin| secrets.add_pin(pin));
        secrets.assert_in_none_of(&Writing::files_below(&data));
        secrets.add_private_keys_below(self.folder.path());
        secrets.assert_in_none_of(&printed.writings);
        secrets
            .assert_in_none_of(&[Writing { place: "the log".to_owned(), octets: self.log().into_bytes() }]);
    }

    fn learn_ports(&mut self) {
        let status = self.um_json(&["status"]);
        let port = |name: &str| {
            let port = status["sip"][name].as_u64().and_then(|port| u16::try_from(port).ok());
            port.unwrap_or_else(|| panic!("`um status --json` names no sip.{name}: {status}"))
        };
        self.sip.set_port(port("port"));
        self.sip_over_tls.set_port(port("tls_port"));
    }

    fn wait_until_ready(&mut self, ready: &Receiver<()>) {
        match ready.recv_timeout(Duration::from_secs(30)) {
            Ok(()) => {}
            Err(RecvTimeoutError::Timeout) => panic!("`um serve` was not ready in 30 s"),
            Err(RecvTimeoutError::Disconnected) => {
                panic!("`um serve` ended before it was ready: {:?}", self.child.wait())
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Either the process is gone already or this ends it; there is nobody to tell.
        self.child.kill().ok();
        self.child.wait().ok();
        if thread::panicking() {
            eprintln!("--- log of um serve ---\n{}\n--- end of log ---", self.log());
        } else {
            self.assert_no_secret_shown();
        }
    }
}

fn serve(config: &Path, faults: FaultInjection) -> Child {
    let mut command = um_command();
    if faults == FaultInjection::On {
        command.env("UM_FAULT_INJECTION", "1");
    }
    command
        .args(["serve", "--config"])
        .arg(config)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("um can be started")
}

fn stderr_of(child: &mut Child) -> ChildStderr {
    child.stderr.take().expect("stderr was piped")
}

/// Keeps the lines of the server's log, and tells when the readiness line has come.
fn follow(stderr: ChildStderr, log: Arc<Mutex<Vec<String>>>) -> Receiver<()> {
    let (ready, is_ready): (Sender<()>, Receiver<()>) = mpsc::channel();
    thread::spawn(move || {
        let mut ready = Some(ready);
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            let told = line.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == "ready");
            log.lock().unwrap_or_else(PoisonError::into_inner).push(line);
            if told && let Some(ready) = ready.take() {
                // The test may have given up waiting.
                ready.send(()).ok();
            }
        }
    });
    is_ready
}

fn config_file(folder: &Path) -> PathBuf {
    folder.join("um.toml")
}
