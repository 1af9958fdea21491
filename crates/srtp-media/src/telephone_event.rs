//! Receiving named events (RFC 4733 2): every key press is told exactly once, whatever is lost, doubled or swapped.
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use telephony::Digit;

use crate::{limits::REMEMBERED_EVENTS, reception::playing_time, rtp::RtpTimestamp};

/// A key press that is over.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct KeyPress {
    pub(crate) digit: Digit,
    pub(crate) duration: Duration,
}

/// Reads the event packets of one source. An event is its timestamp: all its packets carry the instant at which it
/// began.
#[derive(Debug, Default)]
pub(crate) struct EventReceiver {
    current: Option<Event>,
    /// Events that have been told, the newest at the back.
    told: VecDeque<Event>,
}

#[derive(Clone, Copy, Debug)]
struct Event {
    began: RtpTimestamp,
    code: u8,
    /// Samples since `began`, over all segments.
    duration: u32,
    heard: Instant,
}

/// What one packet says (RFC 4733 2.3).
#[derive(Clone, Copy)]
struct EventPacket {
    code: u8,
    ends: bool,
    duration: u16,
}

/// An event whose packets stop coming is over after this: all three end packets may be lost, and updates come every
/// 50 ms at the slowest.
pub(crate) const LOST_END: Duration = Duration::from_millis(250);

impl EventReceiver {
    /// Reads the payload of an event packet; up to two presses may be over with it.
    pub(crate) fn receive(
        &mut self,
        timestamp: RtpTimestamp,
        payload: &[u8],
        arrival: Instant,
    ) -> [Option<KeyPress>; 2] {
        let Some(packet) = EventPacket::read(payload) else { return [None, None] };
        if self.told.iter().any(|event| event.has(timestamp, packet)) {
            return [None, None];
        }
        let fresh = Event {
            began: timestamp,
            code: packet.code,
            duration: u32::from(packet.duration),
            heard: arrival,
        };
        match self.current.take() {
            None => [self.go_on(fresh, packet.ends), None],
            Some(current) if current.has(timestamp, packet) => {
                [self.go_on(current.and(&fresh), packet.ends), None]
            }
            // A straggler of a press before this one, of which nothing else has come.
            Some(current) if timestamp.ahead_of(current.began) < 0 => {
                self.current = Some(current);
                [self.tell(fresh), None]
            }
            // A new press: the end of the one before is lost.
            Some(current) => [self.tell(current), self.go_on(fresh, packet.ends)],
        }
    }

    /// Ends the event whose packets have stopped coming.
    pub(crate) fn handle_timeout(&mut self, now: Instant) -> Option<KeyPress> {
        let over = self.current.is_some_and(|event| now.saturating_duration_since(event.heard) >= LOST_END);
        if over { self.finish() } else { None }
    }

    /// Ends the event that is under way: its source is gone.
    pub(crate) fn finish(&mut self) -> Option<KeyPress> {
        self.current.take().and_then(|event| self.tell(event))
    }

    /// Forgets what was told: another source has other timestamps.
    pub(crate) fn restart(&mut self) -> Option<KeyPress> {
        let press = self.finish();
        self.told.clear();
        press
    }

    fn go_on(&mut self, event: Event, ends: bool) -> Option<KeyPress> {
        if ends {
            return self.tell(event);
        }
        self.current = Some(event);
        None
    }

    fn tell(&mut self, event: Event) -> Option<KeyPress> {
        if self.told.len() >= REMEMBERED_EVENTS {
            self.told.pop_front();
        }
        self.told.push_back(event);
        // Events above 15 are no keys (flash, fax tones): told to nobody, remembered all the same.
        let digit = Digit::from_event_code(event.code)?;
        Some(KeyPress { digit, duration: playing_time(u64::from(event.duration)) })
    }
}

impl Event {
    /// Whether a packet belongs to this event: by its timestamp; as a further segment of a long one ("the timestamp
    /// of the segment is that of the event plus the durations so far", 2.5.1.3); or, from senders that move the
    /// timestamp along, because no key can be pressed again before it is released.
    fn has(&self, timestamp: RtpTimestamp, packet: EventPacket) -> bool {
        let into = timestamp.ahead_of(self.began);
        let within = u32::try_from(into).is_ok_and(|into| into < self.duration);
        let segment = self.duration >= u32::from(u16::MAX)
            && u32::try_from(into).is_ok_and(|into| into <= self.duration);
        into == 0 || (packet.code == self.code && (within || segment))
    }

    /// The event with what a further packet of it says.
    fn and(&self, packet: &Self) -> Self {
        let into = packet.began.ahead_of(self.began).cast_unsigned();
        Self {
            duration: self.duration.max(into.saturating_add(packet.duration)),
            heard: self.heard.max(packet.heard),
            ..*self
        }
    }
}

impl EventPacket {
    fn read(payload: &[u8]) -> Option<Self> {
        let [code, flags, high, low] = *payload.first_chunk()?;
        Some(Self { code, ends: flags & 0x80 != 0, duration: u16::from_be_bytes([high, low]) })
    }
}

#[cfg(test)]
mod tests {
    #![expect(
        clippy::arithmetic_side_effects,
        clippy::indexing_slicing,
        reason = "numbers of the test itself"
    )]

    use proptest::prelude::*;

    use super::*;

    /// One packet on its way: event timestamp and payload.
    type Sent = (u32, [u8; 4]);

    /// A press as RFC 4733 sends it: five updates, three ends.
    fn press(code: u8, began: u32) -> Vec<Sent> {
        let update = |n: u16| (n * 160).to_be_bytes();
        let mut packets: Vec<Sent> =
            (1..=5u16).map(|n| (began, [code, 10, update(n)[0], update(n)[1]])).collect();
        let [high, low] = 960u16.to_be_bytes();
        packets.extend([(began, [code, 0x8a, high, low]); 3]);
        packets
    }

    fn heard(packets: &[Sent]) -> String {
        let start = Instant::now();
        let mut receiver = EventReceiver::default();
        let mut digits = String::new();
        let mut arrival = start;
        for (timestamp, payload) in packets {
            arrival += Duration::from_millis(20);
            let presses = receiver.receive(RtpTimestamp(*timestamp), payload, arrival);
            digits.extend(presses.into_iter().flatten().map(|press| press.digit.as_char()));
        }
        digits.extend(receiver.handle_timeout(arrival + LOST_END).map(|press| press.digit.as_char()));
        digits
    }

    fn dialled(codes: &[u8]) -> Vec<Vec<Sent>> {
        (0u32..).zip(codes).map(|(n, code)| press(*code, (u32::MAX - 5000).wrapping_add(n * 1600))).collect()
    }

    #[test]
    fn three_end_packets_tell_one_press_with_its_duration() {
        let start = Instant::now();
        let mut receiver = EventReceiver::default();

        let presses: Vec<KeyPress> = press(5, 800)
            .iter()
            .flat_map(|(began, payload)| receiver.receive(RtpTimestamp(*began), payload, start))
            .flatten()
            .collect();

        let digit = Digit::from_char('5').unwrap();
        assert_eq!(presses, [KeyPress { digit, duration: Duration::from_millis(120) }]);
    }

    #[test]
    fn press_without_its_end_packets_is_told_by_the_next_press_or_by_time() {
        let mut packets = press(1, 0)[..4].to_vec();
        packets.extend(press(1, 1600)[..2].to_vec());

        assert_eq!(heard(&packets), "11");
    }

    #[test]
    fn event_that_is_no_key_is_told_to_nobody() {
        assert_eq!(heard(&press(16, 0)), "");
    }

    #[test]
    fn press_longer_than_the_duration_field_is_one_press() {
        let mut packets: Vec<Sent> = vec![(1000, [7, 10, 0xf0, 0]), (1000, [7, 10, 0xff, 0xff])];
        packets.push((1000 + 0xffff, [7, 10, 0x10, 0]));
        packets.extend([(1000 + 0xffff, [7, 0x8a, 0x20, 0]); 3]);

        assert_eq!(heard(&packets), "7");
    }

    #[test]
    fn sender_that_moves_the_timestamp_within_a_press_is_heard_once() {
        let packets: Vec<Sent> = (1..=6u16)
            .map(|n| {
                let [high, low] = (n * 160 + 160).to_be_bytes();
                (5000 + u32::from(n) * 160, [3, if n == 6 { 0x8a } else { 10 }, high, low])
            })
            .collect();

        assert_eq!(heard(&packets), "3");
    }

    #[test]
    fn eight_events_that_were_told_are_remembered() {
        let start = Instant::now();
        let mut receiver = EventReceiver::default();
        for n in 0..9u32 {
            let _ = receiver.receive(RtpTimestamp(n * 8000), &[1, 0x8a, 0, 160], start);
        }

        assert_eq!(receiver.told.len(), 8);
        assert_eq!(receiver.receive(RtpTimestamp(8000), &[1, 0x8a, 0, 160], start), [None, None]);
    }

    #[test]
    fn payload_shorter_than_four_octets_is_nothing() {
        let start = Instant::now();
        let mut receiver = EventReceiver::default();

        assert_eq!(receiver.receive(RtpTimestamp(0), &[1, 0x80, 0], start), [None, None]);
        assert_eq!(receiver.handle_timeout(start + LOST_END), None);
    }

    proptest! {
        #[test]
        fn every_digit_is_told_exactly_once_in_order_under_loss_copies_and_swaps(
            codes in prop::collection::vec(0u8..16, 1..12),
            fates in prop::collection::vec((0u8..100, 0u8..100, 0u8..100), 8 * 12),
        ) {
            let mut arriving: Vec<Sent> = Vec::new();
            for (index, packets) in dialled(&codes).iter().enumerate() {
                let mut kept: Vec<Sent> = Vec::new();
                for (packet, (loss, copy, swap)) in packets.iter().zip(&fates[index * 8..]) {
                    if *loss < 20 {
                        continue;
                    }
                    kept.push(*packet);
                    if *copy < 10 {
                        kept.push(*packet);
                    }
                    let length = kept.len();
                    if *swap < 20 && length > 1 {
                        kept.swap(length - 1, length - 2);
                    }
                }
                if kept.is_empty() {
                    kept.push(packets[2]); // a press of which nothing comes cannot be heard
                }
                arriving.extend(kept);
            }

            let expected: String = codes.iter().map(|code| Digit::from_event_code(*code).unwrap().as_char()).collect();
            prop_assert_eq!(heard(&arriving), expected);
        }

        #[test]
        fn any_payload_at_any_time_is_read_without_a_panic(packets in prop::collection::vec((any::<u32>(), any::<[u8; 4]>()), 0..40)) {
            heard(&packets);
        }
    }
}
