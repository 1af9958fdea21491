//! Pause, seek, speed and stored clips on the virtual clock.
use std::task::Waker;

use super::*;
use crate::{
    command::SeekTo,
    stored_clip::{AudioChunk, ClipFeed, StoredAudio, StoredClip},
};

/// A prompt whose octets tell their number in the prompt, in units of 20 ms.
fn numbered(packets: u8) -> Clip {
    Clip::Prompt((0..packets).flat_map(|n| [n; 160]).collect())
}

fn stored(packets: u32) -> (Clip, ClipFeed) {
    let mut clip = StoredClip::new(StoredAudio::Message(7), AudioCodec::Pcmu, packets * 20 * MS);
    let feed = clip.attach(Waker::noop().clone());
    (Clip::Stored(clip), feed)
}

/// Offers a chunk of packets that tell their numbers.
fn offer(feed: &ClipFeed, packets: std::ops::Range<u8>, last: bool) {
    let since = feed.wanted().unwrap();
    let octets = packets.flat_map(|n| [n; 160]).collect();
    feed.offer(AudioChunk { since, octets, last }).unwrap();
}

/// The first octet of each packet that was sent.
fn said(rig: &Rig) -> Vec<u8> {
    rig.sent_rtp().iter().map(|packet| packet.2[0]).collect()
}

fn finished(rig: &Rig, token: Token) -> Vec<(PlayEnd, u128)> {
    let ends = rig.events.iter().filter(|told| told.token == token);
    ends.map(|told| match told.what {
        MediaEventKind::PlayFinished { why, at } => (why, at.as_millis()),
        _ => panic!("{told:?}"),
    })
    .collect()
}

#[test]
fn paused_prompt_stands_still_and_goes_on_with_the_next_octet() {
    let mut rig = Rig::open(parameters());
    let token = rig.play(vec![numbered(6)]);
    rig.wait(50 * MS);

    rig.command(MediaCommandKind::Pause);
    rig.command(MediaCommandKind::Pause);
    rig.wait(2 * SECOND);
    rig.command(MediaCommandKind::Resume);
    rig.wait(80 * MS);

    // While it stands still, a packet of silence a second.
    assert_eq!(said(&rig), [0, 1, 2, 0xff, 0xff, 3, 4, 5]);
    assert_eq!(finished(&rig, token), [(PlayEnd::Finished, 120)]);
    assert!(rig.sent_rtp()[5].1.marker);
}

#[test]
fn paused_prompt_that_is_stopped_tells_where_it_stands() {
    let mut rig = Rig::open(parameters());
    let token = rig.play(vec![numbered(6)]);
    rig.wait(50 * MS);
    rig.command(MediaCommandKind::Pause);
    rig.wait(SECOND);

    rig.command(MediaCommandKind::Stop);

    assert_eq!(finished(&rig, token), [(PlayEnd::Interrupted, 60)]);
}

#[test]
fn seek_goes_to_every_place_over_all_clips_and_not_beyond_either_end() {
    // After three packets of two clips of five; what is said then, and where it ends.
    let cases = [
        (SeekTo::Position(Duration::ZERO), vec![0, 1, 2, 3, 4, 0, 1, 2, 3, 4]),
        (SeekTo::Position(20 * MS), vec![1, 2, 3, 4, 0, 1, 2, 3, 4]),
        (SeekTo::Position(120 * MS), vec![1, 2, 3, 4]),
        (SeekTo::Position(100 * MS), vec![0, 1, 2, 3, 4]),
        (SeekTo::Position(200 * MS), vec![]),
        (SeekTo::Position(Duration::MAX), vec![]),
        (SeekTo::Forward(40 * MS), vec![0, 1, 2, 3, 4]),
        (SeekTo::Forward(Duration::ZERO), vec![3, 4, 0, 1, 2, 3, 4]),
        (SeekTo::Forward(140 * MS), vec![]),
        (SeekTo::Back(40 * MS), vec![1, 2, 3, 4, 0, 1, 2, 3, 4]),
        (SeekTo::Back(SECOND), vec![0, 1, 2, 3, 4, 0, 1, 2, 3, 4]),
    ];
    for (to, expected) in cases {
        let mut rig = Rig::open(parameters());
        let token = rig.play(vec![numbered(5), numbered(5)]);
        rig.wait(50 * MS);

        rig.command(MediaCommandKind::Seek { to });
        rig.wait(300 * MS);

        assert_eq!(said(&rig)[3..], expected, "{to:?}");
        assert_eq!(finished(&rig, token), [(PlayEnd::Finished, 200)], "{to:?}");
    }
}

#[test]
fn seek_within_what_stands_still_does_not_start_it() {
    let mut rig = Rig::open(parameters());
    let token = rig.play(vec![numbered(6)]);
    rig.wait(50 * MS);
    rig.command(MediaCommandKind::Pause);

    rig.command(MediaCommandKind::Seek { to: SeekTo::Position(100 * MS) });
    rig.wait(500 * MS);
    assert_eq!(said(&rig), [0, 1, 2]);
    rig.command(MediaCommandKind::Resume);
    rig.wait(100 * MS);

    assert_eq!(said(&rig), [0, 1, 2, 5]);
    assert_eq!(finished(&rig, token), [(PlayEnd::Finished, 120)]);
}

#[test]
fn pause_resume_seek_and_speed_without_a_play_do_nothing() {
    let mut rig = Rig::open(parameters());

    for what in [
        MediaCommandKind::Pause,
        MediaCommandKind::Resume,
        MediaCommandKind::Seek { to: SeekTo::Forward(SECOND) },
        MediaCommandKind::Speed { percent: 200 },
    ] {
        rig.command(what);
    }
    rig.wait(100 * MS);

    assert_eq!((rig.events.len(), said(&rig)), (0, vec![0xff]));
}

#[test]
fn speed_changes_how_long_it_takes_and_not_where_it_ends() {
    for (percent, milliseconds) in [(50, 4000), (100, 2000), (125, 1600), (200, 1000), (400, 1000), (1, 4000)]
    {
        let mut rig = Rig::open(parameters());
        let tone = Clip::Tone { frequency_hz: 300, duration: 2 * SECOND };
        let token = rig.play(vec![tone]);

        rig.command(MediaCommandKind::Speed { percent });
        rig.wait(10 * SECOND);

        assert_eq!(finished(&rig, token), [(PlayEnd::Finished, 2000)], "{percent}");
        let talking = rig.sent_rtp().iter().filter(|packet| packet.2 != [0xff; 160]).count() as u128 * 20;
        assert!(talking.abs_diff(milliseconds) <= 40, "{percent}: {talking}");
    }
}

#[test]
fn position_at_another_speed_is_that_of_the_recording() {
    for (percent, at) in [(50, 500), (150, 1500), (200, 2000)] {
        let mut rig = Rig::open(parameters());
        let token = rig.play(vec![Clip::Tone { frequency_hz: 300, duration: 10 * SECOND }]);
        rig.command(MediaCommandKind::Speed { percent });
        rig.wait(990 * MS);

        rig.command(MediaCommandKind::Stop);

        assert_eq!(finished(&rig, token), [(PlayEnd::Interrupted, at)]);
    }
}

#[test]
fn seek_at_another_speed_counts_from_what_is_heard() {
    let mut rig = Rig::open(parameters());
    let token = rig.play(vec![Clip::Silence(10 * SECOND)]);
    rig.command(MediaCommandKind::Speed { percent: 200 });
    rig.wait(990 * MS);

    rig.command(MediaCommandKind::Seek { to: SeekTo::Forward(5 * SECOND) });
    rig.command(MediaCommandKind::Stop);

    assert_eq!(finished(&rig, token), [(PlayEnd::Interrupted, 7000)]);
}

#[test]
fn next_play_begins_at_the_recorded_speed() {
    let mut rig = Rig::open(parameters());
    rig.play(vec![numbered(50)]);
    rig.command(MediaCommandKind::Speed { percent: 200 });

    rig.play(vec![numbered(4)]);
    rig.wait(70 * MS);

    assert_eq!(said(&rig), [0, 1, 2, 3]);
}

#[test]
fn stored_clip_is_said_between_others_and_ends_with_its_last_chunk() {
    let mut rig = Rig::open(parameters());
    let (clip, feed) = stored(4);
    offer(&feed, 10..12, false);
    offer(&feed, 12..14, true);

    let token = rig.play(vec![numbered(1), clip, numbered(1)]);
    rig.wait(200 * MS);

    assert_eq!(said(&rig), [0, 10, 11, 12, 13, 0]);
    assert_eq!(finished(&rig, token), [(PlayEnd::Finished, 120)]);
    assert_eq!(feed.wanted(), None);
    assert_eq!(rig.totals().clip_underruns, 0);
}

#[test]
fn audio_that_has_not_come_is_silence_counted_and_nothing_of_it_is_lost() {
    let mut rig = Rig::open(parameters());
    let (clip, feed) = stored(4);
    let token = rig.play(vec![clip]);
    rig.wait(30 * MS);
    offer(&feed, 10..12, false);
    rig.wait(60 * MS);

    offer(&feed, 12..14, true);
    rig.wait(100 * MS);

    assert_eq!(said(&rig), [0xff, 0xff, 10, 11, 0xff, 12, 13]);
    assert_eq!(finished(&rig, token), [(PlayEnd::Finished, 80)]);
    assert_eq!(rig.totals().clip_underruns, 3);
}

#[test]
fn seek_in_a_stored_clip_asks_the_reader_and_drops_what_was_read() {
    let mut rig = Rig::open(parameters());
    let (clip, feed) = stored(100);
    offer(&feed, 0..3, false);
    offer(&feed, 3..6, false);
    let token = rig.play(vec![numbered(2), clip]);
    rig.wait(70 * MS);

    rig.command(MediaCommandKind::Seek { to: SeekTo::Position(1040 * MS) });
    assert_eq!(feed.wanted().unwrap().octets, 8000);
    rig.wait(20 * MS);
    offer(&feed, 50..53, false);
    rig.wait(60 * MS);
    rig.command(MediaCommandKind::Stop);

    assert_eq!(said(&rig), [0, 1, 0, 1, 0xff, 50, 51, 52]);
    assert_eq!(finished(&rig, token), [(PlayEnd::Interrupted, 1100)]);
}

#[test]
fn stored_clip_after_a_seek_back_to_the_clip_before_is_read_from_its_beginning() {
    let mut rig = Rig::open(parameters());
    let (clip, feed) = stored(2);
    offer(&feed, 10..12, true);
    rig.play(vec![numbered(1), clip]);
    rig.wait(30 * MS);
    rig.command(MediaCommandKind::Seek { to: SeekTo::Position(Duration::ZERO) });

    rig.wait(60 * MS);

    assert_eq!(said(&rig), [0, 10, 0, 10, 11]);
}

#[test]
fn stored_clip_without_a_reader_is_passed_over_and_counted() {
    let mut rig = Rig::open(parameters());
    let clip = Clip::Stored(StoredClip::new(StoredAudio::Message(7), AudioCodec::Pcmu, SECOND));

    let token = rig.play(vec![clip, numbered(1)]);
    rig.wait(100 * MS);

    assert_eq!(said(&rig), [0]);
    assert_eq!(finished(&rig, token), [(PlayEnd::Finished, 20)]);
    assert_eq!(rig.totals().clips_unreadable, 1);
}

#[test]
fn stored_clip_whose_reader_gives_up_ends_there() {
    let mut rig = Rig::open(parameters());
    let (clip, feed) = stored(100);
    offer(&feed, 10..12, false);
    drop(feed);

    let token = rig.play(vec![clip]);
    rig.wait(100 * MS);

    assert_eq!(finished(&rig, token), [(PlayEnd::Finished, 40)]);
    assert_eq!(rig.totals().clips_unreadable, 1);
}

#[test]
fn stored_clip_whose_reader_says_nothing_for_ten_seconds_ends_there() {
    let mut rig = Rig::open(parameters());
    let (clip, feed) = stored(100);
    let token = rig.play(vec![clip]);

    rig.wait(9980 * MS);
    assert_eq!(finished(&rig, token), []);
    rig.wait(40 * MS);

    assert_eq!(finished(&rig, token), [(PlayEnd::Finished, 0)]);
    assert_eq!(feed.wanted(), None);
    let totals = rig.totals();
    assert_eq!((totals.clip_underruns, totals.clips_unreadable), (500, 1));
}

#[test]
fn stored_clip_is_heard_in_the_codec_that_the_call_has() {
    let mut rig = Rig::open(SpecParameters { codec: AudioCodec::Pcma, payload_type: 8, ..parameters() });
    let (clip, feed) = stored(1);
    let octets = vec![0x80; 160];
    feed.offer(AudioChunk { since: feed.wanted().unwrap(), octets, last: true }).unwrap();

    rig.play(vec![clip]);
    rig.wait(10 * MS);

    assert_eq!(said(&rig), [0xaa]);
}

#[test]
fn stored_clip_at_double_speed_waits_for_its_reader_without_losing_its_place() {
    let mut rig = Rig::open(parameters());
    let (clip, feed) = stored(50);
    let token = rig.play(vec![clip]);
    rig.command(MediaCommandKind::Speed { percent: 200 });
    offer(&feed, 0..25, false);
    rig.wait(SECOND);
    offer(&feed, 25..50, true);

    rig.wait(SECOND);

    assert_eq!(finished(&rig, token), [(PlayEnd::Finished, 1000)]);
    assert!(rig.totals().clip_underruns >= 25);
}
