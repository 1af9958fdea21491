use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

use super::*;

/// A server that answers every GET with its path, and the client's end of its connection.
fn served() -> (DuplexStream, tokio::task::JoinHandle<Result<(), String>>) {
    let (client, server) = duplex(64 * 1024);
    let serving = tokio::spawn(answer_one(server, |request: Request<Incoming>| async move {
        line(StatusCode::OK, request.uri().path())
    }));
    (client, serving)
}

async fn asked(request: &str) -> (String, Result<(), String>) {
    let (mut client, serving) = served();
    client.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    (answer, serving.await.unwrap())
}

#[tokio::test]
async fn one_request_is_answered_and_the_connection_is_closed() {
    let (answer, outcome) =
        asked("GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n").await;

    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\n/a\n"), "{answer}");
    assert!(answer.contains("connection: close\r\n"), "{answer}");
    assert_eq!(outcome, Ok(()));
}

#[tokio::test]
async fn everything_but_get_and_head_gets_405() {
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "CONNECT", "BREW"] {
        let (answer, outcome) =
            asked(&format!("{method} /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 405 "), "{method}: {answer}");
        assert!(answer.contains("allow: GET, HEAD\r\n"), "{method}: {answer}");
        assert_eq!(outcome, Err("the method is neither GET nor HEAD".to_owned()));
    }
    let (answer, _) = asked("HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("\r\n\r\n"), "{answer}");
}

#[tokio::test]
async fn head_that_is_too_long_or_has_too_many_fields_is_refused_and_told() {
    let long = format!("GET /a HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(8_192));
    let many = format!("GET /a HTTP/1.1\r\n{}\r\n", "X: x\r\n".repeat(33));
    let fitting = format!("GET /a HTTP/1.1\r\n{}\r\n", "X: x\r\n".repeat(32));

    for request in [long, many] {
        let (answer, outcome) = asked(&request).await;
        assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
        assert!(outcome.is_err());
    }
    assert!(asked(&fitting).await.0.starts_with("HTTP/1.1 200 "));
    let (answer, outcome) = asked("\u{1}\u{2} rubbish\r\n\r\n").await;
    assert!(!answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(outcome.is_err());
}

#[tokio::test(start_paused = true)]
async fn who_sends_no_request_is_cut_off_after_ten_seconds() {
    let (mut client, serving) = served();
    client.write_all(b"GET /a HTTP/1.1\r\n").await.unwrap();
    let start = tokio::time::Instant::now();

    let outcome = serving.await.unwrap();

    assert_eq!(outcome, Err("no request, or nobody to take the answer, in 10 s".to_owned()));
    assert_eq!(start.elapsed().as_secs(), 10);
}

#[tokio::test]
async fn who_leaves_without_a_word_is_no_error() {
    let (client, serving) = served();

    drop(client);

    assert_eq!(serving.await.unwrap(), Ok(()));
}
