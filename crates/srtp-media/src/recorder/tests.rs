#![expect(clippy::arithmetic_side_effects, clippy::indexing_slicing, reason = "numbers of the test itself")]

use super::*;

const MS: Duration = Duration::from_millis(1);
const LIMITS: RecordLimits = RecordLimits { silence: None, maximum: Duration::from_secs(1200) };

fn header(sequence: u16, timestamp: u32) -> RtpHeader {
    RtpHeader {
        marker: false,
        payload_type: 0,
        sequence: SequenceNumber(sequence),
        timestamp: RtpTimestamp(timestamp),
        ssrc: 9,
    }
}

/// A recorder on a virtual clock that is stepped every 20 ms.
struct Bench {
    recorder: Recorder,
    start: Instant,
    now: Instant,
    octets: Vec<u8>,
    blocks: Vec<RecordedBlock>,
    ended: Option<RecordEnd>,
}

impl Bench {
    fn new(limits: RecordLimits) -> Self {
        let start = Instant::now();
        let recorder = Recorder::new(RecordingId(1), Token(2), AudioCodec::Pcmu, limits, start);
        Self { recorder, start, now: start, octets: Vec::new(), blocks: Vec::new(), ended: None }
    }

    /// A packet of 20 ms whose octets all are `octet`, at a time of the source that loses nothing.
    fn packet(&mut self, timestamp: u32, octet: u8) -> Placed {
        self.numbered((timestamp / 160) as u16, timestamp, &[octet; 160])
    }

    fn numbered(&mut self, sequence: u16, timestamp: u32, payload: &[u8]) -> Placed {
        self.recorder.place(&header(sequence, timestamp), payload, self.now)
    }

    fn wait(&mut self, time: Duration) {
        let until = self.now + time;
        while self.now < until && self.ended.is_none() {
            self.now += (20 * MS).min(until - self.now);
            self.ended = self.recorder.handle_timeout(self.now);
            while let Some(block) = self.recorder.take_block(self.now) {
                self.keep(block);
            }
        }
    }

    fn keep(&mut self, block: RecordedBlock) {
        assert_eq!(block.number as usize, self.blocks.len());
        self.octets.extend_from_slice(&block.payload);
        self.blocks.push(block);
    }

    fn finish(&mut self) {
        self.recorder.settle_all(self.now);
        loop {
            let block = self.recorder.take_last_block();
            let last = block.last;
            self.keep(block);
            if last {
                return;
            }
        }
    }

    /// The recording as runs of equal octets.
    fn runs(&self) -> Vec<(u8, usize)> {
        let mut runs: Vec<(u8, usize)> = Vec::new();
        for octet in &self.octets {
            match runs.last_mut() {
                Some((same, count)) if same == octet => *count += 1,
                _ => runs.push((*octet, 1)),
            }
        }
        runs
    }
}

#[test]
fn packets_in_order_become_one_stream_bit_for_bit() {
    let mut bench = Bench::new(LIMITS);

    let mut expected = Vec::new();
    for n in 0..200u32 {
        let payload: Vec<u8> = (0..160u32).map(|i| (n * 160 + i) as u8).collect();
        bench.numbered(n as u16, n * 160, &payload);
        expected.extend(payload);
        bench.wait(20 * MS);
    }
    bench.finish();

    assert_eq!(bench.octets, expected);
    assert_eq!(bench.blocks.len(), 8);
    assert!(bench.blocks.iter().all(|block| block.payload.len() == 4000));
    assert_eq!(bench.blocks.iter().filter(|block| block.last).count(), 1);
}

#[test]
fn swapped_and_doubled_packets_stand_in_their_place() {
    let mut bench = Bench::new(LIMITS);

    for n in [0u32, 2, 1, 1, 5, 4, 3, 6] {
        bench.packet(n * 160, 10 + n as u8);
        bench.wait(20 * MS);
    }
    bench.finish();

    let expected: Vec<(u8, usize)> = (10..17).map(|octet| (octet, 160)).collect();
    assert_eq!(bench.runs(), expected);
}

/// Three periods of 50 octets short of a packet, so that packets are cut within a period.
fn wave(from: usize, octets: usize) -> Vec<u8> {
    (from..from + octets).map(|n| if n % 50 < 25 { 0x9f } else { 0x1f }).collect()
}

/// Packets of the wave with these numbers, 20 ms apart, and how the recording differs from the wave.
fn differences(bench: &mut Bench, numbers: &[usize]) -> Vec<usize> {
    for n in numbers {
        bench.numbered(*n as u16, *n as u32 * 160, &wave(n * 160, 160));
        bench.wait(20 * MS);
    }
    bench.finish();
    let whole = wave(0, bench.octets.len());
    (0..whole.len()).filter(|n| bench.octets[*n] != whole[*n]).collect()
}

#[test]
fn lost_packet_is_concealed_and_the_packets_around_it_stay_as_they_came() {
    let mut bench = Bench::new(LIMITS);

    let differ = differences(&mut bench, &[0, 1, 2, 4, 5]);

    assert_eq!(bench.octets.len(), 960);
    // The first ten milliseconds of the third packet go on at full level, then it fades.
    assert!(differ.iter().all(|n| (560..640).contains(n)), "{differ:?}");
    assert!(bench.octets[480..640].iter().all(|octet| *octet != 0xff));
}

#[test]
fn sixty_milliseconds_of_a_longer_loss_are_concealed_and_the_rest_is_silence() {
    let mut bench = Bench::new(LIMITS);

    differences(&mut bench, &[0, 1, 2, 7, 8]);

    assert!(bench.octets[480..900].iter().all(|octet| *octet != 0xff));
    assert_eq!(bench.octets[960..1120], [0xff; 160]);
    assert_eq!(bench.octets[1120..], wave(1120, 320));
}

#[test]
fn gap_without_a_missing_number_is_a_pause_and_stays_silence() {
    let mut bench = Bench::new(LIMITS);
    for (sequence, n) in [(0, 0), (1, 1), (2, 2), (3, 4), (4, 5)] {
        bench.numbered(sequence, n * 160, &wave(n as usize * 160, 160));
        bench.wait(20 * MS);
    }
    bench.finish();

    assert_eq!(bench.octets[480..640], [0xff; 160]);
}

#[test]
fn gap_that_fewer_packets_are_missing_from_than_would_fill_it_stays_silence() {
    let mut bench = Bench::new(LIMITS);
    for (sequence, n) in [(0, 0), (1, 1), (2, 2), (4, 5)] {
        bench.numbered(sequence, n * 160, &wave(n as usize * 160, 160));
        bench.wait(20 * MS);
    }
    bench.finish();

    assert_eq!(bench.octets[480..800], [0xff; 320]);
}

#[test]
fn comfort_noise_or_a_key_before_during_or_after_the_gap_makes_it_a_pause() {
    for (early, late) in [(Some(3), None), (None, Some(3)), (Some(4), None), (None, Some(4))] {
        let mut bench = Bench::new(LIMITS);
        for n in [0u16, 1, 2] {
            bench.numbered(n, u32::from(n) * 160, &wave(usize::from(n) * 160, 160));
            bench.wait(20 * MS);
        }
        early.into_iter().for_each(|n| bench.recorder.note_other(SequenceNumber(n)));
        bench.numbered(5, 800, &wave(800, 160));
        late.into_iter().for_each(|n| bench.recorder.note_other(SequenceNumber(n)));
        bench.finish();

        assert_eq!(bench.octets[480..800], [0xff; 320], "{early:?} {late:?}");
    }
}

#[test]
fn packet_that_comes_late_but_in_time_wins_over_its_concealment() {
    let mut bench = Bench::new(LIMITS);

    let differ = differences(&mut bench, &[0, 1, 2, 4, 5, 6, 7, 3, 8, 9, 10]);

    assert_eq!(differ, Vec::<usize>::new());
}

#[test]
fn packet_late_within_a_gap_leaves_the_rest_of_the_gap_concealed() {
    let mut bench = Bench::new(LIMITS);

    let differ = differences(&mut bench, &[0, 1, 2, 6, 4, 7, 8]);

    assert_eq!(bench.octets[640..800], wave(640, 160));
    assert!(differ.iter().all(|n| (560..640).contains(n) || (880..960).contains(n)), "{differ:?}");
}

#[test]
fn loss_at_the_end_or_before_the_beginning_of_a_recording_is_not_made_up() {
    let mut bench = Bench::new(LIMITS);

    let differ = differences(&mut bench, &[4, 5, 6]);

    assert_eq!((bench.octets.len(), bench.octets[..480] == wave(640, 480)), (480, true));
    assert_eq!(differ.len(), bench.octets.iter().zip(wave(0, 480)).filter(|(a, b)| **a != *b).count());
}

#[test]
fn history_reaches_back_over_a_block_that_has_been_given_out() {
    let mut bench = Bench::new(LIMITS);
    let numbers: Vec<usize> = (0..60).filter(|n| *n != 25).collect();

    let differ = differences(&mut bench, &numbers);

    // Packet 25 begins the second block.
    assert_eq!(bench.blocks[0].payload.len(), 4000);
    assert!(differ.iter().all(|n| (4080..4160).contains(n)), "{differ:?}");
}

#[test]
fn what_conceals_a_loss_is_no_speech() {
    let speech = |lost: &[u32]| {
        let mut bench = Bench::new(LIMITS);
        for n in (0..100u32).filter(|n| !lost.contains(n)) {
            // Two packets of speech, which are too few to count, then silence.
            let octets = if n % 10 < 3 { wave(n as usize * 160, 160) } else { vec![0xff; 160] };
            bench.numbered(n as u16, n * 160, &octets);
            bench.wait(20 * MS);
        }
        bench.finish();
        match bench.recorder.finished(RecordEnd::Stopped) {
            MediaEventKind::RecordFinished { speech, .. } => speech,
            other => panic!("{other:?}"),
        }
    };

    assert_eq!(speech(&[]), 600 * MS);
    // With the third packet of each word lost and concealed, two are left of it.
    assert_eq!(speech(&[2, 12, 22, 32, 42, 52, 62, 72, 82, 92]), Duration::ZERO);
}

#[test]
fn loss_and_nothing_else_ends_a_recording_by_silence_when_it_is_due() {
    let mut bench = Bench::new(RecordLimits { silence: Some(1000 * MS), ..LIMITS });
    for n in 0..10u32 {
        bench.numbered(n as u16, n * 160, &wave(n as usize * 160, 160));
        bench.wait(20 * MS);
    }
    // Every third packet comes: what conceals the others is as loud as speech.
    for n in (10..200u32).step_by(3) {
        bench.numbered(n as u16, n * 160, &[0xff; 160]);
        bench.wait(60 * MS);
    }

    assert_eq!(bench.ended, Some(RecordEnd::Silence));
    bench.finish();
    assert_eq!(bench.octets.len(), 1600 + 8000);
}

#[test]
fn pause_of_a_source_with_silence_suppression_keeps_its_length() {
    let mut bench = Bench::new(LIMITS);

    bench.packet(0, 7);
    bench.wait(3000 * MS);
    bench.packet(24_000, 8);
    bench.wait(20 * MS);
    bench.finish();

    assert_eq!(bench.runs(), [(7, 160), (0xff, 23_840), (8, 160)]);
}

#[test]
fn packet_after_its_place_was_settled_is_late() {
    let mut bench = Bench::new(LIMITS);
    bench.packet(0, 7);
    bench.wait(500 * MS);

    assert_eq!(bench.packet(160, 8), Placed::Late);
}

#[test]
fn source_that_stops_its_clock_while_silent_is_heard_again() {
    let mut bench = Bench::new(LIMITS);
    bench.packet(0, 7);
    bench.wait(2000 * MS);

    let talkspurt = bench.recorder.place(&RtpHeader { marker: true, ..header(1, 160) }, &[8; 160], bench.now);
    bench.wait(20 * MS);
    bench.finish();

    assert_eq!(talkspurt, Placed::Kept);
    assert_eq!(bench.runs(), [(7, 160), (0xff, 15_840), (8, 160)]);
}

#[test]
fn source_whose_clock_jumps_back_loses_a_fifth_of_a_second_at_most() {
    let mut bench = Bench::new(LIMITS);
    bench.packet(1_000_000, 7);
    bench.wait(2000 * MS);

    let mut kept = 0;
    for n in 0..50u32 {
        kept += u32::from(bench.packet(n * 160, 8) == Placed::Kept);
        bench.wait(20 * MS);
    }

    assert_eq!(kept, 40);
}

#[test]
fn source_whose_clock_jumps_ahead_goes_on_where_the_wall_is() {
    let mut bench = Bench::new(LIMITS);
    bench.packet(0, 7);
    bench.wait(20 * MS);

    assert_eq!(bench.packet(1_000_000_000, 8), Placed::Kept);
    bench.wait(20 * MS);
    bench.finish();

    assert_eq!(bench.runs(), [(7, 160), (8, 160)]);
}

#[test]
fn source_that_sends_ten_times_too_fast_does_not_outrun_the_wall() {
    let mut bench = Bench::new(LIMITS);

    for n in 0..1000u32 {
        bench.packet(n * 160, 7);
        bench.wait(2 * MS);
    }
    bench.finish();

    assert!((16_000..=16_000 + AHEAD as usize + 160).contains(&bench.octets.len()), "{}", bench.octets.len());
}

#[test]
fn silence_from_the_beginning_ends_at_the_limit() {
    let mut bench = Bench::new(RecordLimits { silence: Some(5000 * MS), ..LIMITS });

    bench.wait(10_000 * MS);
    bench.finish();

    assert_eq!(bench.ended, Some(RecordEnd::Silence));
    assert_eq!(bench.now - bench.start, 5300 * MS);
    assert_eq!(bench.runs(), [(0xff, 40_000)]);
}

#[test]
fn speech_puts_off_the_end_by_silence() {
    let mut bench = Bench::new(RecordLimits { silence: Some(2000 * MS), ..LIMITS });
    for n in 0..150u32 {
        let payload: Vec<u8> = (0..160).map(|i| if i % 8 < 4 { 0x90 } else { 0x10 }).collect();
        let octets: &[u8] = if n % 25 < 15 { &payload } else { &[0xff; 160] };
        bench.numbered(n as u16, n * 160, octets);
        bench.wait(20 * MS);
    }
    assert_eq!(bench.ended, None);

    bench.wait(10_000 * MS);
    bench.finish();

    // The last word ends at 2,800 ms; two seconds of silence follow it.
    assert_eq!(bench.ended, Some(RecordEnd::Silence));
    assert_eq!(bench.octets.len(), 38_400);
    let MediaEventKind::RecordFinished { speech, length, blocks, .. } =
        bench.recorder.finished(RecordEnd::Silence)
    else {
        panic!("another event")
    };
    assert_eq!((speech, length, blocks), (1800 * MS, 4800 * MS, 10));
}

#[test]
fn maximum_cuts_the_recording_to_the_octet() {
    let mut bench = Bench::new(RecordLimits { silence: None, maximum: 1010 * MS });
    for n in 0..100u32 {
        bench.packet(n * 160, 7);
        bench.wait(20 * MS);
        if bench.ended.is_some() {
            break;
        }
    }
    bench.finish();

    assert_eq!(bench.ended, Some(RecordEnd::Maximum));
    assert_eq!(bench.octets.len(), 8080);
}

#[test]
fn held_time_is_neither_recorded_nor_counted() {
    let mut bench = Bench::new(RecordLimits { silence: Some(2000 * MS), ..LIMITS });
    bench.packet(0, 7);
    bench.wait(1000 * MS);

    bench.recorder.hold(bench.now);
    bench.wait(60_000 * MS);
    assert_eq!(bench.packet(0, 9), Placed::Dropped);
    bench.recorder.resume(bench.now);
    assert_eq!(bench.ended, None);
    bench.packet(500_000, 8);
    bench.wait(20 * MS);
    bench.finish();

    assert_eq!(bench.runs(), [(7, 160), (0xff, 7840), (8, 160)]);
}

#[test]
fn block_that_does_not_fill_goes_out_after_a_second() {
    let mut bench = Bench::new(LIMITS);
    bench.packet(0, 7);
    bench.wait(400 * MS);
    assert_eq!(bench.blocks.len(), 0);

    bench.recorder.hold(bench.now);
    bench.wait(2000 * MS);

    assert_eq!(bench.blocks.len(), 1);
    assert_eq!(bench.octets.len(), 800);
}

#[test]
fn empty_recording_has_one_empty_last_block() {
    let mut bench = Bench::new(LIMITS);

    bench.finish();

    assert_eq!(bench.blocks.len(), 1);
    assert!(bench.blocks[0].last && bench.blocks[0].payload.is_empty());
}

#[test]
fn stall_of_the_network_loses_what_it_held_up_and_nothing_after() {
    let mut bench = Bench::new(LIMITS);
    for n in 0..50u32 {
        bench.packet(n * 160, 7);
        bench.wait(20 * MS);
    }
    bench.wait(1000 * MS);

    for n in 50..100u32 {
        bench.packet(n * 160, 8);
    }
    for n in 100..150u32 {
        bench.packet(n * 160, 9);
        bench.wait(20 * MS);
    }
    bench.finish();

    // 300 ms before the burst were not yet settled.
    assert_eq!(bench.runs(), [(7, 8000), (0xff, 5600), (8, 2400), (9, 8000)]);
}
