use telephony::{MasterKey, Secret, SrtpSuite};

use super::*;
use crate::{KeptKey, SuitePolicy};

fn local() -> LocalMedia {
    LocalMedia {
        address: "192.0.2.9".parse().unwrap(),
        rtp_port: 20000,
        rtcp_port: 20001,
        session_id: 42,
        session_version: 1,
    }
}

fn own() -> OwnKeys {
    OwnKeys { fresh: Secret::new([7; 46]), kept: None }
}

fn answered_to(plan: &MediaPlan, media: &str) -> Result<NegotiatedMedia, OfferRefusal> {
    let (_, pending) = make_offer(plan, &local(), &own());
    let answer = format!("v=0\r\no=gw 1 2 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n{media}");
    pending.accept_answer(answer.as_bytes())
}

fn answered(media: &str) -> Result<NegotiatedMedia, OfferRefusal> {
    answered_to(&MediaPlan::Clear, media)
}

#[test]
fn our_offer_names_everything_that_we_speak() {
    let (offer, _) = make_offer(&MediaPlan::Clear, &local(), &own());

    assert_eq!(
        String::from_utf8(offer.bytes).unwrap(),
        "v=0\r\no=- 42 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n\
         m=audio 20000 RTP/AVP 0 8 13 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:13 CN/8000\r\n\
         a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n"
    );
}

#[test]
fn an_answer_chooses_codec_and_direction() {
    let media = answered("m=audio 4000 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\na=recvonly\r\n")
        .unwrap();

    let parameters = media.parameters();
    assert_eq!((parameters.codec, parameters.payload_type), (AudioCodec::Pcma, 8));
    assert_eq!((parameters.comfort_noise, parameters.telephone_event), (None, Some(101)));
    assert_eq!(parameters.direction, Direction::SendOnly);
    assert_eq!(parameters.remote_rtp, "192.0.2.1:4000".parse().unwrap());
    assert_eq!(parameters.origin_line, "gw 1 2 IN IP4 192.0.2.1");
}

#[test]
fn we_receive_by_the_numbers_that_we_offered_and_without_mux() {
    let media =
        answered("m=audio 4000 RTP/AVP 0 96\r\na=rtpmap:96 telephone-event/8000\r\na=rtcp-mux\r\n").unwrap();

    assert_eq!(media.parameters().telephone_event, Some(101));
    assert!(!media.parameters().rtcp_mux);
    assert_eq!(media.parameters().remote_rtcp, "192.0.2.1:4001".parse().unwrap());
}

#[test]
fn an_answer_in_another_profile_is_refused() {
    for transport in ["RTP/AVPF", "RTP/SAVP"] {
        let refusal = answered(&format!("m=audio 4000 {transport} 0\r\n")).unwrap_err();

        assert_eq!(
            refusal,
            OfferRefusal::AnswerProfile { transport: transport.into(), offered: Profile::Avp }
        );
        assert_eq!(refusal.warning_code(), 302);
    }
}

#[test]
fn an_answer_that_refuses_or_adds_media_is_refused() {
    assert_eq!(answered("m=audio 0 RTP/AVP 0\r\n").unwrap_err(), OfferRefusal::AnswerRefuses);
    assert_eq!(answered("m=image 4000 udptl t38\r\n").unwrap_err(), OfferRefusal::AnswerRefuses);
    assert_eq!(answered("").unwrap_err(), OfferRefusal::AnswerShape { answered: 0 });
    assert_eq!(
        answered("m=audio 4000 RTP/AVP 0\r\nm=audio 4002 RTP/AVP 0\r\n").unwrap_err(),
        OfferRefusal::AnswerShape { answered: 2 }
    );
}

#[test]
fn an_answer_with_a_codec_that_we_lack_is_refused() {
    assert_eq!(
        answered("m=audio 4000 RTP/AVP 18\r\n").unwrap_err(),
        OfferRefusal::NoCodec { offered: "18".into() }
    );
}

fn secured() -> MediaPlan {
    MediaPlan::Srtp(SuitePolicy {
        suites: vec![SrtpSuite::AeadAes128Gcm, SrtpSuite::AesCm128HmacSha1_80],
        prefer_own: false,
        srtcp_clear: true,
        answer_savp: false,
    })
}

const KEY: &str = "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";

#[test]
fn a_secured_plan_offers_savp_with_its_suites_and_the_kept_key() {
    let key = MasterKey::new(SrtpSuite::AesCm128HmacSha1_80, &[0; 30]).unwrap();
    let keys = OwnKeys { kept: Some(KeptKey { mki: Some(vec![1]), key }), ..own() };

    let (offer, pending) = make_offer(&secured(), &local(), &keys);

    assert!(!format!("{offer:?}{pending:?}").contains("inline"));
    let text = String::from_utf8(offer.bytes).unwrap();
    assert!(text.contains(&format!(
        "m=audio 20000 RTP/SAVP 0 8 13 101\r\na=crypto:1 AEAD_AES_128_GCM inline:{}Bw==\r\n\
         a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:{}|1:1\r\na=rtpmap:0 PCMU/8000\r\n",
        "BwcH".repeat(9),
        "AAAA".repeat(10)
    )));
}

#[test]
fn an_answer_takes_one_of_our_crypto_lines() {
    let media = answered_to(
        &secured(),
        &format!("m=audio 4000 RTP/SAVP 0\r\na=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:{KEY}|7:1\r\n"),
    )
    .unwrap();

    let NegotiatedMedia::Srtp { parameters, crypto } = media else { panic!("not SRTP") };
    assert_eq!(parameters.profile, Profile::Savp);
    assert_eq!(crypto.send.expose(), [7; 30]);
    assert_eq!(crypto.receive.key(), b"YS___semctl () {");
    assert_eq!((crypto.send_mki, crypto.receive_mki), (None, Some(vec![7])));
}

#[test]
fn an_answer_whose_crypto_was_not_offered_is_refused() {
    let line = format!("a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:{KEY}\r\n");
    for (lines, detail) in [
        (String::new(), "it has 0 a=crypto lines"),
        (line.repeat(2), "it has 2 a=crypto lines"),
        (line.replace(":2", ":3"), "tag 3 was not offered"),
        (line.replace(":2", ":1"), "tag 1 was offered with AEAD_AES_128_GCM"),
        (line.replace("\r\n", " UNENCRYPTED_SRTCP\r\n"), "UNENCRYPTED_SRTCP was not offered"),
        (line.replace("inline:", "inline:*"), "the key is no base64"),
    ] {
        let refusal = answered_to(&secured(), &format!("m=audio 4000 RTP/SAVP 0\r\n{lines}")).unwrap_err();

        assert_eq!(refusal, OfferRefusal::AnswerCrypto { detail: detail.into() });
        assert_eq!(refusal.warning_code(), 302);
    }
    let clear = answered_to(&secured(), &format!("m=audio 4000 RTP/AVP 0\r\n{line}")).unwrap_err();
    assert_eq!(clear, OfferRefusal::AnswerProfile { transport: "RTP/AVP".into(), offered: Profile::Savp });
}

#[test]
fn an_offer_in_the_dialog_keeps_the_profile_and_the_answer_must_too() {
    for (plan, profile, words) in [
        (MediaPlan::Clear, Profile::Avpf, "RTP/AVPF"),
        (secured(), Profile::Avp, "RTP/AVP"),
        (secured(), Profile::Savpf, "RTP/SAVPF"),
    ] {
        let make = || repeat_offer(&plan, &local(), &own(), profile);
        let line = match plan {
            MediaPlan::Clear => String::new(),
            MediaPlan::Srtp(_) => format!("a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:{KEY}\r\n"),
        };
        let answer = |words: &str, line: &str| {
            format!("v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 4000 {words} 0\r\n{line}").into_bytes()
        };

        let (text, pending) = make();
        let text = String::from_utf8(text.bytes).unwrap();
        assert!(text.contains(&format!("m=audio 20000 {words} 0 8 13 101\r\n")), "{text}");
        assert_eq!(text.contains("a=crypto:"), !line.is_empty(), "{text}");
        assert_eq!(pending.accept_answer(&answer(words, &line)).unwrap().parameters().profile, profile);
        let other = make().1.accept_answer(&answer("RTP/SAVP", &line)).unwrap_err();
        assert_eq!(other, OfferRefusal::AnswerProfile { transport: "RTP/SAVP".into(), offered: profile });
        if !line.is_empty() {
            let bare = make().1.accept_answer(&answer(words, "")).unwrap_err();
            assert_eq!(bare, OfferRefusal::AnswerCrypto { detail: "it has 0 a=crypto lines".into() });
        }
    }
}
