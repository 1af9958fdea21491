#![expect(clippy::arithmetic_side_effects, clippy::indexing_slicing, reason = "numbers of the test itself")]

use super::*;

const MS: Duration = Duration::from_millis(1);
const LIMITS: RecordLimits = RecordLimits { silence: None, maximum: Duration::from_secs(1200) };

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

    /// A packet of 20 ms whose octets all are `octet`, at a time of the source.
    fn packet(&mut self, timestamp: u32, octet: u8) -> Placed {
        self.recorder.place(RtpTimestamp(timestamp), false, &[octet; 160], self.now)
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
        bench.recorder.place(RtpTimestamp(n * 160), false, &payload, bench.now);
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

#[test]
fn lost_packet_is_silence_of_its_length() {
    let mut bench = Bench::new(LIMITS);

    for n in [0u32, 1, 3, 4] {
        bench.packet(n * 160, 7);
        bench.wait(if n == 1 { 40 * MS } else { 20 * MS });
    }
    bench.finish();

    assert_eq!(bench.runs(), [(7, 320), (0xff, 160), (7, 320)]);
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

    let talkspurt = bench.recorder.place(RtpTimestamp(160), true, &[8; 160], bench.now);
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
        bench.recorder.place(RtpTimestamp(n * 160), false, octets, bench.now);
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
