//! Calls under SRTP as their peer sees them, which here is webrtc-srtp.
use super::*;
use crate::{rtcp::SenderInfo, srtp::tests::oracle};

fn master(suite: SrtpSuite, octet: u8) -> MasterKey {
    MasterKey::new(suite, &vec![octet; suite.key_octets() + suite.salt_octets()]).unwrap()
}

/// A secured call; ours is the key of ones, the peer's that of twos.
fn open(suite: SrtpSuite, parameters: SpecParameters) -> Rig {
    let keys = SrtpKeys {
        send: master(suite, 1),
        send_mki: None,
        receive: master(suite, 2),
        receive_mki: None,
        srtcp_clear: false,
    };
    let mut rig = Rig::empty();
    rig.command(MediaCommandKind::Open { spec: MediaSpec::secured(parameters, keys) });
    rig
}

fn age_key(rig: &mut Rig, last_rtp: u64, next_rtcp: u32) {
    rig.engine.sessions.get_mut(&ONE).unwrap().session.age_key(last_rtp, next_rtcp);
}

fn sent(rig: &Rig, channel: Channel) -> usize {
    rig.sent.iter().filter(|sent| sent.channel == channel).count()
}

#[test]
fn reports_are_heard_and_readable_both_ways_in_every_suite() {
    for suite in SrtpSuite::ALL {
        let mut rig = open(suite, parameters());
        let (mut peer_sends, mut peer_reads) = (oracle(&master(suite, 2)), oracle(&master(suite, 1)));
        let audio = RtpHeader {
            marker: false,
            payload_type: 0,
            sequence: SequenceNumber(1),
            timestamp: RtpTimestamp(0),
            ssrc: 9,
        };
        let mut packet = Vec::new();
        audio.write(&mut packet);
        packet.extend([0xff; 160]);
        rig.hear(Channel::Rtp, PEER, &mut peer_sends.encrypt_rtp(&packet).unwrap().to_vec());
        let info =
            SenderInfo { ntp: 0x0123_4567_89ab_cdef, timestamp: RtpTimestamp(0), packets: 1, octets: 160 };
        let mut report = Vec::new();
        RtcpCompound { ssrc: 9, sender: Some(info), report: None, cname: None, goodbye: false }
            .write(&mut report);
        let mut sealed = peer_sends.encrypt_rtcp(&report).unwrap().to_vec();
        assert_ne!(sealed[8..28], report[8..28], "{suite}");
        rig.hear(Channel::Rtcp, "192.0.2.10:4001", &mut sealed.clone());
        rig.hear(Channel::Rtcp, "192.0.2.10:4001", &mut sealed);
        rig.wait(10 * SECOND);

        let totals = rig.totals();

        let reports: Vec<_> = rig.sent.iter().filter(|sent| sent.channel == Channel::Rtcp).collect();
        let clear: Vec<_> =
            reports.iter().map(|sent| peer_reads.decrypt_rtcp(&sent.bytes).unwrap()).collect();
        let read: Vec<_> = clear.iter().map(|clear| RtcpCompound::parse(clear, 9).unwrap()).collect();
        assert!(reports.iter().zip(&clear).all(|(sent, clear)| sent.bytes[8..28] != clear[8..28]));
        // That our report names the peer's says that the peer's was heard.
        let about = read[0].report.unwrap();
        assert_eq!((about.ssrc, about.last_sender_report), (9, 0x4567_89ab), "{suite}");
        assert_eq!(read[0].ssrc, 0xabcd);
        assert!(read.last().unwrap().goodbye && !read[0].goodbye);
        assert_eq!((totals.rtcp_received, totals.packets_received), (1, 1), "{suite}");
        assert_eq!((totals.replayed, totals.failed_authentication), (1, 0), "{suite}");
    }
}

#[test]
fn report_of_the_peer_that_is_in_clear_or_forged_is_not_heard() {
    let mut rig = open(SrtpSuite::AeadAes256Gcm, parameters());
    let mut report = vec![0x80, 201, 0, 1, 0, 0, 0, 9];

    rig.hear(Channel::Rtcp, "192.0.2.10:4001", &mut report);
    report.extend([0; 20]);
    rig.hear(Channel::Rtcp, "192.0.2.10:4001", &mut report);

    let totals = rig.totals();
    assert_eq!((totals.rtcp_received, totals.malformed + totals.failed_authentication), (0, 2));
}

#[test]
fn rtp_ends_with_packet_2_to_the_48th_under_one_key_and_is_counted() {
    let mut rig = open(SrtpSuite::AeadAes128Gcm, SpecParameters { sequence: 65_534, ..parameters() });
    age_key(&mut rig, 0xffff_ffff_fffd, 1);

    rig.play(vec![prompt(1600)]);
    rig.wait(SECOND);

    // The last two numbers of the key carry two of the ten packets.
    assert_eq!(sent(&rig, Channel::Rtp), 2);
    assert_eq!(rig.totals().key_exhausted, 8);
    assert!(sent(&rig, Channel::Rtcp) > 0);
}

#[test]
fn rtcp_ends_with_packet_2_to_the_31st_under_one_key_and_is_counted() {
    let mut rig = open(SrtpSuite::AesCm128HmacSha1_80, parameters());
    age_key(&mut rig, 99, 0x7fff_fffe);

    rig.wait(60 * SECOND);
    let rtp = sent(&rig, Channel::Rtp);
    let totals = rig.totals();

    assert_eq!((sent(&rig, Channel::Rtcp), rtp), (2, 61));
    // At least every 7.5 seconds a report was due, and the goodbye.
    assert!(totals.key_exhausted >= 6, "{totals:?}");
}

#[test]
fn new_key_of_ours_begins_the_numbers_of_reports_anew_and_not_those_of_rtp() {
    let suite = SrtpSuite::AeadAes128Gcm;
    let mut rig = open(suite, SpecParameters { sequence: 65_535, ..parameters() });
    age_key(&mut rig, 0xffff_ffff_fffe, 0x8000_0000);
    rig.wait(3 * SECOND);
    assert_eq!(sent(&rig, Channel::Rtp), 1);

    let keys = SrtpKeys {
        send: master(suite, 3),
        send_mki: None,
        receive: master(suite, 2),
        receive_mki: None,
        srtcp_clear: false,
    };
    let spec = MediaSpec::secured(parameters(), keys);
    rig.command(MediaCommandKind::Update { spec });
    rig.totals();

    // RFC 3711 3.3.1: the numbers of RTP go on under another key, and end with 2^48; those of RTCP begin anew.
    assert_eq!((sent(&rig, Channel::Rtp), sent(&rig, Channel::Rtcp)), (1, 1));
}
