use std::time::{Duration, Instant};

use proptest::prelude::*;
use serde_json::Value;
use telephony::SrtpSuite;
use webrtc_srtp::{
    context::Context,
    option::{srtcp_replay_protection, srtp_replay_protection},
    protection_profile::ProtectionProfile,
};

use super::{
    derivation::{SessionKeys, Stream},
    layout::RtpLayout,
    transform::{Transform, key_stream},
    *,
};

const SECOND: Duration = Duration::from_secs(1);
const SSRC: u32 = 0xcafe_babe;
const CM_KEY: &str = "e1f97a0d3e018be0d64fa32c06de41390ec675ad498afeebb6960b3aabe6";
const CM_256_KEY: &str =
    "f0f04914b513f2763a1b1fa130f10e2998f6f6e43e4309d1e622a0e332b9f1b63b04803de51ee7c96423ab5b78d2";
const GCM_KEY: &str = "000102030405060708090a0b0c0d0e0fa0a1a2a3a4a5a6a7a8a9aaab";

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<_> = text.chars().map(|digit| digit.to_digit(16).unwrap() as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

fn rfc(path: &str) -> Vec<u8> {
    let vectors: Value =
        serde_json::from_str(include_str!("../../../../tests/vectors/srtp/rfc-vectors.json")).unwrap();
    hex(vectors.pointer(path).unwrap_or_else(|| panic!("{path}")).as_str().unwrap())
}

fn libsrtp(function: &str, name: &str) -> Vec<u8> {
    let vectors: Value =
        serde_json::from_str(include_str!("../../../../tests/vectors/srtp/libsrtp-vectors.json")).unwrap();
    let arrays = vectors["arrays"].as_array().unwrap();
    let array = arrays.iter().find(|array| array["function"] == function && array["name"] == name).unwrap();
    hex(array["hex"].as_str().unwrap())
}

fn master(suite: SrtpSuite, seed: u8) -> MasterKey {
    let octets: Vec<u8> = (0..suite.key_octets() + suite.salt_octets())
        .map(|n| seed.wrapping_add((n as u8).wrapping_mul(7)))
        .collect();
    MasterKey::new(suite, &octets).unwrap()
}

/// One key both ways, so that what one end sends the other takes.
fn mirrored(key: MasterKey) -> SrtpKeys {
    SrtpKeys { send: key.clone(), send_mki: None, receive: key, receive_mki: None, srtcp_clear: false }
}

fn with_mki(key: MasterKey, mki: &[u8]) -> SrtpKeys {
    SrtpKeys { send_mki: Some(mki.to_vec()), receive_mki: Some(mki.to_vec()), ..mirrored(key) }
}

fn rtp(ssrc: u32, sequence: u16, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x80, 0];
    packet.extend(sequence.to_be_bytes());
    packet.extend([0, 0, 0, 1]);
    packet.extend(ssrc.to_be_bytes());
    packet.extend(payload);
    packet
}

/// A receiver report without blocks and a goodbye.
fn rtcp(ssrc: u32) -> Vec<u8> {
    let mut packet = vec![0x80, 201, 0, 1];
    packet.extend(ssrc.to_be_bytes());
    packet.extend([0x81, 203, 0, 1]);
    packet.extend(ssrc.to_be_bytes());
    packet
}

fn sealed(outbound: &mut Outbound, packet: &[u8]) -> Vec<u8> {
    let mut packet = packet.to_vec();
    outbound.protect_rtp(&mut packet).unwrap();
    packet
}

fn opened(inbound: &mut Inbound, packet: &[u8], now: Instant) -> Result<Vec<u8>, SrtpError> {
    let mut packet = packet.to_vec();
    let length = inbound.unprotect_rtp(&mut packet, now)?;
    packet.truncate(length);
    Ok(packet)
}

fn opened_rtcp(inbound: &mut Inbound, packet: &[u8]) -> Result<Vec<u8>, SrtpError> {
    let mut packet = packet.to_vec();
    let length = inbound.unprotect_rtcp(&mut packet, Instant::now())?;
    packet.truncate(length);
    Ok(packet)
}

#[test]
fn session_keys_are_those_of_rfc_3711_b_3_and_rfc_6188() {
    for (at, suite) in [
        ("/rfc3711/B.3_kdf", SrtpSuite::AesCm128HmacSha1_80),
        ("/rfc6188/aes256_kdf", SrtpSuite::Aes256CmHmacSha1_80),
    ] {
        let key = [rfc(&format!("{at}/master_key")), rfc(&format!("{at}/master_salt"))].concat();
        let keys = SessionKeys::derive(&MasterKey::new(suite, &key).unwrap(), Stream::Rtp);

        assert_eq!(*keys.cipher, rfc(&format!("{at}/cipher_key")));
        assert_eq!(keys.salt.to_vec(), rfc(&format!("{at}/cipher_salt")));
        assert_eq!(*keys.authentication, rfc(&format!("{at}/auth_key")));
    }
}

#[test]
fn key_stream_is_that_of_rfc_3711_b_2() {
    let mut block = [0; 16];
    block[..14].copy_from_slice(&rfc("/rfc3711/B.2_keystream/session_salt"));
    let mut octets = vec![0; 65_282 * 16];
    key_stream(&rfc("/rfc3711/B.2_keystream/session_key"), block, &mut octets);

    for number in [0, 1, 2, 65_279, 65_280, 65_281] {
        let expected = rfc(&format!("/rfc3711/B.2_keystream/blocks/{number}"));
        assert_eq!(octets[number * 16..][..16], expected[..], "{number}");
    }
}

#[test]
fn packets_of_rfc_7714_are_sealed_and_opened() {
    for at in ["/rfc7714/16_srtp_aes128", "/rfc7714/16_srtp_aes256"] {
        let salt: [u8; 12] = rfc(&format!("{at}/salt")).try_into().unwrap();
        let transform = Transform::gcm_of_session_key(&rfc(&format!("{at}/session_key")), &salt);
        let clear = [rfc(&format!("{at}/rtp_header")), rfc(&format!("{at}/plaintext"))].concat();
        let head = RtpLayout::read(&clear).unwrap();
        let mut packet = clear.clone();

        transform.seal_rtp(&mut packet, head, 0xf17b, &[]).unwrap();
        assert_eq!(packet, rfc(&format!("{at}/srtp_packet")));

        let length = transform.open_rtp(&mut packet, head, 0xf17b, &[]).unwrap();
        assert_eq!(packet[..length], clear[..]);
    }
}

#[test]
fn packets_of_libsrtp_are_sealed_octet_for_octet_and_opened() {
    let cases = [
        ("srtp_validate", SrtpSuite::AesCm128HmacSha1_80, CM_KEY, None, "srtp_plaintext_ref"),
        ("srtp_validate_mki", SrtpSuite::AesCm128HmacSha1_80, CM_KEY, Some("e1f97a0d"), "srtp_plaintext_ref"),
        ("srtp_validate_gcm", SrtpSuite::AeadAes128Gcm, GCM_KEY, None, "rtp_plaintext_ref"),
        ("srtp_validate_aes_256", SrtpSuite::Aes256CmHmacSha1_80, CM_256_KEY, None, "srtp_plaintext_ref"),
    ];
    for (function, suite, key, mki, clear) in cases {
        let key = MasterKey::new(suite, &hex(key)).unwrap();
        let keys = mki.map_or(mirrored(key.clone()), |mki| with_mki(key, &hex(mki)));
        let (mut outbound, mut inbound) = (Outbound::new(&keys), Inbound::new(&keys));

        let clear = libsrtp(function, clear);
        let packet = sealed(&mut outbound, &clear);
        assert_eq!(packet, libsrtp(function, "srtp_ciphertext"), "{function}");
        assert_eq!(opened(&mut inbound, &packet, Instant::now()), Ok(clear), "{function}");

        if function == "srtp_validate_aes_256" {
            continue;
        }
        let clear = libsrtp(function, "rtcp_plaintext_ref");
        let mut packet = clear.clone();
        outbound.protect_rtcp(&mut packet).unwrap();
        assert_eq!(packet, libsrtp(function, "srtcp_ciphertext"), "{function}");
        assert_eq!(opened_rtcp(&mut inbound, &packet), Ok(clear), "{function}");
    }
}

pub(crate) fn oracle(key: &MasterKey) -> Context {
    let profile = match key.suite() {
        SrtpSuite::AeadAes256Gcm => ProtectionProfile::AeadAes256Gcm,
        SrtpSuite::AeadAes128Gcm => ProtectionProfile::AeadAes128Gcm,
        SrtpSuite::Aes256CmHmacSha1_80 => ProtectionProfile::Aes256CmHmacSha1_80,
        SrtpSuite::AesCm128HmacSha1_80 => ProtectionProfile::Aes128CmHmacSha1_80,
        SrtpSuite::AesCm128HmacSha1_32 => ProtectionProfile::Aes128CmHmacSha1_32,
    };
    let windows = (Some(srtp_replay_protection(64)), Some(srtcp_replay_protection(64)));
    Context::new(key.key(), key.salt(), profile, windows.0, windows.1).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    /// Both ways in all suites, with gaps, until the sequence has wrapped twice.
    #[test]
    fn packets_agree_with_webrtc_srtp_over_two_wraps(
        seed: u8,
        start: u16,
        ssrc: u32,
        step in 500..3000u32,
        payload in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        for suite in SrtpSuite::ALL {
            let key = master(suite, seed);
            let keys = mirrored(key.clone());
            let (mut outbound, mut inbound) = (Outbound::new(&keys), Inbound::new(&keys));
            let (mut theirs_out, mut theirs_in) = (oracle(&key), oracle(&key));
            for n in 0..=(0x2_0000 / step) {
                let sequence = (u32::from(start) + n * step) as u16;
                let clear = rtp(ssrc, sequence, &payload);
                let packet = sealed(&mut outbound, &clear);
                prop_assert_eq!(&packet[..], &theirs_out.encrypt_rtp(&clear).unwrap()[..]);
                prop_assert_eq!(&theirs_in.decrypt_rtp(&packet).unwrap()[..], &clear[..]);
                prop_assert_eq!(opened(&mut inbound, &packet, Instant::now()).unwrap(), clear);
            }
            for _ in 0..3 {
                let clear = rtcp(ssrc);
                let mut packet = clear.clone();
                outbound.protect_rtcp(&mut packet).unwrap();
                prop_assert_eq!(&packet[..], &theirs_out.encrypt_rtcp(&clear).unwrap()[..]);
                prop_assert_eq!(&theirs_in.decrypt_rtcp(&packet).unwrap()[..], &clear[..]);
                prop_assert_eq!(opened_rtcp(&mut inbound, &packet).unwrap(), clear);
            }
        }
    }

    #[test]
    fn no_octets_make_the_receiver_panic(
        mut packet in prop::collection::vec(any::<u8>(), 0..80),
        mki in prop::collection::vec(any::<u8>(), 0..4),
    ) {
        for suite in SrtpSuite::ALL {
            let mut inbound = Inbound::new(&with_mki(master(suite, 1), &mki));
            prop_assert!(inbound.unprotect_rtp(&mut packet, Instant::now()).is_err());
            prop_assert!(inbound.unprotect_rtcp(&mut packet, Instant::now()).is_err());
        }
    }
}

#[test]
fn reordered_packets_across_the_wrap_are_taken_once_each() {
    for suite in SrtpSuite::ALL {
        let keys = mirrored(master(suite, 3));
        let (mut outbound, mut inbound) = (Outbound::new(&keys), Inbound::new(&keys));
        let mut packets: Vec<_> =
            (0..128u16).map(|n| sealed(&mut outbound, &rtp(SSRC, 65_472u16.wrapping_add(n), b"a"))).collect();
        packets[1..].reverse();

        for packet in &packets {
            assert!(opened(&mut inbound, packet, Instant::now()).is_ok());
        }
        for packet in &packets {
            assert_eq!(opened(&mut inbound, packet, Instant::now()), Err(SrtpError::Replayed));
        }
    }
}

#[test]
fn packet_changed_in_any_octet_is_refused_and_the_true_one_taken_afterwards() {
    for suite in SrtpSuite::ALL {
        let keys = with_mki(master(suite, 3), b"id");
        let (mut outbound, mut inbound) = (Outbound::new(&keys), Inbound::new(&keys));
        let packet = sealed(&mut outbound, &rtp(SSRC, 1, b"speech"));
        let mut report = rtcp(SSRC);
        outbound.protect_rtcp(&mut report).unwrap();

        for place in 0..packet.len() {
            let mut changed = packet.clone();
            changed[place] ^= 0x01;
            assert!(opened(&mut inbound, &changed, Instant::now()).is_err(), "{suite} {place}");
        }
        for place in 0..report.len() {
            let mut changed = report.clone();
            changed[place] ^= 0x01;
            assert!(opened_rtcp(&mut inbound, &changed).is_err(), "{suite} {place}");
        }
        assert!(opened(&mut inbound, &packet, Instant::now()).is_ok());
        assert_eq!(opened_rtcp(&mut inbound, &report), Ok(rtcp(SSRC)));
        assert_eq!(opened_rtcp(&mut inbound, &report), Err(SrtpError::Replayed));
    }
}

#[test]
fn clear_srtcp_is_taken_only_where_agreed_and_only_with_its_tag() {
    for suite in SrtpSuite::ALL {
        let strict = mirrored(master(suite, 9));
        let lenient = SrtpKeys { srtcp_clear: true, ..strict.clone() };
        let mut packet = rtcp(SSRC);
        Outbound::new(&lenient).protect_rtcp(&mut packet).unwrap();
        assert_eq!(packet[..16], rtcp(SSRC)[..]);
        let mut forged = rtcp(SSRC);
        forged.extend([0; 4 + 16]);

        assert_eq!(opened_rtcp(&mut Inbound::new(&strict), &packet), Err(SrtpError::NotAuthentic));
        assert_eq!(opened_rtcp(&mut Inbound::new(&lenient), &packet), Ok(rtcp(SSRC)));
        assert_eq!(opened_rtcp(&mut Inbound::new(&strict), &forged), Err(SrtpError::NotAuthentic));
        assert_eq!(opened_rtcp(&mut Inbound::new(&lenient), &forged), Err(SrtpError::NotAuthentic));
    }
}

#[test]
fn flood_of_forged_sources_leaves_nothing_behind() {
    let keys = mirrored(master(SrtpSuite::AesCm128HmacSha1_80, 1));
    let mut inbound = Inbound::new(&keys);
    for ssrc in 0..10_000 {
        let forged = rtp(ssrc, 1, &[0; 40]);
        assert_eq!(opened(&mut inbound, &forged, Instant::now()), Err(SrtpError::NotAuthentic));
        assert_eq!(
            opened_rtcp(&mut inbound, &[&rtcp(ssrc)[..], &[0xff; 14]].concat()),
            Err(SrtpError::NotAuthentic)
        );
    }

    assert_eq!(inbound.source_count(), 0);
    assert!(
        opened(&mut inbound, &sealed(&mut Outbound::new(&keys), &rtp(1, 1, b"a")), Instant::now()).is_ok()
    );
}

#[test]
fn key_ends_after_2_to_the_48th_srtp_and_2_to_the_31st_srtcp_packets() {
    let keys = mirrored(master(SrtpSuite::AeadAes256Gcm, 1));
    let mut outbound = Outbound::new(&keys);
    outbound.set_indices(SSRC, 0xffff_ffff_fffe, 0x7fff_ffff);

    assert_eq!(outbound.protect_rtp(&mut rtp(SSRC, 65_535, b"a")), Ok(()));
    assert_eq!(outbound.protect_rtp(&mut rtp(SSRC, 0, b"a")), Err(SrtpError::KeyExhausted));
    assert_eq!(outbound.protect_rtcp(&mut rtcp(SSRC)), Ok(()));
    assert_eq!(outbound.protect_rtcp(&mut rtcp(SSRC)), Err(SrtpError::KeyExhausted));
    outbound.update(&mirrored(master(SrtpSuite::AeadAes256Gcm, 2)));
    assert_eq!(outbound.protect_rtcp(&mut rtcp(SSRC)), Ok(()));
}

#[test]
fn no_index_is_sent_twice() {
    let mut outbound = Outbound::new(&mirrored(master(SrtpSuite::AeadAes128Gcm, 1)));
    sealed(&mut outbound, &rtp(SSRC, 7, b"a"));

    assert_eq!(outbound.protect_rtp(&mut rtp(SSRC, 7, b"b")), Err(SrtpError::KeyExhausted));
    assert_eq!(outbound.protect_rtp(&mut rtp(SSRC, 6, b"b")), Err(SrtpError::KeyExhausted));
    assert_eq!(outbound.protect_rtp(&mut rtp(SSRC, 8, b"b")), Ok(()));
}

#[test]
fn same_keys_agreed_again_keep_what_is_known_of_replays_also_under_another_mki() {
    let keys = mirrored(master(SrtpSuite::AesCm128HmacSha1_80, 1));
    let (mut outbound, mut inbound) = (Outbound::new(&keys), Inbound::new(&keys));
    let packet = sealed(&mut outbound, &rtp(SSRC, 65_535, b"a"));
    opened(&mut inbound, &packet, Instant::now()).unwrap();

    inbound.update(&keys);
    outbound.update(&keys);

    assert_eq!(opened(&mut inbound, &packet, Instant::now()), Err(SrtpError::Replayed));
    let packet = sealed(&mut outbound, &rtp(SSRC, 0, b"b"));
    assert_eq!(opened(&mut inbound, &packet, Instant::now()), Ok(rtp(SSRC, 0, b"b")));
    inbound.update(&with_mki(keys.receive, b"x"));
    let (body, tag) = packet.split_at(packet.len() - 10);
    let moved = [body, b"x", tag].concat();
    assert_eq!(opened(&mut inbound, &moved, Instant::now()), Err(SrtpError::Replayed));
}

#[test]
fn new_key_counts_from_its_first_packet_and_the_old_one_for_five_seconds_more() {
    for suite in SrtpSuite::ALL {
        let start = Instant::now();
        let (before, after) = (mirrored(master(suite, 1)), mirrored(master(suite, 2)));
        let (mut old, mut inbound) = (Outbound::new(&before), Inbound::new(&before));
        let mut new = Outbound::new(&before);
        for sequence in [65_535, 0, 1] {
            assert!(opened(&mut inbound, &sealed(&mut old, &rtp(SSRC, sequence, b"a")), start).is_ok());
        }
        inbound.update(&after);
        new.set_indices(SSRC, 0x1_0001, 1);
        new.update(&after);

        // The old key goes on until the new one has shown itself, however long that takes.
        assert!(opened(&mut inbound, &sealed(&mut old, &rtp(SSRC, 2, b"b")), start + 60 * SECOND).is_ok());
        let switched = start + 61 * SECOND;
        assert!(opened(&mut inbound, &sealed(&mut new, &rtp(SSRC, 3, b"c")), switched).is_ok());
        let late = sealed(&mut old, &rtp(SSRC, 4, b"d"));
        let too_late = sealed(&mut old, &rtp(SSRC, 5, b"e"));
        assert!(opened(&mut inbound, &late, switched + 4 * SECOND).is_ok());
        assert!(opened(&mut inbound, &too_late, switched + 5 * SECOND).is_err());
        assert!(opened(&mut inbound, &sealed(&mut new, &rtp(SSRC, 6, b"f")), switched + 6 * SECOND).is_ok());
    }
}

#[test]
fn peer_that_begins_its_rollover_anew_with_a_new_key_is_understood() {
    let now = Instant::now();
    let (before, after) =
        (mirrored(master(SrtpSuite::AeadAes128Gcm, 1)), mirrored(master(SrtpSuite::AeadAes128Gcm, 2)));
    let (mut old, mut inbound) = (Outbound::new(&before), Inbound::new(&before));
    for sequence in [65_535, 0] {
        opened(&mut inbound, &sealed(&mut old, &rtp(SSRC, sequence, b"a")), now).unwrap();
    }
    inbound.update(&after);

    let packet = sealed(&mut Outbound::new(&after), &rtp(SSRC, 1, b"b"));

    assert_eq!(opened(&mut inbound, &packet, now), Ok(rtp(SSRC, 1, b"b")));
}

#[test]
fn debug_form_of_keys_shows_none() {
    let text = format!("{:?}", mirrored(master(SrtpSuite::AeadAes128Gcm, 0x41)));

    assert!(text.contains("MasterKey(AEAD_AES_128_GCM, [secret])"), "{text}");
    assert!(!text.contains("65"), "{text}");
}
