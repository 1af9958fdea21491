use sdp::{LocalMedia, MediaPlan, NegotiatedMedia, Offer, OwnKeys, SuitePolicy, accept_offer};
use srtp_media::{RtcpCompound, RtpHeader, RtpPacket, wav};
use telephony::{Secret, SrtpSuite};

/// Samples a second of what is played.
const TELEPHONE: usize = 8000;

/// A WAV file of an administrator: refused, or played no longer than is allowed, and no audio comes from nowhere.
pub fn wav_import(input: &[u8]) {
    let audio = wav::audio(input);
    assert_eq!(audio.is_ok(), wav::mu_law(input).is_ok());
    match audio {
        Ok((_, octets)) => {
            let longest = TELEPHONE * usize::try_from(wav::LONGEST.as_secs()).expect("minutes");
            assert!(!octets.is_empty() && octets.len() <= longest + 1, "{} octets", octets.len());
            assert!(octets.len() <= input.len());
        }
        Err(refusal) => assert!(!refusal.to_string().is_empty()),
    }
}

/// An offer of a peer under both kinds of plans: clear media never comes of a Secured one, nor keys of a clear one.
pub fn sdp_offer(input: &[u8]) {
    let Ok(offer) = Offer::parse(input) else { return };
    let local = LocalMedia {
        address: "192.0.2.9".parse().expect("an address"),
        rtp_port: 20000,
        rtcp_port: 20001,
        session_id: 1,
        session_version: 1,
    };
    let own = OwnKeys { fresh: Secret::new([7; 46]), kept: None };
    let policy = SuitePolicy {
        suites: vec![SrtpSuite::AesCm128HmacSha1_80, SrtpSuite::AesCm128HmacSha1_32],
        prefer_own: false,
        srtcp_clear: false,
        answer_savp: false,
    };
    if let Ok((answer, media)) = accept_offer(&offer, &MediaPlan::Clear, &local, &own) {
        assert!(matches!(media, NegotiatedMedia::Clear(_)));
        assert!(!answer.bytes.windows(9).any(|window| window == b"a=crypto:"));
        assert!(Offer::parse(&answer.bytes).is_ok());
    }
    if let Ok((answer, media)) = accept_offer(&offer, &MediaPlan::Srtp(policy), &local, &own) {
        assert!(matches!(media, NegotiatedMedia::Srtp { .. }));
        assert!(answer.bytes.windows(9).any(|window| window == b"a=crypto:"));
        assert!(Offer::parse(&answer.bytes).is_ok());
    }
}

/// A datagram on a media port, as RTP and as RTCP about the source that its first octets name: what is read is written
/// back, and a payload comes of the datagram.
pub fn media_packet(input: &[u8]) {
    if let Ok(RtpPacket { header, payload }) = RtpPacket::parse(input) {
        let mut written = Vec::new();
        header.write(&mut written);
        // Version alone: padding, extension and contributors are passed over.
        assert_eq!((written.first(), written.get(1..)), (Some(&0x80), input.get(1..RtpHeader::LENGTH)));
        assert!(payload.is_empty() || input.windows(payload.len()).any(|window| window == payload));
        assert!(payload.len() + RtpHeader::LENGTH <= input.len());
    }
    let Some((source, datagram)) = input.split_first_chunk::<4>() else { return };
    let source = u32::from_be_bytes(*source);
    if let Ok(compound) = RtcpCompound::parse(datagram, source) {
        assert!(compound.report.is_none_or(|report| report.ssrc == source));
        let mut written = Vec::new();
        compound.write(&mut written);
        assert_eq!(RtcpCompound::parse(&written, source), Ok(compound));
    }
}
