use super::*;

fn local() -> LocalMedia {
    LocalMedia {
        address: "192.0.2.9".parse().unwrap(),
        rtp_port: 20000,
        rtcp_port: 20001,
        session_id: 42,
        session_version: 1,
    }
}

fn answered(media: &str) -> Result<NegotiatedMedia, OfferRefusal> {
    let (_, pending) = make_offer(&MediaPlan::Clear, &local());
    let answer = format!("v=0\r\no=gw 1 2 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n{media}");
    pending.accept_answer(answer.as_bytes())
}

#[test]
fn our_offer_names_everything_that_we_speak() {
    let (offer, _) = make_offer(&MediaPlan::Clear, &local());

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
