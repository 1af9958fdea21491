//! The list of our CA over HTTP: what one server hands out, another takes, and openssl goes by it.

use std::{
    io::{Read, Write},
    net::TcpStream,
    process::{Command, Stdio},
};

use serde_json::Value;
use um_tests::{FaultInjection, Server};

const SERVED: &str =
    "[authority]\ncrl_listen = \"127.0.0.1:0\"\ncrl_url = \"http://127.0.0.1:8080/ca.crl\"\n";

fn path(server: &Server, name: &str) -> String {
    server.folder().join(name).to_str().unwrap().to_owned()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

/// A server with a CA that has issued for gw1.test and gw2.test, and the URL of its list.
fn founder() -> (Server, String) {
    let server = Server::start_with(SERVED, FaultInjection::Off);
    let url = text(&server.um_json(&["status"])["revocation_list"][0]);
    server.um_ok(&["ca", "init", "--name", "Voice CA", "--key", "p-256"]);
    server.um_ok(&["ca", "root", "--to", &path(&server, "root.pem")]);
    for name in ["gw1.test", "gw2.test"] {
        server.um_ok(&["ca", "issue", name, "--to", &path(&server, &format!("{name}.pem"))]);
    }
    (server, url)
}

/// What `openssl` prints, and whether it ended with 0.
fn openssl(args: &[&str]) -> (String, bool) {
    let ran = Command::new("openssl").args(args).stdin(Stdio::null()).output().unwrap();
    let printed = [ran.stdout, ran.stderr].concat();
    (String::from_utf8_lossy(&printed).into_owned(), ran.status.success())
}

/// Gets a file by plain HTTP: status and content type, and where it lies.
fn fetched(server: &Server, url: &str, name: &str) -> (String, String) {
    let (authority, file) = url.strip_prefix("http://").and_then(|rest| rest.split_once('/')).unwrap();
    let mut stream = TcpStream::connect(authority).unwrap();
    write!(stream, "GET /{file} HTTP/1.1\r\nHost: {authority}\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    let kind = head.lines().find_map(|line| line.strip_prefix("content-type: ")).unwrap();
    let kept = path(server, name);
    std::fs::write(&kept, &answer[end + 4..]).unwrap();
    (format!("{} {kind}", head.split(' ').nth(1).unwrap()), kept)
}

#[test]
fn openssl_refuses_what_is_on_the_fetched_list_and_takes_the_rest() {
    let (server, url) = founder();
    server.um_ok(&["ca", "revoke", "gw1.test"]);

    let (status, list) = fetched(&server, &url, "fetched.crl");
    let (root_status, root) = fetched(&server, &url.replace("ca.crl", "ca.pem"), "fetched.pem");

    assert_eq!(status, "200 application/pkix-crl");
    assert_eq!(root_status, "200 application/x-pem-file");
    let pem = path(&server, "fetched.crl.pem");
    assert!(openssl(&["crl", "-inform", "der", "-in", &list, "-out", &pem]).1);
    let verified = |name: &str| {
        let leaf = path(&server, &format!("{name}.pem"));
        openssl(&["verify", "-crl_check", "-CAfile", &root, "-CRLfile", &pem, &leaf])
    };
    let (printed, taken) = verified("gw1.test");
    assert!(!taken && printed.contains("certificate revoked"), "{printed}");
    let (printed, taken) = verified("gw2.test");
    assert!(taken, "{printed}");
    let leaf = path(&server, "gw2.test.pem");
    let (printed, _) = openssl(&["x509", "-in", &leaf, "-noout", "-ext", "crlDistributionPoints"]);
    assert!(printed.contains("URI:http://127.0.0.1:8080/ca.crl"), "{printed}");
    for elsewhere in ["/", "/ca.key", "/authority/ca.key", "/v1/status"] {
        let (status, _) = fetched(&server, &url.replace("/ca.crl", elsewhere), "nothing");
        assert!(status.starts_with("404 "), "{elsewhere}: {status}");
    }
}

#[test]
fn another_server_takes_the_list_from_the_url_and_has_the_newest() {
    let (founder, url) = founder();
    let other = Server::start();
    other.um_ok(&["trust", "add", &path(&founder, "root.pem")]);
    let root = text(&other.um_json(&["trust", "list"])[0]["certificate"]["sha256"]);
    let revoked = || other.um_json(&["trust", "show", &root])["crl"]["revoked"].clone();

    other.um_ok(&["trust", "crl", &root, "--from", &url]);
    assert_eq!(revoked(), 0);
    founder.um_ok(&["ca", "revoke", "gw1.test"]);
    other.um_ok(&["trust", "crl", &root, "--from", &url]);

    assert_eq!(revoked(), 1);
    assert_eq!(other.um_json(&["trust", "show", &root])["crl_source"], url.as_str());
}

#[test]
fn server_without_a_ca_says_so_and_one_without_the_setting_serves_nothing() {
    let server = Server::start_with(SERVED, FaultInjection::Off);
    let url = text(&server.um_json(&["status"])["revocation_list"][0]);

    let (status, _) = fetched(&server, &url, "nothing");

    assert!(status.starts_with("404 "), "{status}");
    let silent = Server::start();
    assert_eq!(silent.um_json(&["status"])["revocation_list"], serde_json::json!([]));
}
