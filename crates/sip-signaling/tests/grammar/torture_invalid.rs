//! RFC 4475: what must be refused, and how. `security-modes.md` section 0 rule 1 decides between 400, 505 and silence.

use crate::rig::{Verdict, vector, verdict};

fn load(name: &str) -> bytes::Bytes {
    vector("rfc4475", &format!("{name}.dat"))
}

#[test]
fn requests_with_a_malformed_needed_header_get_400_with_the_cause() {
    let cases = [
        ("badaspec", "Bad To"),
        ("baddn", "Bad From"),
        ("badinv01", "Bad Via"),
        ("clerr", "Content-Length Beyond Datagram"),
        ("escruri", "Request-URI With Headers"),
        ("ltgtruri", "Bad Request-URI"),
        ("lwsruri", "Bad Request Line"),
        ("lwsstart", "Bad Request Line"),
        ("mcl01", "Several Content-Length"),
        ("mismatch01", "CSeq Of Another Method"),
        ("mismatch02", "CSeq Of Another Method"),
        ("multi01", "Several CSeq"),
        ("ncl", "Bad Content-Length"),
        ("quotbal", "Bad To"),
        ("regbadct", "Bad Contact"),
        ("scalar02", "Bad CSeq"),
        ("trws", "Bad Request Line"),
    ];
    for (name, phrase) in cases {
        assert_eq!(verdict(&load(name)), Verdict::Answered(400, phrase), "{name}");
    }
}

#[test]
fn a_request_of_another_version_gets_505() {
    // Its Via is of version 7.0 too, so nothing says that an answer of 2.0 would find its way.
    assert_eq!(verdict(&load("badvers")), Verdict::Dropped);

    let ours = String::from_utf8(load("badvers").to_vec())
        .expect("text")
        .replace("Via:     SIP/7.0", "Via: SIP/2.0");
    assert_eq!(verdict(&ours.into()), Verdict::Answered(505, "Version Not Supported"));
}

#[test]
fn responses_that_cannot_be_read_are_dropped() {
    assert_eq!(verdict(&load("bigcode")), Verdict::Dropped);
    assert_eq!(verdict(&load("scalarlg")), Verdict::Dropped);
}

#[test]
fn a_request_without_the_headers_of_an_answer_is_dropped() {
    assert_eq!(verdict(&load("insuf")), Verdict::Dropped);
}

#[test]
fn a_malformed_date_is_passed_over() {
    assert_eq!(verdict(&load("baddate")), Verdict::Accepted);
}
