#![expect(clippy::string_slice, reason = "a test may fail by panicking")]

use proptest::prelude::*;

use super::*;

const KEY: &str = "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";
const ENDINGS: [&str; 3] = ["\r\n", "\n", "\r"];

fn shown(message: &str) -> String {
    String::from_utf8(blank_secrets(message.as_bytes())).unwrap()
}

/// `lines` as a message with each kind of line end.
fn in_every_ending(lines: &[&str]) -> Vec<(String, &'static str)> {
    ENDINGS.map(|ending| (lines.iter().map(|line| format!("{line}{ending}")).collect(), ending)).to_vec()
}

#[test]
fn message_without_secrets_stands_as_it_came() {
    let message = "INVITE sip:5000@um.example.com;transport=tls SIP/2.0\r\n\
                   Via: SIP/2.0/TLS gw.example.com:5061;branch=z9hG4bK1\r\nMax-Forwards: 70\r\n\
                   From: \"A: B\" <sip:2065550100@gw.example.com>;tag=a\r\nTo: <sip:5000@um.example.com>\r\n\
                   Contact: <sip:gw@192.0.2.1:5061>,<sips:192.0.2.2:5061>\r\n\
                   Refer-To: <sip:a@b?Replaces=1%40c>\r\nSubject: inline\r\n  folded: yes\r\nCSeq: 1 INVITE\r\n\
                   Content-Type: application/sdp\r\nContent-Length: 99\r\n\r\n\
                   v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 7000 RTP/SAVP 0 101\r\n\
                   a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=fingerprint:sha-256 AB:CD\r\na=sendrecv\r\n";

    assert_eq!(shown(message), message);
}

#[test]
fn master_keys_are_blanked_in_every_line_end_and_case_and_the_rest_of_the_line_stays() {
    let parameters = "|2^20|1:4 UNENCRYPTED_SRTCP";
    for (attribute, method) in [("a=crypto", "inline"), ("A=CRYPTO", "INLINE"), (" a = Crypto", "Inline")] {
        let line = |key: &str| format!("{attribute}:1 AES_CM_128_HMAC_SHA1_80 {method}:{key}{parameters}");
        let [key, blank] = [KEY, "[blanked]"].map(line);
        let lines = ["SIP/2.0 200 OK", "Content-Type: application/sdp", "", "v=0", &key, "a=sendrecv"];
        for (message, ending) in in_every_ending(&lines) {
            let expected = message.replace(&key, &blank);
            assert_ne!(expected, message);

            assert_eq!(shown(&message), expected, "{ending:?}");
        }
    }
}

#[test]
fn every_key_of_a_line_is_blanked_and_so_is_one_that_stands_where_none_belongs() {
    let rows = [
        (
            format!(
                "a=crypto:1 AEAD_AES_256_GCM inline:{KEY}|1:4;inline:{KEY}|2:4 FEC_KEY=inline:{KEY} WSH=64"
            ),
            "a=crypto:1 AEAD_AES_256_GCM inline:[blanked]|1:4;inline:[blanked]|2:4 FEC_KEY=inline:[blanked] WSH=64",
        ),
        (
            format!("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline: {KEY}"),
            "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline: [blanked]",
        ),
        (
            format!("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inlin:{KEY}"),
            "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inlin:[blanked]",
        ),
        (format!("a=crypto:{KEY}"), "a=crypto:[blanked]"),
        (
            format!("a=crypto:1 AES_256_CM_HMAC_SHA1_80\r\n inline:{KEY}"),
            "a=crypto:1 AES_256_CM_HMAC_SHA1_80\r\n inline:[blanked]",
        ),
        (
            format!("a=acap:1 crypto:1 AES_CM_128_HMAC_SHA1_32 inline:{KEY}"),
            "a=acap:1 crypto:1 AES_CM_128_HMAC_SHA1_32 inline:[blanked]",
        ),
        (format!("Subject: inline:{KEY}"), "Subject: inline:[blanked]"),
        (format!("k=base64:{KEY}"), "k=[blanked]"),
        (format!("a=key-mgmt:mikey {KEY}"), "a=key-mgmt:[blanked]"),
        (format!("a=ice-pwd:{KEY}"), "a=ice-pwd:[blanked]"),
    ];
    for (line, expected) in rows {
        let message = |line: &str| format!("INVITE sip:um SIP/2.0\r\nTo: <sip:um>\r\n\r\nv=0\r\n{line}\r\n");

        assert_eq!(shown(&message(&line)), message(expected));
    }
}

#[test]
fn credentials_are_blanked_in_every_line_end_and_case_folded_or_not() {
    let headers = [
        "Authorization: Digest username=\"gw\", response=\"6629fae49393a05397450978507c4ef1\"",
        "PROXY-AUTHORIZATION : Basic Z3c6c2VjcmV0",
        "Authorization:\r\n Digest username=\"gw\",\r\n\tresponse=\"6629fae49393a05397450978507c4ef1\"",
        "Authentication-Info: rspauth=\"6629fae49393a05397450978507c4ef1\"",
    ];
    for header in headers {
        let name = header.split(':').next().unwrap();
        for ending in ENDINGS {
            let message = |line: &str| {
                let text =
                    format!("REGISTER sip:um SIP/2.0\r\nTo: <sip:um>\r\n{line}\r\nCSeq: 1 REGISTER\r\n\r\n");
                text.replace("\r\n", ending)
            };

            assert_eq!(shown(&message(header)), message(&format!("{name}:[blanked]")), "{ending:?}");
        }
    }
}

#[test]
fn passwords_and_credentials_inside_of_uris_are_blanked() {
    let rows = [
        ("From: <sip:gw:secret@h:5060>;tag=1", "From: <sip:gw:[blanked]@h:5060>;tag=1"),
        ("Contact: SIPS:gw:se;cr?et@h, <sip:h:5060>", "Contact: SIPS:gw:[blanked]@h, <sip:h:5060>"),
        (
            "Refer-To: <sip:a@b?AUTHORIZATION=Digest%20x&Subject=y&authorization=z>",
            "Refer-To: <sip:a@b?AUTHORIZATION=[blanked]&Subject=y&authorization=[blanked]>",
        ),
    ];
    for (line, expected) in rows {
        let message = |line: &str| format!("OPTIONS sip:um SIP/2.0\r\n{line}\r\n\r\n");

        assert_eq!(shown(&message(line)), message(expected));
    }
    assert_eq!(
        shown("OPTIONS sip:um:pass@host SIP/2.0\r\n\r\n"),
        "OPTIONS sip:um:[blanked]@host SIP/2.0\r\n\r\n"
    );
}

#[test]
fn body_of_info_is_left_out_whatever_its_type_and_so_is_one_of_its_answer() {
    let heads = [
        "INFO sip:um SIP/2.0\r\nCSeq: 2 INFO\r\nContent-Type: application/dtmf-relay\r\n\r\n",
        "info sip:um SIP/2.0\r\nContent-Type: text/plain\r\n\r\n",
        "\r\n\r\nINFO sip:um SIP/2.0\r\nContent-Type: multipart/mixed;boundary=b\r\n\r\n",
        "SIP/2.0 200 OK\r\ncseq:\r\n 2 info\r\n\r\n",
    ];
    for head in heads {
        for ending in ENDINGS {
            let message = format!("{head}Signal=5\r\nDuration=160\r\n").replace("\r\n", ending);
            let body = format!("Signal=5{ending}Duration=160{ending}").len();
            let expected =
                format!("{}[body of {body} octets blanked]", head.trim_start().replace("\r\n", ending));

            assert_eq!(shown(&message), expected, "{ending:?}");
        }
    }
    let empty = "INFO sip:um SIP/2.0\r\nCSeq: 2 INFO\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(shown(empty), empty);
}

#[test]
fn digits_in_other_requests_are_left_out_by_their_media_type_and_by_their_looks() {
    for content in [
        "Content-Type: application/dtmf-relay",
        "c: application/kpml-response+xml",
        "C:\r\n audio/Telephone-Event",
    ] {
        let message = shown(&format!("NOTIFY sip:um SIP/2.0\r\n{content}\r\n\r\ndigits=\"7302\"\r\n"));

        assert!(message.ends_with("\r\n\r\n[body of 15 octets blanked]"), "{message}");
    }
    assert_eq!(
        shown("MESSAGE sip:um SIP/2.0\r\n\r\nSignal = 5\r\nDuration=160\r\n"),
        "MESSAGE sip:um SIP/2.0\r\n\r\nSignal =[blanked]\r\nDuration=160\r\n"
    );
}

#[test]
fn parts_of_multipart_bodies_are_swept_at_any_depth_and_an_encoded_or_dialled_part_conceals_the_body() {
    let multipart = |part_header: &str, content: &str| {
        format!(
            "INVITE sip:um SIP/2.0\r\nContent-Type: multipart/mixed;boundary=a\r\n\r\n--a\r\n\
             Content-Type: multipart/alternative;boundary=b\r\n\r\n--b\r\n{part_header}\r\n\r\n{content}\r\n--b--\r\n--a--\r\n"
        )
    };
    let sdp = |key: &str| format!("v=0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{key}");
    let plain = "Content-Type: application/sdp";

    assert_eq!(shown(&multipart(plain, &sdp(KEY))), multipart(plain, &sdp("[blanked]")));
    for header in [
        "Content-Type: application/sdp\r\nContent-Transfer-Encoding: base64",
        "content-transfer-encoding:\r\n\tQuoted-Printable",
        "Content-Encoding: gzip",
        "Content-Type: application/dtmf",
    ] {
        let message = shown(&multipart(header, "NQ=="));

        assert!(message.starts_with("INVITE ") && message.ends_with(" octets blanked]"), "{message}");
        assert!(!message.contains("NQ=="), "{message}");
    }
    let binary = "Content-Type: application/sdp\r\nContent-Transfer-Encoding: binary";
    assert_eq!(shown(&multipart(binary, "v=0")), multipart(binary, "v=0"));
}

/// A message with one secret in one of these lines, as a peer might write it.
fn with_secret(lines: &[&'static str]) -> impl Strategy<Value = (String, String)> + use<> {
    let line = prop::sample::select(lines.to_vec());
    let key = "[A-Za-z][A-Za-z0-9+/]{37}[a-z][A-Za-z0-9+/]";
    let ending = prop::sample::select(ENDINGS.to_vec());
    let noise = prop::collection::vec("[ -~]{0,40}", 0..5);
    (line, key, ending, noise.clone(), noise).prop_map(|(line, key, ending, before, after)| {
        let lines: Vec<String> = before.into_iter().chain([line.replace("{}", &key)]).chain(after).collect();
        (format!("INVITE sip:um SIP/2.0{ending}{}", lines.join(ending)), key)
    })
}

const SECRET_LINES: [&str; 6] = [
    "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{}|2^31",
    "A=Crypto:22 AEAD_AES_128_GCM INLINE:{}",
    "Authorization: Digest response=\"{}\"",
    "proxy-authorization:Basic {}",
    "k=clear:{}",
    "Contact: <sip:gw:{}@h>",
];

proptest! {
    #[test]
    fn no_secret_is_shown_whatever_stands_around_it((message, key) in with_secret(&SECRET_LINES)) {
        let shown = shown(&message);

        for part in [0..12, 14..26, 28..40] {
            prop_assert!(!shown.contains(&key[part]), "{shown:?}");
        }
    }

    #[test]
    fn no_secret_is_shown_of_a_message_that_is_cut((message, key) in with_secret(&SECRET_LINES), cut in 0..300usize) {
        let shown = shown(message.get(..cut).unwrap_or(&message));

        prop_assert!(!shown.contains(&key[..12]), "{shown:?}");
    }

    #[test]
    fn key_without_its_word_is_not_shown_on_a_crypto_line((message, key) in with_secret(&["a=crypto:1 AES_CM_128_HMAC_SHA1_80 {}"])) {
        prop_assert!(!shown(&message).contains(&key[..16]));
    }

    #[test]
    fn any_bytes_are_taken_and_blanks_add_little(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(blank_secrets(&bytes).len() <= bytes.len().saturating_mul(BLANK.len().saturating_add(1)).saturating_add(SPARE));
    }
}
