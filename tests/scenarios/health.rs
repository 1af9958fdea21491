//! What monitoring is told over HTTP: metrics, health and readiness.
use std::{
    io::{Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use um_tests::{FaultInjection, Server};

/// Status, content type and body of one request.
fn ask(server: &Server, method: &str, path: &str) -> (u16, String, String) {
    let status = server.um_json(&["status"]);
    let url = status["health"][0].as_str().unwrap_or_else(|| panic!("no health in {status:#}"));
    let address = url.strip_prefix("http://").unwrap().strip_suffix("/metrics").unwrap().to_owned();
    ask_at(&address, method, path)
}

fn ask_at(address: &str, method: &str, path: &str) -> (u16, String, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "{method} {path} HTTP/1.1\r\nHost: um\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let of_type = head.lines().find_map(|line| line.strip_prefix("content-type: ")).unwrap_or_default();
    let status = head.split(' ').nth(1).unwrap();
    (status.parse().unwrap(), of_type.to_owned(), body.to_owned())
}

fn checks(body: &str) -> Vec<(String, bool)> {
    let report: Value = serde_json::from_str(body).unwrap();
    let checks = report["checks"].as_array().unwrap();
    checks
        .iter()
        .map(|check| (check["check"].as_str().unwrap().to_owned(), check["passes"] == true))
        .collect()
}

#[test]
fn server_that_takes_calls_is_healthy_and_ready_and_its_page_is_that_of_um_metrics() {
    let server = Server::start_with_mailbox();

    let (status, of_type, page) = ask(&server, "GET", "/metrics");
    assert_eq!((status, of_type.as_str()), (200, "text/plain; version=0.0.4; charset=utf-8"));
    let names = |page: &str| -> Vec<String> {
        page.lines().filter(|line| line.starts_with("# TYPE ")).map(str::to_owned).collect()
    };
    assert_eq!(names(&page), names(&server.um_ok(&["metrics"])));
    for line in ["um_ready 1", "um_store_up 1", "um_mailboxes{dial_plan=\"hq\"} 1", "um_calls_limit 1000"] {
        assert!(page.lines().any(|found| found == line), "{line} is not in {page}");
    }

    let (status, of_type, body) = ask(&server, "GET", "/healthz");
    assert_eq!(
        (status, of_type.as_str(), checks(&body)),
        (200, "application/json", vec![("store".into(), true)])
    );
    let (status, _, body) = ask(&server, "GET", "/readyz");
    let all = ["state", "listeners", "store", "disk", "certificate"].map(|check| (check.to_owned(), true));
    assert_eq!((status, checks(&body)), (200, all.to_vec()));
    assert_eq!(ask(&server, "GET", "/").0, 404);
    assert_eq!(ask(&server, "POST", "/metrics").0, 405);
}

#[test]
fn server_below_its_disk_mark_is_healthy_and_not_ready() {
    let server = Server::start_with("[server]\ndisk_soft = \"99%\"\n", FaultInjection::Off);

    let (status, _, body) = ask(&server, "GET", "/readyz");

    let report: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, &report["passes"]), (503, &json!(false)), "{body}");
    let failed: Vec<&Value> =
        report["checks"].as_array().unwrap().iter().filter(|check| check["passes"] == false).collect();
    assert_eq!(failed.len(), 1, "{body}");
    assert_eq!(failed[0]["check"], "disk");
    assert!(failed[0]["reason"].as_str().unwrap().contains("disk_soft"), "{body}");
    assert!(failed[0]["remedy"].as_str().unwrap().contains("free space"), "{body}");
    assert_eq!(ask(&server, "GET", "/healthz").0, 200);
    let (_, _, page) = ask(&server, "GET", "/metrics");
    assert!(page.contains("\num_ready 0\n") && page.contains("\num_store_disk_state 1\n"), "{page}");
}

#[tokio::test]
async fn server_that_stops_is_not_ready_while_its_last_caller_finishes() {
    let mut server = Server::start_with_mailbox();
    let status = server.um_json(&["status"]);
    let url = status["health"][0].as_str().unwrap().to_owned();
    let address = url.strip_prefix("http://").unwrap().strip_suffix("/metrics").unwrap().to_owned();
    let mut plan = caller::CallPlan::new(server.sip(), "4001");
    plan.speech = caller::speech_like_noise(Duration::from_secs(3));
    let call = tokio::spawn(caller::place_call(plan));
    let deadline = Instant::now() + Duration::from_secs(20);
    while server.um_json(&["calls", "list"]).as_array().unwrap().is_empty() {
        assert!(Instant::now() < deadline, "the call is never up");
        tokio::task::yield_now().await;
    }

    server.signal("TERM");
    server.wait_for_state("draining");
    let (status, _, body) = ask_at(&address, "GET", "/readyz");

    assert_eq!((status, &checks(&body)[0]), (503, &("state".to_owned(), false)), "{body}");
    assert_eq!(ask_at(&address, "GET", "/healthz").0, 200);
    assert_eq!(call.await.unwrap().unwrap().status, 200);
    assert_eq!(server.exit_code(), 0);
}
