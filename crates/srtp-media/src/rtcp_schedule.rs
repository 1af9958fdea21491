//! When reports are sent, and what they say (RFC 3550 6.2, 6.4).

use std::time::{Duration, Instant};

use crate::{
    reception::{Reception, samples},
    rtcp::{ReportBlock, RtcpCompound, SenderInfo},
    sender::Sender,
};

/// The report clock of one session.
#[derive(Debug)]
pub(crate) struct RtcpSchedule {
    /// RFC 7022 4.2: a short-term persistent name, random, the same for the whole session.
    cname: [u8; 16],
    next: Instant,
    /// State of the generator that spreads the reports.
    spread: u64,
    packets_at_report: u64,
    /// Middle of the NTP time of the peer's last sender report, and when it came.
    last_sender_report: Option<(u32, Instant)>,
}

/// "The RECOMMENDED value for a fixed minimum interval is 5 seconds."
const INTERVAL: Duration = Duration::from_secs(5);

impl RtcpSchedule {
    /// `seed` is random.
    pub(crate) fn new(seed: [u8; 16], now: Instant) -> Self {
        let cname = std::array::from_fn(|index| {
            let half = if index % 2 == 0 { seed[index / 2] >> 4 } else { seed[index / 2] & 0x0f };
            b"0123456789abcdef"[usize::from(half)]
        });
        let [.., a, b, c, d, e, f, g, h] = seed;
        let spread = u64::from_be_bytes([a, b, c, d, e, f, g, h]);
        let mut schedule = Self { cname, next: now, spread, packets_at_report: 0, last_sender_report: None };
        // "..the first packet .. half the minimum interval".
        schedule.next = now + schedule.varied(INTERVAL / 2);
        schedule
    }

    /// Whether a report is due; if so the next one is planned.
    pub(crate) fn is_due(&mut self, now: Instant) -> bool {
        let due = now >= self.next;
        if due {
            self.next = now + self.varied(INTERVAL);
        }
        due
    }

    /// Notes a sender report of the peer.
    pub(crate) fn heard(&mut self, sender: &SenderInfo, arrival: Instant) {
        self.last_sender_report = Some(((sender.ntp >> 16) as u32, arrival));
    }

    /// Writes a compound: a sender report if packets were sent since the last one, else a receiver report.
    pub(crate) fn write(&mut self, facts: ReportFacts<'_>, packet: &mut Vec<u8>) {
        let ReportFacts { sender, source, ntp, now, goodbye } = facts;
        let sent_since = sender.packets != self.packets_at_report;
        self.packets_at_report = sender.packets;
        let compound = RtcpCompound {
            ssrc: sender.ssrc,
            sender: ntp.filter(|_| sent_since).map(|ntp| SenderInfo {
                ntp,
                timestamp: sender.timestamp_at(now),
                packets: sender.packets as u32,
                octets: sender.octets as u32,
            }),
            report: source.map(|(ssrc, reception)| self.report_about(ssrc, reception, now)),
            cname: Some(&self.cname),
            goodbye,
        };
        compound.write(packet);
    }

    fn report_about(&self, ssrc: u32, reception: &mut Reception, now: Instant) -> ReportBlock {
        let (last_sender_report, delay) = match self.last_sender_report {
            Some((middle, arrival)) => (middle, units_of_delay(now.saturating_duration_since(arrival))),
            None => (0, 0),
        };
        ReportBlock {
            ssrc,
            fraction_lost: reception.fraction_lost(),
            lost: i32::try_from(reception.lost()).unwrap_or(i32::MAX),
            highest_sequence: reception.highest_sequence(),
            jitter: reception.jitter(),
            last_sender_report,
            delay,
        }
    }

    /// A time between half and one and a half times `interval`.
    fn varied(&mut self, interval: Duration) -> Duration {
        self.spread =
            self.spread.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let thousandths = (self.spread >> 33) % 1000;
        interval / 2 + interval * (thousandths as u32) / 1000
    }
}

/// What a report is made of.
pub(crate) struct ReportFacts<'a> {
    pub(crate) sender: &'a Sender,
    /// The peer's SSRC and what was received of it.
    pub(crate) source: Option<(u32, &'a mut Reception)>,
    /// The date; without one no sender report can be written.
    pub(crate) ntp: Option<u64>,
    pub(crate) now: Instant,
    pub(crate) goodbye: bool,
}

/// "The delay, expressed in units of 1/65536 seconds".
fn units_of_delay(delay: Duration) -> u32 {
    u32::try_from(samples(delay).saturating_mul(65_536) / 8000).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn reports_come_every_two_and_a_half_to_seven_and_a_half_seconds() {
        let start = Instant::now();
        let mut schedule = RtcpSchedule::new([3; 16], start);
        let mut before = start;
        for n in 0..100 {
            let next = schedule.next;
            let interval = next - before;
            let (least, most) =
                if n == 0 { (SECOND * 5 / 4, SECOND * 15 / 4) } else { (SECOND * 5 / 2, SECOND * 15 / 2) };
            assert!((least..=most).contains(&interval), "{n}: {interval:?}");

            assert!(!schedule.is_due(next - Duration::from_millis(1)));
            assert!(schedule.is_due(next));
            before = next;
        }
    }

    #[test]
    fn name_is_made_of_the_seed_alone() {
        let seed = [0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0, 0, 0, 0, 0, 0, 0, 0, 0];

        assert_eq!(&RtcpSchedule::new(seed, Instant::now()).cname, b"123456789abcdef0");
    }

    #[test]
    fn delay_since_the_last_sender_report_counts_in_65536ths() {
        assert_eq!(units_of_delay(SECOND / 2), 32_768);
    }
}
