//! Our own side of the handshakes that we make: `openssl s_server` verifies us, and its own output is the witness.

use std::{
    io::{Read, Write},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use um_tests::{Server, answer_to};

/// `openssl s_server` as a gateway: it demands a certificate, verifies it, and answers OPTIONS. Ends when dropped.
struct SServer {
    child: Child,
    said: Arc<Mutex<String>>,
}

impl SServer {
    /// With one file of certificate and key; it takes whom `root` vouches for.
    fn start(identity: &str, root: &str, version: &str) -> Self {
        let mut child = Command::new("openssl")
            .args(["s_server", "-accept", "127.0.0.1:0", version, "-cert", identity, "-key", identity])
            .args(["-CAfile", root, "-Verify", "1", "-verify_return_error"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let said = Arc::new(Mutex::new(String::new()));
        let answering = child.stdin.take();
        listen(child.stdout.take().unwrap(), Arc::clone(&said), answering);
        listen(child.stderr.take().unwrap(), Arc::clone(&said), None);
        Self { child, said }
    }

    /// What it has printed, once that is in it; the blanks around `=` differ between its versions.
    fn says(&self, expected: &str) -> String {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let said = self.said.lock().unwrap().replace(" = ", "=");
            if said.contains(expected) {
                return said;
            }
            assert!(Instant::now() < deadline, "openssl never says `{expected}`:\n{said}");
            thread::yield_now();
        }
    }

    fn port(&self) -> String {
        let said = self.says("ACCEPT 127.0.0.1:");
        let (_, port) = said.split_once("ACCEPT 127.0.0.1:").unwrap();
        port.lines().next().unwrap().to_owned()
    }
}

impl Drop for SServer {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Keeps what is printed; an OPTIONS in it is answered.
fn listen(mut from: impl Read + Send + 'static, said: Arc<Mutex<String>>, mut answering: Option<ChildStdin>) {
    thread::spawn(move || {
        let (mut own, mut buffer) = (String::new(), [0; 4_096]);
        while let Ok(length @ 1..) = from.read(&mut buffer) {
            let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
            said.lock().unwrap().push_str(&text);
            own.push_str(&text);
            let options = own.find("OPTIONS sip:").and_then(|begin| own.get(begin..)).map(str::to_owned);
            let Some(options) = options.filter(|options| options.contains("\r\n\r\n")) else { continue };
            if let Some(mut stdin) = answering.take() {
                // The empty line before it is none of its commands, which are letters.
                stdin.write_all(b"\r\n").unwrap();
                stdin.write_all(&answer_to(options.as_bytes(), "200 OK")).unwrap();
                stdin.flush().unwrap();
                // Its standard input stays open, or it would end.
                answering = Some(stdin);
                own.clear();
            }
        }
    });
}

/// A server whose certificate is of its own CA, and the files of that root and of its gateway's certificate.
fn server_of_its_own_ca() -> (Server, String, String) {
    let server = Server::start();
    let path = |name: &str| server.folder().join(name).to_str().unwrap().to_owned();
    let (root, own, gateway) = (path("root.pem"), path("own.pem"), path("gw1.pem"));
    server.um_ok(&["ca", "init", "--name", "Voice CA", "--key", "p-256"]);
    server.um_ok(&["ca", "root", "--to", &root]);
    server.um_ok(&["ca", "issue", "um.test", "--key", "p-256", "--to", &own]);
    server.um_ok(&["ca", "issue", "gw1.test", "--key", "p-256", "--to", &gateway]);
    server.um_ok(&["cert", "import", &own]);
    server.um_ok(&["trust", "add", &root]);
    server.um_ok(&["dialplan", "create", "hq", "--extension-digits", "4", "--voip-security", "sip-secured"]);
    server.um_ok(&["gateway", "create", "gw1", "--address", "gw1.test", "--dialplan", "hq"]);
    (server, root, gateway)
}

/// `um test gateway gw1` against it: the words of what is wrong, and all that was found.
fn tested(server: &Server, peer: &SServer) -> (Vec<String>, String) {
    server.um_ok(&["gateway", "set", "gw1", "--tls-port", &peer.port()]);
    let found = server.um(&["test", "gateway", "gw1", "--json"]);
    let facts: Value = serde_json::from_str(&found.stdout).unwrap();
    let findings = facts["findings"].as_array().unwrap().iter();
    let faults = findings.filter(|finding| finding["grade"] == "fault");
    (faults.map(|fault| fault["diagnosis"].as_str().unwrap().to_owned()).collect(), found.stdout)
}

#[test]
fn openssl_that_demands_a_certificate_of_our_ca_takes_ours_where_we_connect() {
    let (server, root, gateway) = server_of_its_own_ca();
    for (version, name) in [("-tls1_3", "TLSv1_3"), ("-tls1_2", "TLSv1_2")] {
        let peer = SServer::start(&gateway, &root, version);

        let (faults, found) = tested(&server, &peer);

        let said = peer.says("CIPHER is");
        assert_eq!(faults, Vec::<String>::new(), "{version}: {found}\n{said}");
        assert!(found.contains(name) && found.contains("answered 200 OK"), "{found}");
        for witnessed in [
            "depth=1 CN=Voice CA\nverify return:1",
            "depth=0 CN=um.test\nverify return:1",
            "subject=CN=um.test\n",
            "issuer=CN=Voice CA\n",
        ] {
            // Its two outputs are read side by side, so each may come a moment later.
            peer.says(witnessed);
        }
        let said = peer.says("CIPHER is");
        assert!(!said.contains("verify error"), "{version}: {said}");
    }
}

#[test]
fn openssl_that_trusts_another_root_refuses_ours_and_we_say_so() {
    let (server, _, gateway) = server_of_its_own_ca();
    let other = caller::TestAuthority::new("Other CA").unwrap();
    let root = server.file("other.pem", &other.certificate_pem());
    for version in ["-tls1_3", "-tls1_2"] {
        let peer = SServer::start(&gateway, &root, version);

        let (faults, found) = tested(&server, &peer);

        let said = peer.says("verify error:num=");
        assert_eq!(faults, ["peer-does-not-trust-us"], "{version}: {found}\n{said}");
    }
}
