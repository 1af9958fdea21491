//! Loads vectors and asks the questions that many tests ask.

use std::path::PathBuf;

use bytes::Bytes;
use sip_signaling::{
    Message, ParseFailure, Request, RequestHead, Response, ResponseHead, StatusCode, parse_datagram,
};

/// Every file of `tests/vectors/<corpus>` that is a message, by name.
pub fn corpus(corpus: &str) -> Vec<(String, Bytes)> {
    let mut messages: Vec<_> = std::fs::read_dir(folder(corpus))
        .expect("the vectors lie in the repository")
        .map(|entry| entry.expect("a readable folder").path())
        .filter(|path| path.extension().is_none_or(|extension| extension != "md"))
        .map(|path| {
            let name = path.file_stem().expect("a file name").to_string_lossy().into_owned();
            (name, Bytes::from(std::fs::read(&path).expect("a readable file")))
        })
        .collect();
    messages.sort();
    messages
}

/// One message of a corpus.
pub fn vector(corpus: &str, file: &str) -> Bytes {
    Bytes::from(std::fs::read(folder(corpus).join(file)).expect("the vector lies in the repository"))
}

fn folder(corpus: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors").join(corpus)
}

/// Reads a request and its head, and checks that the request prints back as it came.
pub fn request(bytes: &Bytes) -> (Request, RequestHead) {
    let request = match parse_datagram(bytes) {
        Ok(Message::Request(request)) => request,
        other => panic!("a request, not {other:?}"),
    };
    let printed = request.to_bytes();
    assert_eq!(printed, bytes.slice(..printed.len()));
    let head = RequestHead::read(&request).expect("a whole head");
    (request, head)
}

/// Reads a response and its head, and checks that the response prints back as it came.
pub fn response(bytes: &Bytes) -> (Response, ResponseHead) {
    let response = match parse_datagram(bytes) {
        Ok(Message::Response(response)) => response,
        other => panic!("a response, not {other:?}"),
    };
    let printed = response.to_bytes();
    assert_eq!(printed, bytes.slice(..printed.len()));
    let head = ResponseHead::read(&response).expect("a whole head");
    (response, head)
}

/// What a server does with a message before any transaction.
#[derive(Debug, PartialEq)]
pub enum Verdict {
    Accepted,
    Answered(u16, &'static str),
    Dropped,
}

/// Reads message and head; an answer is checked to be a readable response.
pub fn verdict(bytes: &Bytes) -> Verdict {
    let failure = match parse_datagram(bytes) {
        Ok(Message::Request(request)) => RequestHead::read(&request).err(),
        Ok(Message::Response(response)) => ResponseHead::read(&response).err(),
        Err(failure) => Some(failure),
    };
    match failure {
        None => Verdict::Accepted,
        Some(ParseFailure::Drop { .. }) => Verdict::Dropped,
        Some(ParseFailure::Answer { status, phrase, response_bytes, .. }) => {
            check_answer(bytes, status, &response_bytes);
            Verdict::Answered(status.code(), phrase)
        }
    }
}

fn check_answer(request: &Bytes, status: StatusCode, answer: &Bytes) {
    let Ok(Message::Response(response)) = parse_datagram(answer) else { panic!("{answer:?} is a response") };
    assert_eq!(response.status, status);
    assert!(answer.len() <= request.len() + 64, "{} bytes for {}", answer.len(), request.len());
}
