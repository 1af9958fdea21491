#![expect(clippy::arithmetic_side_effects, clippy::indexing_slicing, reason = "a test may fail by panic")]

use proptest::prelude::*;

use super::*;
use crate::{SdpError, limits};

const KEY: &str = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\r\n";

fn local() -> LocalMedia {
    LocalMedia {
        address: "192.0.2.9".parse().unwrap(),
        rtp_port: 20000,
        rtcp_port: 20001,
        session_id: 42,
        session_version: 7,
    }
}

fn own() -> OwnKeys {
    OwnKeys { fresh: Secret::new([7; 46]), kept: None }
}

/// A description with one address for all of its media.
fn offered(media: &str) -> String {
    format!("v=0\r\no=gw 1 2 IN IP4 192.0.2.1\r\ns=call\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n{media}")
}

fn accept(media: &str) -> Result<(String, MediaParameters), OfferRefusal> {
    let offer = Offer::parse(offered(media).as_bytes())?;
    let (answer, media) = accept_offer(&offer, &MediaPlan::Clear, &local(), &own())?;
    Ok((String::from_utf8(answer.bytes).unwrap(), media.parameters().clone()))
}

fn media_lines(answer: &str) -> Vec<&str> {
    answer.lines().filter(|line| line.starts_with("m=")).collect()
}

#[test]
fn an_avp_offer_is_answered_with_one_codec_and_what_stands_beside_it() {
    let (answer, media) = accept(
        "m=audio 4000 RTP/AVP 18 8 0 13 96\r\na=rtpmap:96 telephone-event/8000\r\na=fmtp:96 0-16\r\na=ptime:30\r\n",
    )
    .unwrap();

    assert_eq!(
        answer,
        "v=0\r\no=- 42 7 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n\
         m=audio 20000 RTP/AVP 8 13 96\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:13 CN/8000\r\n\
         a=rtpmap:96 telephone-event/8000\r\na=fmtp:96 0-15\r\na=ptime:30\r\na=sendrecv\r\n"
    );
    assert_eq!(
        media,
        MediaParameters {
            remote_rtp: "192.0.2.1:4000".parse().unwrap(),
            remote_rtcp: "192.0.2.1:4001".parse().unwrap(),
            rtcp_mux: false,
            codec: AudioCodec::Pcma,
            payload_type: 8,
            comfort_noise: Some(13),
            telephone_event: Some(96),
            ptime_ms: 30,
            direction: Direction::SendReceive,
            profile: Profile::Avp,
            origin_line: "gw 1 2 IN IP4 192.0.2.1".into(),
        }
    );
}

#[test]
fn crypto_under_a_clear_profile_is_neither_echoed_nor_kept() {
    for profile in ["RTP/AVP", "RTP/AVPF"] {
        let (answer, media) = accept(&format!("m=audio 4000 {profile} 0\r\n{KEY}")).unwrap();

        assert_eq!(media_lines(&answer), [format!("m=audio 20000 {profile} 0")]);
        assert!(!answer.contains("crypto"));
        assert!(!format!("{media:?}").contains("WVNf"));
    }
}

#[test]
fn srtp_is_refused_in_a_clear_plan_with_or_without_crypto() {
    for (profile, words) in [(Profile::Savp, "RTP/SAVP"), (Profile::Savpf, "RTP/SAVPF")] {
        for crypto in ["", KEY] {
            let refusal = accept(&format!("m=audio 4000 {words} 0\r\n{crypto}")).unwrap_err();

            assert_eq!(refusal, OfferRefusal::SecureProfile { profile, capability_negotiation: false });
            assert_eq!((refusal.status_code(), refusal.warning_code(), refusal.q850_cause()), (488, 302, 88));
            assert_eq!(
                refusal.to_string(),
                format!(
                    "the offer is {words}, but the dial plan wants RTP in the clear: turn SRTP off on the gateway, or \
                     make the dial plan Secured"
                )
            );
        }
    }
}

#[test]
fn dtls_is_refused_in_any_plan() {
    let refusal = accept("m=audio 4000 UDP/TLS/RTP/SAVPF 0\r\n").unwrap_err();

    assert_eq!(
        refusal.to_string(),
        "the offer is UDP/TLS/RTP/SAVPF (DTLS-SRTP), which this server does not speak: set the gateway to RTP in the \
         clear (RTP/AVP)"
    );
    assert_eq!(refusal.warning_code(), 302);
}

#[test]
fn foreign_transports_are_refused_by_name() {
    assert_eq!(
        accept("m=audio 4000 TCP/RTP/AVP 0\r\n").unwrap_err(),
        OfferRefusal::ForeignTransport {
            transport: "TCP/RTP/AVP".into(),
            wanted: "RTP in the clear (RTP/AVP)"
        }
    );
}

#[test]
fn capability_negotiation_is_read_as_the_m_line_says_and_named_in_the_refusal() {
    let lines =
        "a=tcap:1 RTP/SAVP\r\na=acap:1 crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\r\na=pcfg:1 t=1 a=1\r\n";

    let (answer, _) = accept(&format!("m=audio 4000 RTP/AVP 0\r\n{lines}")).unwrap();
    let refusal = accept(&format!("m=audio 4000 RTP/SAVP 0\r\n{lines}")).unwrap_err();

    assert_eq!(media_lines(&answer), ["m=audio 20000 RTP/AVP 0"]);
    assert_eq!(refusal, OfferRefusal::SecureProfile { profile: Profile::Savp, capability_negotiation: true });
    assert!(
        refusal
            .to_string()
            .ends_with("(it carries capability negotiation, RFC 5939: turn that off on the gateway too)")
    );
}

#[test]
fn the_first_acceptable_audio_line_is_taken_and_the_others_keep_place_and_formats() {
    let (answer, media) = accept(
        "m=video 5000 RTP/AVP 96 97\r\nm=audio 0 RTP/AVP 0\r\nm=audio 4000 RTP/SAVP 0 8\r\nm=audio 4002 RTP/AVP 8 0\r\n\
         m=audio 4004 RTP/AVP 0\r\nm=image 4006 udptl t38\r\nm=message 9 TCP/MSRP *\r\n",
    )
    .unwrap();

    assert_eq!(
        media_lines(&answer),
        [
            "m=video 0 RTP/AVP 96 97",
            "m=audio 0 RTP/AVP 0",
            "m=audio 0 RTP/SAVP 0 8",
            "m=audio 20000 RTP/AVP 8",
            "m=audio 0 RTP/AVP 0",
            "m=image 0 udptl t38",
            "m=message 0 TCP/MSRP *",
        ]
    );
    assert_eq!(media.remote_rtp.port(), 4002);
}

#[test]
fn of_several_refused_audio_lines_the_first_live_one_is_explained() {
    let refusal = accept("m=audio 0 RTP/AVP 0\r\nm=audio 4000 RTP/AVP 18\r\nm=audio 4002 RTP/SAVP 0\r\n");

    assert_eq!(refusal.unwrap_err(), OfferRefusal::NoCodec { offered: "18".into() });
}

#[test]
fn a_line_whose_address_family_we_lack_is_skipped_for_one_that_we_have() {
    let six = "m=audio 4000 RTP/AVP 0\r\nc=IN IP6 2001:db8::1\r\n";

    let (answer, media) = accept(&format!("{six}m=audio 4002 RTP/AVP 0\r\nc=IN IP4 192.0.2.3\r\n")).unwrap();
    let alone = accept(six).unwrap_err();

    assert_eq!(media_lines(&answer), ["m=audio 0 RTP/AVP 0", "m=audio 20000 RTP/AVP 0"]);
    assert_eq!(media.remote_rtp, "192.0.2.3:4002".parse().unwrap());
    assert_eq!(
        alone,
        OfferRefusal::AddressFamily {
            offered: "2001:db8::1".parse().unwrap(),
            own: "192.0.2.9".parse().unwrap()
        }
    );
    assert_eq!(alone.warning_code(), 399);
}

#[test]
fn ipv6_is_answered_with_ipv6() {
    let offer = Offer::parse(b"v=0\r\nc=IN IP6 2001:db8::1\r\nm=audio 4000 RTP/AVP 0\r\n").unwrap();
    let local = LocalMedia { address: "2001:db8::9".parse().unwrap(), ..local() };

    let (answer, media) = accept_offer(&offer, &MediaPlan::Clear, &local, &own()).unwrap();

    assert!(String::from_utf8(answer.bytes).unwrap().contains("\r\nc=IN IP6 2001:db8::9\r\n"));
    assert_eq!(media.parameters().remote_rtcp, "[2001:db8::1]:4001".parse().unwrap());
}

#[test]
fn hold_in_every_form_is_answered_and_known_as_hold() {
    let zero = "c=IN IP4 0.0.0.0\r\n";
    let cases = [
        ("", Direction::SendReceive, false),
        ("a=recvonly\r\n", Direction::SendOnly, false),
        ("a=sendonly\r\n", Direction::ReceiveOnly, true),
        ("a=inactive\r\n", Direction::Inactive, true),
        (zero, Direction::ReceiveOnly, true),
        ("c=IN IP4 0.0.0.0\r\na=sendonly\r\n", Direction::ReceiveOnly, true),
        ("c=IN IP4 0.0.0.0\r\na=recvonly\r\n", Direction::Inactive, true),
        ("c=IN IP6 ::\r\na=inactive\r\n", Direction::Inactive, true),
    ];
    for (lines, direction, held) in cases {
        let (answer, media) = accept(&format!("m=audio 4000 RTP/AVP 0\r\n{lines}")).unwrap();

        assert_eq!((media.direction, media.on_hold()), (direction, held), "{lines}");
        assert!(answer.ends_with(&format!("a={}\r\n", direction.attribute())), "{answer}");
    }
}

#[test]
fn a_direction_above_the_media_holds_until_the_media_says_otherwise() {
    let above = |media: &str| accept(&format!("a=sendonly\r\n{media}")).unwrap().1.direction;

    assert_eq!(above("m=audio 4000 RTP/AVP 0\r\n"), Direction::ReceiveOnly);
    assert_eq!(above("m=audio 4000 RTP/AVP 0\r\na=sendrecv\r\n"), Direction::SendReceive);
}

#[test]
fn rtcp_goes_where_the_offer_says() {
    let rtcp = |lines: &str| {
        accept(&format!("m=audio 4000 RTP/AVP 0\r\n{lines}")).unwrap().1.remote_rtcp.to_string()
    };

    assert_eq!(rtcp(""), "192.0.2.1:4001");
    assert_eq!(rtcp("a=rtcp:53020\r\n"), "192.0.2.1:53020");
    assert_eq!(rtcp("a=rtcp:53020 IN IP4 192.0.2.77\r\n"), "192.0.2.77:53020");
    assert_eq!(rtcp("a=rtcp:53020 IN IP6 2001:db8::77\r\n"), "192.0.2.1:53020");
    assert_eq!(rtcp("a=rtcp:0\r\n"), "192.0.2.1:4001");
}

#[test]
fn rtcp_mux_is_taken_over() {
    let (answer, media) = accept("m=audio 4000 RTP/AVP 0\r\na=rtcp-mux\r\na=rtcp:53020\r\n").unwrap();

    assert!(answer.contains("a=rtcp-mux\r\n"));
    assert!(media.rtcp_mux);
    assert_eq!(media.remote_rtcp, media.remote_rtp);
}

#[test]
fn our_rtcp_port_is_shown_where_it_is_not_the_next_one() {
    let offer = Offer::parse(offered("m=audio 4000 RTP/AVP 0\r\n").as_bytes()).unwrap();
    let apart = LocalMedia { rtcp_port: 31000, ..local() };

    let (answer, _) = accept_offer(&offer, &MediaPlan::Clear, &apart, &own()).unwrap();

    assert!(String::from_utf8(answer.bytes).unwrap().contains("a=rtcp:31000\r\n"));
}

#[test]
fn packet_time_is_the_offered_one_from_10_to_60_ms_within_its_maximum() {
    let ptime = |lines: &str| accept(&format!("m=audio 4000 RTP/AVP 0\r\n{lines}")).unwrap().1.ptime_ms;

    let given =
        ["", "a=ptime:10\r\n", "a=ptime:60\r\n", "a=ptime:9\r\n", "a=ptime:61\r\n", "a=ptime:20.0\r\n"];
    assert_eq!(given.map(ptime), [20, 10, 60, 20, 20, 20]);
    assert_eq!(ptime("a=ptime:x\r\n"), 20);
    assert_eq!(ptime("a=ptime:40\r\na=maxptime:30\r\n"), 30);
}

#[test]
fn fax_alone_is_refused_as_fax() {
    let refusal = accept("m=audio 0 RTP/AVP 0\r\nm=image 4000 udptl t38\r\n").unwrap_err();

    assert_eq!(refusal, OfferRefusal::ImageOnly);
    assert_eq!(accept("m=image 4000 udptl t38\r\n").unwrap_err(), OfferRefusal::ImageOnly);
}

#[test]
fn offers_without_live_audio_are_refused() {
    assert_eq!(accept("m=audio 0 RTP/AVP 0\r\n").unwrap_err(), OfferRefusal::AudioDisabled);
    assert_eq!(accept("m=video 4000 RTP/AVP 96\r\n").unwrap_err(), OfferRefusal::NoAudio);
    assert_eq!(accept("").unwrap_err(), OfferRefusal::NoAudio);
}

#[test]
fn no_codec_in_common_is_305_and_names_what_was_offered() {
    let refusal = accept("m=audio 4000 RTP/AVP 96 18\r\na=rtpmap:96 opus/48000/2\r\n").unwrap_err();

    assert_eq!(
        refusal.to_string(),
        "none of the offered codecs (opus/48000 18) is known here: allow PCMU or PCMA (G.711) at 8 kHz on the gateway"
    );
    assert_eq!(refusal.warning_code(), 305);
}

#[test]
fn addresses_that_nothing_can_be_sent_to_are_refused() {
    let with = |connection: &str| {
        let text = format!("v=0\r\n{connection}m=audio 4000 RTP/AVP 0\r\n");
        accept_offer(&Offer::parse(text.as_bytes()).unwrap(), &MediaPlan::Clear, &local(), &own())
            .unwrap_err()
    };

    assert_eq!(with(""), OfferRefusal::NoAddress);
    assert_eq!(
        with("c=IN IP4 gw1.example.com\r\n"),
        OfferRefusal::AddressIsName { name: "gw1.example.com".into() }
    );
    assert_eq!(
        with("c=IN IP4 224.2.1.1/127\r\n"),
        OfferRefusal::Multicast { address: "224.2.1.1".parse().unwrap() }
    );
}

#[test]
fn the_time_line_of_the_offer_stands_in_the_answer() {
    let offer =
        Offer::parse(b"v=0\r\nc=IN IP4 192.0.2.1\r\nt=3000 4000\r\nm=audio 4000 RTP/AVP 0\r\n").unwrap();

    let (answer, _) = accept_offer(&offer, &MediaPlan::Clear, &local(), &own()).unwrap();

    assert!(String::from_utf8(answer.bytes).unwrap().contains("\r\nt=3000 4000\r\n"));
}

#[test]
fn ice_lines_and_groups_are_passed_over() {
    let (answer, _) = accept(
        "a=group:BUNDLE 0\r\na=ice-ufrag:x\r\nm=audio 4000 RTP/AVP 0\r\na=mid:0\r\na=candidate:1 1 UDP 1 192.0.2.1 4000 typ host\r\n",
    )
    .unwrap();

    assert!(!answer.contains("ice") && !answer.contains("candidate") && !answer.contains("group"));
}

#[test]
fn what_is_no_sdp_is_refused_as_unreadable() {
    let refusal = OfferRefusal::from(Offer::parse(b"hello").unwrap_err());

    assert_eq!(refusal, OfferRefusal::Unreadable { error: SdpError::NoVersion });
    assert_eq!(refusal.to_string(), "the session description cannot be read: it does not begin with v=0");
}

#[test]
fn peer_text_in_a_refusal_is_escaped_and_cut() {
    let transport = format!("\u{1b}[31m{}", "X".repeat(500));
    let refusal = accept(&format!("m=audio 4000 {transport} 0\r\n")).unwrap_err().to_string();

    assert!(!refusal.chars().any(char::is_control));
    assert!(refusal.len() < 400);
}

fn secured() -> MediaPlan {
    MediaPlan::Srtp(SuitePolicy {
        suites: telephony::SrtpSuite::ALL.to_vec(),
        prefer_own: false,
        srtcp_clear: true,
        answer_savp: false,
    })
}

proptest! {
    #[test]
    fn arbitrary_crypto_lines_never_panic_and_show_no_key(
        rest in "[ -~]{0,40}", tag in "[0-9]{0,11}", lifetime in "[0-9:|^]{0,12}",
    ) {
        let text = offered(&format!(
            "m=audio 4000 RTP/SAVP 0\r\na=crypto:{tag} AES_CM_128_HMAC_SHA1_80 \
             inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|{lifetime} {rest}\r\n"
        ));
        let offer = Offer::parse(text.as_bytes()).unwrap();
        let shown = match accept_offer(&offer, &secured(), &local(), &own()) {
            Ok(agreed) => format!("{agreed:?}"),
            Err(refusal) => format!("{refusal} {refusal:?}"),
        };
        prop_assert!(!shown.contains("WVNf"));
    }


    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
        let mut text = b"v=0\r\n".to_vec();
        text.extend_from_slice(&bytes);
        for text in [bytes.as_slice(), &text] {
            if let Ok(offer) = Offer::parse(text) {
                for plan in [MediaPlan::Clear, secured()] {
                    let _ = accept_offer(&offer, &plan, &local(), &own());
                }
            }
        }
    }

    #[test]
    fn a_mutated_offer_never_panics_and_an_answer_reads_again(
        place in 0_usize..300, byte in any::<u8>(), cut in 0_usize..300,
    ) {
        let mut text = offered(&format!(
            "m=audio 4000 RTP/AVP 8 0 13 101\r\na=rtpmap:101 telephone-event/8000\r\n{KEY}a=rtcp:53020 IN IP4 192.0.2.77\r\n\
             m=image 4002 udptl t38\r\n"
        ))
        .into_bytes();
        let length = text.len();
        text[place % length] = byte;
        text.truncate(length - cut % length);

        if let Ok(offer) = Offer::parse(&text) && let Ok((answer, _)) = accept_offer(&offer, &MediaPlan::Clear, &local(), &own()) {
            let again = Offer::parse(&answer.bytes).unwrap();
            prop_assert_eq!(again.streams.len(), offer.streams.len());
            prop_assert!(answer.bytes.len() < limits::MAX_BYTES);
        }
    }
}
