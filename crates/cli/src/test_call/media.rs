//! What was measured of the media of a test call, in both directions.

use std::time::Duration;

use admin_api::TestCallReport;
use caller::CallOutcome;
use serde::Serialize;
use telephony::quality::{Concealment, Impairment, Rating, Satisfaction};

use super::KEYS;

/// The numbers of a call.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Measured {
    status: u16,
    answered_in_ms: f64,
    call_id: Option<String>,
    profile: Option<String>,
    suite: Option<String>,
    tls_version: Option<String>,
    cipher: Option<String>,
    greeting_seconds: f64,
    tone: bool,
    keys_sent: usize,
    keys_counted: Option<u32>,
    to_server: Option<Direction>,
    from_server: Option<Direction>,
}

/// One direction of the audio.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Direction {
    /// Packets that came.
    pub(super) packets: u64,
    /// Packets that did not.
    pub(super) lost: u64,
    /// The share of them, in percent.
    pub(super) loss_percent: f64,
    /// Interarrival jitter, in milliseconds.
    pub(super) jitter_ms: f64,
    /// The E-model's estimate, 1.0 to 4.5.
    pub(super) mos: f64,
    #[serde(skip)]
    pub(super) satisfaction: Satisfaction,
}

/// One packet.
const PACKET: Duration = Duration::from_millis(20);

impl Measured {
    pub(super) fn of(outcome: &CallOutcome, report: Option<&TestCallReport>) -> Self {
        Self {
            status: outcome.status,
            answered_in_ms: outcome.answered_in.as_secs_f64() * 1e3,
            call_id: report.map(|report| report.call_id.clone()),
            profile: outcome.answer_profile.clone(),
            suite: outcome.suite.clone(),
            tls_version: outcome.tls.as_ref().map(|tls| tls.version.to_string()),
            cipher: outcome.tls.as_ref().map(|tls| tls.cipher.clone()),
            greeting_seconds: sound(&outcome.heard).as_secs_f64(),
            tone: outcome.heard_tone,
            keys_sent: if outcome.takes_keys { KEYS.len() } else { 0 },
            keys_counted: report.map(|report| report.digits),
            to_server: report.and_then(to_server),
            from_server: from_server(outcome),
        }
    }
}

impl Direction {
    /// Delay is one packet and a jitter buffer of twice the jitter; what the network itself takes nobody here can know.
    fn new(packets: u64, lost: u64, jitter_ms: f64, concealment: Concealment) -> Self {
        // Packets of one minute: far below 2^53.
        let loss = lost as f64 / (packets.saturating_add(lost)).max(1) as f64;
        let buffer = Duration::from_secs_f64(jitter_ms.max(0.0) * 2e-3);
        let rating = Rating::of(Impairment { one_way_delay: PACKET + buffer, loss, concealment });
        Self {
            packets,
            lost,
            loss_percent: loss * 100.0,
            jitter_ms,
            mos: (rating.mos() * 100.0).round() / 100.0,
            satisfaction: rating.satisfaction(),
        }
    }
}

/// As the server counted it; it conceals losses.
pub(super) fn to_server(report: &TestCallReport) -> Option<Direction> {
    let media = report.media.filter(|media| media.packets > 0)?;
    Some(Direction::new(media.packets, media.lost, media.jitter_ms, Concealment::Waveform))
}

/// As the caller counted it; it hears silence where a packet is lost.
pub(super) fn from_server(outcome: &CallOutcome) -> Option<Direction> {
    let jitter_ms = outcome.reception.jitter.as_secs_f64() * 1e3;
    let (packets, lost) = (outcome.packets_heard, outcome.reception.lost);
    (packets > 0).then(|| Direction::new(packets, lost, jitter_ms, Concealment::Silence))
}

/// How much of this is more than silence: blocks of 20 ms above -46 dBm0 or so.
pub(super) fn sound(samples: &[i16]) -> Duration {
    let loud = |block: &&[i16]| {
        let power: f64 = block.iter().map(|sample| f64::from(*sample) * f64::from(*sample)).sum();
        power > 80.0 * 80.0 * block.len() as f64
    };
    PACKET * u32::try_from(samples.chunks(160).filter(loud).count()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn direction_without_loss_is_as_good_as_g_711_can_be() {
        let best = Direction::new(500, 0, 0.1, Concealment::Silence);
        let worse = Direction::new(95, 5, 0.1, Concealment::Silence);

        assert_eq!((best.mos, best.loss_percent), (4.41, 0.0));
        assert_eq!((worse.mos, worse.loss_percent), (2.17, 5.0));
        assert_eq!(worse.satisfaction, Satisfaction::NearlyAllDissatisfied);
    }

    #[test]
    fn silence_is_no_sound() {
        let mut samples = vec![3; 1600];
        assert_eq!(sound(&samples), Duration::ZERO);

        samples.extend([4000, -4000].repeat(800));
        assert_eq!(sound(&samples), Duration::from_millis(200));
    }
}
