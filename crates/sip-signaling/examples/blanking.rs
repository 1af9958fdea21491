//! What it costs to keep messages for `um trace`, beside what reading them costs: CPU time of one message, median of nine
//! rounds. `cargo run --release -p sip-signaling --example blanking`.
#![expect(clippy::print_stdout, reason = "a program for people")]

use std::{hint::black_box, time::Instant};

use bytes::Bytes;
use sip_signaling::{Message, RequestHead, blank_secrets, parse_datagram};

const MESSAGES: u32 = 20_000;
const ROUNDS: usize = 9;

const INVITE: &str = "INVITE sip:5002@um.example.com;transport=tls SIP/2.0\r\n\
    Via: SIP/2.0/TLS gw.example.com:5061;branch=z9hG4bK776asdhds;alias;rport\r\nMax-Forwards: 70\r\n\
    From: \"Alice Wong\" <sip:2065550100@gw.example.com>;tag=1928301774\r\nTo: <sip:5002@um.example.com>\r\n\
    Call-ID: a84b4c76e66710@gw.example.com\r\nCSeq: 314159 INVITE\r\n\
    Contact: <sip:2065550100@gw.example.com:5061;transport=tls>\r\n\
    Diversion: <sip:4001@gw.example.com>;reason=no-answer;counter=1\r\n\
    P-Asserted-Identity: \"Alice Wong\" <sip:2065550100@gw.example.com>\r\n\
    Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE, INFO, NOTIFY, REFER\r\nSupported: timer, replaces, 100rel\r\n\
    Session-Expires: 1800;refresher=uac\r\nMin-SE: 90\r\nUser-Agent: Example-SBC/7.40A\r\n\
    Content-Type: application/sdp\r\nContent-Length: 495\r\n\r\n\
    v=0\r\no=gw 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 7000 RTP/SAVP 0 8 101\r\n\
    a=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\n\
    a=crypto:1 AEAD_AES_256_GCM inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVzWVNfX19zZW1jdGwgKCk=|2^31\r\n\
    a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^31\r\n\
    a=crypto:3 AES_CM_128_HMAC_SHA1_32 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^31\r\na=sendrecv\r\n";

fn main() {
    let bye = INVITE.split("\r\n\r\n").next().unwrap_or_default().replace("INVITE", "BYE") + "\r\n\r\n";
    for (name, message) in
        [("INVITE with SDP and three keys", INVITE.to_owned()), ("request without a body", bye)]
    {
        let bytes = Bytes::from(message);
        let blanking = median(|| {
            black_box(blank_secrets(black_box(&bytes)));
        });
        let reading = median(|| {
            if let Ok(Message::Request(request)) = parse_datagram(black_box(&bytes)) {
                black_box(RequestHead::read(&request).is_ok());
            }
        });
        println!("{name}, {} octets: blanked in {blanking} ns, read in {reading} ns", bytes.len());
    }
}

fn median(mut work: impl FnMut()) -> u128 {
    let mut rounds: Vec<u128> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            (0..MESSAGES).for_each(|_| work());
            start.elapsed().as_nanos() / u128::from(MESSAGES)
        })
        .collect();
    rounds.sort_unstable();
    rounds.get(ROUNDS / 2).copied().unwrap_or_default()
}
