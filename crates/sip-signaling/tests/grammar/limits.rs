//! Every number of `sip_signaling::limits` that is not tested beside its code.

use bytes::Bytes;
use sip_signaling::limits::{
    MAX_HEADER_LINE, MAX_HEADERS, MAX_MESSAGE, MAX_OPTION_TAGS, MAX_QUOTED_VALUE, MAX_RECORD_ROUTES, MAX_VIA,
};
use sip_signaling::{ParseFailure, parse_datagram};

use crate::rig::{Verdict, request, verdict};

const NEEDED: usize = 5;

fn options(extra: &str) -> Bytes {
    Bytes::from(format!(
        "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP c;branch=z9hG4bK1\r\nFrom: <sip:x>;tag=1\r\nTo: <sip:a@b>\r\n\
         Call-ID: 1\r\nCSeq: 1 OPTIONS\r\n{extra}\r\n"
    ))
}

#[test]
fn as_many_headers_as_allowed_are_taken_and_one_more_is_not() {
    assert_eq!(verdict(&options(&"X: y\r\n".repeat(MAX_HEADERS - NEEDED))), Verdict::Accepted);
    assert_eq!(
        verdict(&options(&"X: y\r\n".repeat(MAX_HEADERS - NEEDED + 1))),
        Verdict::Answered(400, "Too Many Headers")
    );
}

#[test]
fn a_header_line_may_be_8_kib_with_its_folds() {
    let line = |length: usize| format!("X: a\r\n {}\r\n", "b".repeat(length - 9));

    assert_eq!(line(MAX_HEADER_LINE).len(), 8192);
    assert_eq!(verdict(&options(&line(MAX_HEADER_LINE))), Verdict::Accepted);
    assert_eq!(verdict(&options(&line(MAX_HEADER_LINE + 1))), Verdict::Answered(400, "Header Line Too Long"));
}

#[test]
fn a_start_line_may_be_8_kib() {
    let start = |length: usize| {
        let uri = format!("sip:{}@b", "a".repeat(length - 24));
        Bytes::from(
            String::from_utf8(options("").to_vec())
                .unwrap()
                .replace("OPTIONS sip:a@b", &format!("OPTIONS {uri}")),
        )
    };

    assert_eq!(verdict(&start(MAX_HEADER_LINE)), Verdict::Accepted);
    assert_eq!(verdict(&start(MAX_HEADER_LINE + 1)), Verdict::Answered(400, "Start Line Too Long"));
}

#[test]
fn vias_are_counted_over_lines_and_commas() {
    let vias = |count: usize| format!("Via: {}SIP/2.0/UDP d\r\n", "SIP/2.0/UDP d,".repeat(count - 1));

    assert_eq!(verdict(&options(&vias(MAX_VIA - 1))), Verdict::Accepted);
    assert_eq!(verdict(&options(&vias(MAX_VIA))), Verdict::Answered(400, "Too Many Via"));
}

#[test]
fn record_routes_are_counted() {
    let routes = |count: usize| "Record-Route: <sip:p;lr>\r\n".repeat(count);

    assert_eq!(request(&options(&routes(MAX_RECORD_ROUTES))).1.record_routes.len(), 70);
    assert_eq!(
        verdict(&options(&routes(MAX_RECORD_ROUTES + 1))),
        Verdict::Answered(400, "Too Many Record-Route")
    );
}

#[test]
fn option_tags_are_counted() {
    let tags = |name: &str, count: usize| format!("{name}: {}\r\n", vec!["t"; count].join(","));

    assert_eq!(request(&options(&tags("Require", MAX_OPTION_TAGS))).1.require.len(), 64);
    assert_eq!(
        verdict(&options(&tags("Require", MAX_OPTION_TAGS + 1))),
        Verdict::Answered(400, "Too Many Require")
    );
    assert_eq!(request(&options(&tags("Supported", MAX_OPTION_TAGS + 1))).1.supported.len(), 64);
}

#[test]
fn a_message_may_be_64_kib() {
    let with_body = |length: usize| {
        let head = options("");
        Bytes::from([head.as_ref(), &vec![b'x'; length - head.len()]].concat())
    };

    assert_eq!(verdict(&with_body(MAX_MESSAGE)), Verdict::Accepted);
    assert_eq!(verdict(&with_body(MAX_MESSAGE + 1)), Verdict::Answered(400, "Message Too Large"));
}

#[test]
fn a_detail_quotes_the_beginning_of_a_value_in_printable_form() {
    let failure =
        parse_datagram(&options(&format!("Content-Length: \x1b[31m{}\r\n", "9".repeat(200)))).unwrap_err();

    let ParseFailure::Answer { detail, .. } = failure else { panic!("an answer") };
    assert_eq!(detail, format!("Bad Content-Length: `\\x1b[31m{}`", "9".repeat(MAX_QUOTED_VALUE - 5)));
}
