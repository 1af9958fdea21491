use std::{
    io::{BufRead, BufReader, Read, Write},
    net::SocketAddr,
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

use caller::{
    AudioCodec, CallPlan, CertificateRequest, MediaOffer, SrtpSuite, StartSpeaking, TestAuthority,
    TestIdentity, TlsPlan,
};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use um_tests::um_binary;

use crate::{
    page::{Cue, repository},
    shape::with_usual_ports,
};

/// `um demo` is the longest.
const LONGEST_COMMAND: Duration = Duration::from_secs(150);
/// Behind it stands the exit code of the command before.
const MARK: &str = "--- end of the command:";
/// What the server calls itself.
const DOMAIN: &str = "um.example.com";

/// A shell in a folder of its own, and the server that was started in it.
pub(crate) struct Terminal {
    shell: Child,
    input: ChildStdin,
    output: Receiver<String>,
    folder: TempDir,
    server: Option<Serving>,
    pbx: TestIdentity,
    calls: Runtime,
}

/// What one command printed, and how it ended.
pub(crate) struct Ran {
    pub(crate) printed: Vec<String>,
    pub(crate) code: i32,
}

struct Serving {
    child: Child,
    log: Receiver<String>,
    sip: Option<SocketAddr>,
    tls: Option<SocketAddr>,
}

impl Terminal {
    pub(crate) fn open() -> Self {
        let folder = TempDir::new().unwrap();
        let desk = folder.path().join("desk");
        std::fs::create_dir(&desk).unwrap();
        let pbx = TestIdentity::self_signed(&CertificateRequest::named("pbx.example.com")).unwrap();
        std::fs::write(desk.join("pbx.pem"), pbx.certificate_pem()).unwrap();
        let vendor = TestAuthority::new("Vendor Root").unwrap();
        std::fs::write(desk.join("vendor-root.pem"), vendor.certificate_pem()).unwrap();
        std::os::unix::fs::symlink(repository().join("config"), desk.join("config")).unwrap();
        let settings = folder.path().join("um.toml");
        let text = format!(
            "data_dir = {:?}\n[sip]\ndomain = {DOMAIN:?}\nlisten = [\"127.0.0.1\"]\nport = 0\ntls_port = 0\nprobe_interval = \"0s\"\n\
             [health]\nlisten = \"off\"\n[media]\nports = \"any\"\n[dns.hosts]\n\"pbx.example.com\" = \"127.0.0.1\"\n",
            desk.join("um-data")
        );
        std::fs::write(&settings, text).unwrap();
        let programs = um_binary().parent().unwrap().to_owned();
        let mut shell = Command::new("bash")
            .args(["--noprofile", "--norc"])
            .env_clear()
            .env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", programs.display()))
            .env("HOME", &desk)
            .env("LC_ALL", "C.UTF-8")
            .env("UM_CONFIG", settings)
            .current_dir(desk)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = shell.stdin.take().unwrap();
        input.write_all(b"exec 2>&1\n").unwrap();
        let output = lines_of(shell.stdout.take().unwrap());
        let calls = Runtime::new().unwrap();
        Self { shell, input, output, folder, server: None, pbx, calls }
    }

    /// Types a command and waits for its end; a server, until it is ready.
    pub(crate) fn type_in(&mut self, command: &str) -> Ran {
        let command = meant_here(command);
        let mut ran = if command.starts_with("um serve") { self.serve(&command) } else { self.run(&command) };
        if command.starts_with("kill ") {
            self.wait_for_the_servers_end(if command.starts_with("kill -KILL ") { None } else { Some(0) });
        }
        let ports = self.server.as_ref().map(Serving::ports).unwrap_or_default();
        ran.printed.iter_mut().for_each(|line| *line = with_usual_ports(line, &ports));
        ran
    }

    fn run(&mut self, command: &str) -> Ran {
        // Not from our own pipe: the next command stands there.
        let typed = format!("{{ {command}\n}} </dev/null\nprintf '\\n{MARK} %d\\n' $?\n");
        self.input.write_all(typed.as_bytes()).unwrap();
        let deadline = Instant::now() + LONGEST_COMMAND;
        let mut printed = Vec::new();
        loop {
            let line = match self.output.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => line,
                Err(error) => panic!("`{command}` does not end ({error}); it printed {printed:#?}"),
            };
            if let Some(code) = line.strip_prefix(MARK) {
                if printed.last().is_some_and(String::is_empty) {
                    printed.pop();
                }
                return Ran { printed, code: code.trim().parse().unwrap() };
            }
            printed.push(line);
        }
    }

    /// Runs the server beside the shell, with the shell's environment.
    fn serve(&mut self, command: &str) -> Ran {
        let environment = self.folder.path().join("environment");
        let told = self.run(&format!("env -0 >'{}'", environment.display()));
        assert_eq!(told.code, 0, "{:?}", told.printed);
        let environment = std::fs::read(environment).unwrap();
        let environment = environment.split(|octet| *octet == 0).filter_map(|variable| {
            let (name, value) = std::str::from_utf8(variable).unwrap().split_once('=')?;
            Some((name.to_owned(), value.to_owned()))
        });
        let environment: Vec<(String, String)> = environment.collect();
        let desk = environment.iter().find(|(name, _)| name == "PWD").unwrap().1.clone();
        let mut child = Command::new("bash")
            .args(["--noprofile", "--norc", "-c", &format!("exec {command}")])
            .env_clear()
            .envs(environment)
            .current_dir(desk)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = lines_of(child.stderr.take().unwrap());
        let mut printed = Vec::new();
        loop {
            match log.recv_timeout(Duration::from_secs(60)) {
                Ok(line) => printed.push(line),
                Err(RecvTimeoutError::Timeout) => {
                    panic!("`{command}` is not ready after a minute: {printed:#?}")
                }
                Err(RecvTimeoutError::Disconnected) => {
                    return Ran { printed, code: child.wait().unwrap().code().unwrap_or(-1) };
                }
            }
            if let Some(facts) = printed.last().and_then(|line| line.strip_prefix("ready: ")) {
                let place =
                    |what: &str| facts.split(", ").find_map(|fact| fact.strip_prefix(what)?.parse().ok());
                self.server = Some(Serving { child, log, sip: place("sip "), tls: place("sip over tls ") });
                return Ran { printed, code: 0 };
            }
        }
    }

    /// After a signal.
    fn wait_for_the_servers_end(&mut self, code: Option<i32>) {
        let mut server = self.server.take().expect("a page kills the server that it started");
        let deadline = Instant::now() + Duration::from_secs(90);
        let mut log = Vec::new();
        loop {
            match server.log.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => log.push(line),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("the server goes on after the signal"),
            }
        }
        assert_eq!(server.child.wait().unwrap().code(), code, "{log:#?}");
    }

    /// Does what happens around the reader.
    pub(crate) fn happen(&mut self, cue: &Cue) {
        match cue {
            Cue::Message { number } => {
                let plan = self.speaking(number, Duration::from_secs(3));
                self.leave(number, plan);
            }
            Cue::SecuredMessage { number } => {
                let plan = self.speaking(number, Duration::from_secs(3));
                let plan = self.secured(plan);
                self.leave(number, plan);
            }
            Cue::Refusal { number } => {
                let plan = self.speaking(number, Duration::ZERO);
                let outcome = self.calls.block_on(caller::place_call(plan)).unwrap();
                assert!(outcome.status >= 400, "{outcome:?}");
            }
            Cue::Speaking { number } => {
                let plan = self.speaking(number, Duration::from_secs(60));
                let progress = plan.progress.clone();
                let call = self.calls.spawn(caller::place_call(plan));
                let deadline = Instant::now() + Duration::from_secs(20);
                while progress.spoken() < Duration::from_secs(3) {
                    assert!(Instant::now() < deadline && !call.is_finished(), "the caller never spoke");
                    thread::yield_now();
                }
            }
        }
    }

    fn speaking(&self, number: &str, length: Duration) -> CallPlan {
        // `4001@hq` is for the command line; a caller dials 4001.
        let dialled = number.split_once('@').map_or(number, |(extension, _)| extension);
        let mut plan = CallPlan::new(self.server.as_ref().unwrap().sip.unwrap(), dialled);
        plan.start_speaking = StartSpeaking::SkipGreeting;
        plan.speech = caller::speech_like_noise(length);
        plan.deadline = Duration::from_secs(120);
        plan
    }

    fn secured(&mut self, mut plan: CallPlan) -> CallPlan {
        let ours = self.folder.path().join("ours.pem");
        let exported = self.run(&format!("um cert export --to '{}'", ours.display()));
        assert_eq!(exported.code, 0, "{:?}", exported.printed);
        plan.target = self.server.as_ref().unwrap().tls.unwrap();
        plan.media =
            MediaOffer::Savp { codecs: vec![AudioCodec::Pcmu], suites: vec![SrtpSuite::AesCm128HmacSha1_80] };
        let ours = std::fs::read_to_string(ours).unwrap();
        plan.over_tls(TlsPlan::new(Some(self.pbx.clone()), &ours, DOMAIN))
    }

    /// Places the call and waits for its message.
    fn leave(&mut self, number: &str, plan: CallPlan) {
        let listing = format!("um message list {number} --json");
        let before = self.run(&listing).printed;
        let outcome = self.calls.block_on(caller::place_call(plan)).unwrap();
        assert_eq!(outcome.status, 200, "{outcome:?}");
        let deadline = Instant::now() + Duration::from_secs(20);
        while self.run(&listing).printed == before {
            assert!(Instant::now() < deadline, "no message for {number} is listed");
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Gone already, or ended by this; there is nobody to tell.
        if let Some(server) = &mut self.server {
            server.child.kill().ok();
            server.child.wait().ok();
        }
        self.shell.kill().ok();
        self.shell.wait().ok();
    }
}

impl Serving {
    /// The real ports, each with the one that pages show.
    fn ports(&self) -> Vec<(u16, u16)> {
        let clear = self.sip.map(|address| (address.port(), 5060));
        clear.into_iter().chain(self.tls.map(|address| (address.port(), 5061))).collect()
    }
}

/// A command of a page as it is run: the program under test has been built.
fn meant_here(command: &str) -> String {
    if command.starts_with("cargo build ") {
        return ":".to_owned();
    }
    match command.strip_prefix("cargo run ").and_then(|rest| rest.split_once("-- ")) {
        Some((_, arguments)) => format!("um {arguments}"),
        None => command.to_owned(),
    }
}

fn lines_of(stream: impl Read + Send + 'static) -> Receiver<String> {
    let (lines, read) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            if lines.send(line).is_err() {
                return;
            }
        }
    });
    read
}
