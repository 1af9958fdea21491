#![expect(clippy::indexing_slicing, reason = "a test may fail by panic")]

use super::*;
use crate::{LocalMedia, MediaPlan, NegotiatedMedia, Offer, accept_offer};

/// 30 octets, and 28 for GCM.
const KEY: &str = "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";
const GCM_KEY: &str = "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubA==";
/// 30 octets of our fresh ones.
const OURS: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH";

fn policy() -> SuitePolicy {
    SuitePolicy { suites: SrtpSuite::ALL.to_vec(), prefer_own: false, srtcp_clear: false, answer_savp: false }
}

fn own() -> OwnKeys {
    OwnKeys { fresh: Secret::new([7; 46]), kept: None }
}

fn accept_with(
    policy: &SuitePolicy,
    own: &OwnKeys,
    media: &str,
) -> Result<(String, AgreedCrypto), OfferRefusal> {
    let local = LocalMedia {
        address: "192.0.2.9".parse().unwrap(),
        rtp_port: 20000,
        rtcp_port: 20001,
        session_id: 42,
        session_version: 7,
    };
    let text = format!("v=0\r\no=gw 1 2 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n{media}");
    let offer = Offer::parse(text.as_bytes())?;
    let (answer, media) = accept_offer(&offer, &MediaPlan::Srtp(policy.clone()), &local, own)?;
    assert!(!format!("{offer:?}{answer:?}{media:?}{own:?}").contains("inline"));
    match media {
        NegotiatedMedia::Srtp { crypto, .. } => Ok((String::from_utf8(answer.bytes).unwrap(), crypto)),
        NegotiatedMedia::Clear(_) => panic!("a Secured plan agreed on clear media"),
    }
}

fn accept(media: &str) -> Result<(String, AgreedCrypto), OfferRefusal> {
    accept_with(&policy(), &own(), media)
}

fn crypto(tag: u32, rest: &str) -> String {
    format!("a=crypto:{tag} AES_CM_128_HMAC_SHA1_80 inline:{KEY}{rest}\r\n")
}

/// The `m=` and `a=crypto` lines.
fn essence(answer: &str) -> Vec<&str> {
    answer.lines().filter(|line| line.starts_with("m=") || line.starts_with("a=crypto")).collect()
}

#[test]
fn each_profile_with_crypto_is_answered_in_its_own() {
    for profile in ["RTP/AVP", "RTP/AVPF", "RTP/SAVP", "RTP/SAVPF"] {
        let (answer, agreed) =
            accept(&format!("m=audio 4000 {profile} 0\r\n{}", crypto(3, "|2^31"))).unwrap();

        assert_eq!(
            essence(&answer),
            [
                format!("m=audio 20000 {profile} 0"),
                format!("a=crypto:3 AES_CM_128_HMAC_SHA1_80 inline:{OURS}")
            ]
        );
        assert_eq!(agreed.send.expose(), [7; 30]);
        assert_eq!(agreed.receive.key(), b"YS___semctl () {");
        assert_eq!((agreed.send_mki, agreed.receive_mki, agreed.srtcp_clear), (None, None, false));
    }
}

#[test]
fn avp_with_crypto_is_answered_savp_for_microsoft_and_where_the_gateway_says_so() {
    let media = |lines: &str| format!("m=audio 4000 RTP/AVP 0\r\n{}{lines}", crypto(1, ""));
    let savp = SuitePolicy { answer_savp: true, ..policy() };
    let scale = format!("a=cryptoscale:1 client AES_CM_128_HMAC_SHA1_80 inline:{KEY}|2^31|1:1\r\n");

    for answer in [
        accept(&media("a=encryption:optional\r\n")).unwrap().0,
        accept(&format!("a=encryption:optional\r\n{}", media(""))).unwrap().0,
        accept(&media(&scale)).unwrap().0,
        accept_with(&savp, &own(), &media("")).unwrap().0,
    ] {
        assert_eq!(essence(&answer)[0], "m=audio 20000 RTP/SAVP 0");
        assert!(!answer.contains("cryptoscale"));
    }
}

#[test]
fn without_crypto_every_profile_is_refused_with_302() {
    for (profile, words) in [
        ("RTP/AVP", "the offer is RTP/AVP without a=crypto, but the dial plan is Secured"),
        ("RTP/AVPF", "the offer is RTP/AVPF without a=crypto, but the dial plan is Secured"),
        (
            "RTP/SAVP",
            "the offer is RTP/SAVP without a=crypto: set the gateway to exchange its SRTP keys by SDES",
        ),
        (
            "RTP/SAVPF",
            "the offer is RTP/SAVPF without a=crypto: set the gateway to exchange its SRTP keys by SDES",
        ),
        ("UDP/TLS/RTP/SAVP", "the offer is UDP/TLS/RTP/SAVP (DTLS-SRTP)"),
        ("UDP/TLS/RTP/SAVPF", "the offer is UDP/TLS/RTP/SAVPF (DTLS-SRTP)"),
    ] {
        let refusal = accept(&format!("m=audio 4000 {profile} 0\r\na=pcfg:1 t=1 a=1\r\n")).unwrap_err();

        assert!(refusal.to_string().starts_with(words), "{refusal}");
        assert!(refusal.to_string().contains("capability negotiation"), "{refusal}");
        assert_eq!(refusal.warning_code(), 302);
    }
}

#[test]
fn dtls_with_crypto_and_port_0_stay_refused() {
    let dtls = accept(&format!("m=audio 4000 UDP/TLS/RTP/SAVP 0\r\n{}", crypto(1, ""))).unwrap_err();

    assert!(matches!(dtls, OfferRefusal::DtlsSrtp { .. }));
    let off = accept(&format!("m=audio 0 RTP/SAVP 0\r\n{}", crypto(1, ""))).unwrap_err();
    assert_eq!(off, OfferRefusal::AudioDisabled);
}

#[test]
fn savp_comes_before_avp_with_crypto_whatever_their_order() {
    let key = crypto(1, "");
    let media =
        format!("m=audio 4000 RTP/AVP 0\r\n{key}m=audio 4002 RTP/SAVP 0\r\n{key}m=image 4 udptl t38\r\n");

    let (answer, _) = accept(&media).unwrap();

    let lines: Vec<&str> = answer.lines().filter(|line| line.starts_with("m=")).collect();
    assert_eq!(lines, ["m=audio 0 RTP/AVP 0", "m=audio 20000 RTP/SAVP 0", "m=image 0 udptl t38"]);
    let (answer, _) = accept(&format!("m=audio 4000 RTP/SAVP 0\r\nm=audio 4002 RTP/AVP 0\r\n{key}")).unwrap();
    assert_eq!(essence(&answer)[1], "m=audio 20000 RTP/AVP 0");
}

#[test]
fn hold_keeps_its_crypto() {
    let (answer, _) = accept(&format!("m=audio 4000 RTP/SAVP 0\r\na=sendonly\r\n{}", crypto(1, ""))).unwrap();

    assert!(answer.contains("a=crypto:1 ") && answer.ends_with("a=recvonly\r\n"));
    assert!(accept("m=audio 4000 RTP/SAVP 0\r\na=inactive\r\n").is_err());
}

#[test]
fn the_first_allowed_line_is_taken_unless_our_order_decides() {
    let gcm = format!("a=crypto:2 AEAD_AES_128_GCM inline:{GCM_KEY}\r\n");
    let media = format!("m=audio 4000 RTP/SAVP 0\r\n{}{gcm}", crypto(1, ""));
    let suite = |policy: SuitePolicy| accept_with(&policy, &own(), &media).unwrap().1.suite_name;

    assert_eq!(suite(policy()), "AES_CM_128_HMAC_SHA1_80");
    assert_eq!(suite(SuitePolicy { prefer_own: true, ..policy() }), "AEAD_AES_128_GCM");
    assert_eq!(suite(SuitePolicy { suites: vec![SrtpSuite::AeadAes128Gcm], ..policy() }), "AEAD_AES_128_GCM");
}

#[test]
fn the_old_spelling_is_answered_as_offered() {
    let text = "A".repeat(62);
    let media = format!("m=audio 4000 RTP/SAVP 0\r\na=crypto:1 AES_CM_256_HMAC_SHA1_80 inline:{text}\r\n");

    let (answer, agreed) = accept(&media).unwrap();

    assert!(answer.contains("a=crypto:1 AES_CM_256_HMAC_SHA1_80 inline:"));
    assert_eq!(agreed.suite_name, "AES_CM_256_HMAC_SHA1_80");
    assert_eq!(agreed.send.suite(), SrtpSuite::Aes256CmHmacSha1_80);
}

#[test]
fn our_key_stays_while_suite_and_mki_stay() {
    let key = MasterKey::new(SrtpSuite::AesCm128HmacSha1_80, &[1; 30]).unwrap();
    let keys = OwnKeys { kept: Some(KeptKey { mki: Some(vec![1]), key: key.clone() }), ..own() };
    let send = |line: &str| {
        accept_with(&policy(), &keys, &format!("m=audio 4000 RTP/SAVP 0\r\n{line}")).unwrap().1.send
    };

    assert_eq!(send(&crypto(1, "|1:1")), key);
    assert_eq!(send(&crypto(2, "|2^31|1:1")), key);
    for line in [crypto(1, ""), crypto(1, "|2:1"), crypto(1, "|1:2")] {
        assert_eq!(send(&line).expose(), [7; 30], "{line}");
    }
    assert_eq!(send(&format!("a=crypto:1 AEAD_AES_128_GCM inline:{GCM_KEY}\r\n")).expose(), [7; 28]);
}

#[test]
fn the_answer_has_an_mki_exactly_if_the_line_has() {
    let (answer, agreed) = accept(&format!("m=audio 4000 RTP/SAVP 0\r\n{}", crypto(1, "|2^20|1:4"))).unwrap();

    assert!(answer.contains(&format!("inline:{OURS}|1:4\r\n")));
    assert_eq!((agreed.send_mki, agreed.receive_mki), (Some(vec![0, 0, 0, 1]), Some(vec![0, 0, 0, 1])));
}

#[test]
fn unencrypted_srtcp_is_taken_where_allowed_and_the_refusal_names_the_switch() {
    let media = format!("m=audio 4000 RTP/SAVP 0\r\n{}", crypto(1, " UNENCRYPTED_SRTCP"));
    let allowed = SuitePolicy { srtcp_clear: true, ..policy() };

    let (answer, agreed) = accept_with(&allowed, &own(), &media).unwrap();
    let refusal = accept(&media).unwrap_err();

    assert!(agreed.srtcp_clear && answer.contains(&format!("inline:{OURS} UNENCRYPTED_SRTCP\r\n")));
    assert!(refusal.to_string().contains("--srtcp-clear allow"), "{refusal}");
    assert_eq!(refusal.warning_code(), 302);
}

#[test]
fn a_bad_line_discards_itself_alone_and_the_refusal_explains_each_without_keys() {
    let bad = format!(
        "a=crypto:1 F8_128_HMAC_SHA1_80 inline:{KEY}\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}\r\n\
         a=crypto:2 AES_CM_128_HMAC_SHA1_32 inline:{KEY}\r\na=crypto:3 AES_CM_128_HMAC_SHA1_80 inline:AAAA\r\n"
    );
    let narrow = SuitePolicy { suites: vec![SrtpSuite::AesCm128HmacSha1_80], ..policy() };
    let media = format!("m=audio 4000 RTP/SAVP 0\r\n{bad}");

    let refusal = accept_with(&narrow, &own(), &media).unwrap_err();
    let (answer, _) = accept_with(&narrow, &own(), &format!("{media}{}", crypto(4, ""))).unwrap();

    assert_eq!(
        refusal.to_string(),
        "the offer is RTP/SAVP, but none of its a=crypto lines can be used (line 1: the suite F8_128_HMAC_SHA1_80 is \
         unknown; line 1: the tag stands twice; line 2: the dial plan does not allow AES_CM_128_HMAC_SHA1_32; line 3: \
         the key has 3 octets, AES_CM_128_HMAC_SHA1_80 has 30); the dial plan allows AES_CM_128_HMAC_SHA1_80"
    );
    assert!(answer.contains("a=crypto:4 "));
}

#[test]
fn crypto_lines_past_the_limit_are_passed_over() {
    use crate::limits::MAX_CRYPTO;
    let at = |count: usize| {
        let bad = "a=crypto:x\r\n".repeat(count);
        accept(&format!("m=audio 4000 RTP/SAVP 0\r\n{bad}{}", crypto(1, "")))
    };

    assert!(at(MAX_CRYPTO - 1).is_ok());
    let refusal = at(MAX_CRYPTO).unwrap_err().to_string();
    assert_eq!(refusal.matches("no tag").count(), MAX_FAULTS_SHOWN);
}
