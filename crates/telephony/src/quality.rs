//! How well speech is heard, estimated from what a network did to it: the E-model (ITU-T G.107) for G.711.
//!
//! The rating is `R = 93.2 - Idd - Ie,eff`: every parameter of G.107 that nothing here measures (loudness, echo, noise) has
//! the default of its table 2, at which `R` is 93.2. So the estimate judges delay and loss, nothing else, and is an upper
//! bound of what a person hears.
use std::{fmt, time::Duration};

/// What happened to one direction of a call's audio.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Impairment {
    /// From mouth to ear: packetisation, network and jitter buffer.
    pub one_way_delay: Duration,
    /// Packets that were not heard, 0 to 1; what came too late counts as lost.
    pub loss: f64,
    /// What stands in for a lost packet.
    pub concealment: Concealment,
}

/// One direction of a call's audio as its receiver has counted it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reception {
    /// Packets that were heard.
    pub packets: u64,
    /// Packets that were not, those included that came too late.
    pub lost: u64,
    /// Interarrival jitter (RFC 3550 A.8).
    pub jitter: Duration,
}

/// What a listener hears in the place of a lost packet of G.711 (ITU-T G.113 Appendix I).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Concealment {
    /// Silence: Bpl is 4.3.
    Silence,
    /// Waveform substitution (G.711 Appendix I): Bpl is 25.1.
    Waveform,
}

impl Concealment {
    /// The packet-loss robustness factor of G.711 with random loss.
    fn robustness(self) -> f64 {
        match self {
            Self::Silence => 4.3,
            Self::Waveform => 25.1,
        }
    }
}

/// The transmission rating R, 0 (useless) to 93.2 (the best that G.711 can be).
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Rating(f64);

impl Rating {
    /// The rating of a direction that was treated so.
    pub fn of(impairment: Impairment) -> Self {
        let Impairment { one_way_delay, loss, concealment } = impairment;
        let percent = loss.clamp(0.0, 1.0) * 100.0;
        // G.107 (7-29) with Ie = 0 for G.711 and BurstR = 1, random loss.
        let equipment = 95.0 * percent / (percent + concealment.robustness());
        Self((DEFAULT_RATING - delay_impairment(one_way_delay) - equipment).clamp(0.0, 100.0))
    }

    /// R itself.
    pub fn value(self) -> f64 {
        self.0
    }

    /// The mean opinion score that R stands for, 1.0 to 4.5 (G.107 Annex B): MOS-CQE, an estimate.
    pub fn mos(self) -> f64 {
        let r = self.0;
        1.0 + 0.035 * r + r * (r - 60.0) * (100.0 - r) * 7e-6
    }

    /// What listeners say of it (G.107 Annex B, table B.1).
    pub fn satisfaction(self) -> Satisfaction {
        match self.0 {
            r if r >= 90.0 => Satisfaction::Very,
            r if r >= 80.0 => Satisfaction::Satisfied,
            r if r >= 70.0 => Satisfaction::SomeDissatisfied,
            r if r >= 60.0 => Satisfaction::ManyDissatisfied,
            _ => Satisfaction::NearlyAllDissatisfied,
        }
    }
}

impl Reception {
    /// The share that was not heard, 0 to 1.
    pub fn loss(self) -> f64 {
        // Packets of one call: far below 2^53.
        self.lost as f64 / self.packets.saturating_add(self.lost).max(1) as f64
    }

    /// How it sounds; `None` if nothing came. Delay is one packet and a jitter buffer of twice the jitter: what the
    /// network itself takes nobody here can know.
    pub fn rating(self, concealment: Concealment) -> Option<Rating> {
        let one_way_delay = PACKET.saturating_add(self.jitter.saturating_mul(2));
        let impairment = Impairment { one_way_delay, loss: self.loss(), concealment };
        (self.packets > 0).then(|| Rating::of(impairment))
    }
}

/// The steps of G.107 table B.1; below R = 60 the table's last step is "nearly all users dissatisfied".
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Satisfaction {
    /// R below 60.
    NearlyAllDissatisfied,
    /// R from 60.
    ManyDissatisfied,
    /// R from 70.
    SomeDissatisfied,
    /// R from 80.
    Satisfied,
    /// R from 90.
    Very,
}

impl fmt::Display for Satisfaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NearlyAllDissatisfied => "nearly all users dissatisfied",
            Self::ManyDissatisfied => "many users dissatisfied",
            Self::SomeDissatisfied => "some users dissatisfied",
            Self::Satisfied => "users satisfied",
            Self::Very => "users very satisfied",
        })
    }
}

/// Idd of G.107 (7-27): nothing up to 100 ms.
fn delay_impairment(one_way: Duration) -> f64 {
    let hundreds = one_way.as_secs_f64() * 10.0;
    if hundreds <= 1.0 {
        return 0.0;
    }
    let x = hundreds.log2();
    let term = |x: f64| (1.0 + x.powi(6)).powf(1.0 / 6.0);
    25.0 * (term(x) - 3.0 * term(x / 3.0) + 2.0)
}

/// One packet of speech.
const PACKET: Duration = Duration::from_millis(20);

/// R with every parameter at its default (G.107 7.7).
const DEFAULT_RATING: f64 = 93.2;

#[cfg(test)]
mod tests {
    use super::*;

    fn rating(delay_ms: u64, loss: f64, concealment: Concealment) -> Rating {
        Rating::of(Impairment { one_way_delay: Duration::from_millis(delay_ms), loss, concealment })
    }

    #[test]
    fn opinion_scores_are_those_of_table_b_1_of_g_107() {
        let published = [(90.0, 4.34), (80.0, 4.03), (70.0, 3.60), (60.0, 3.10), (50.0, 2.58), (93.2, 4.41)];
        for (r, mos) in published {
            let found = Rating(r).mos();

            assert!((found - mos).abs() <= 0.011, "R {r}: {found} instead of {mos}");
        }
        assert_eq!((Rating(0.0).mos(), Rating(100.0).mos()), (1.0, 4.5));
    }

    #[test]
    fn loss_costs_what_the_robustness_of_g_711_says() {
        // 93.2 - 95 * Ppl / (Ppl + Bpl), worked out by another program from G.113 Appendix I: Bpl 4.3 and 25.1.
        let rows = [
            (0.00, Concealment::Silence, 93.20),
            (0.01, Concealment::Silence, 75.28),
            (0.02, Concealment::Silence, 63.04),
            (0.05, Concealment::Silence, 42.12),
            (0.01, Concealment::Waveform, 89.56),
            (0.05, Concealment::Waveform, 77.42),
            (0.10, Concealment::Waveform, 66.13),
            (0.20, Concealment::Waveform, 51.07),
        ];
        for (loss, concealment, r) in rows {
            let found = rating(20, loss, concealment).value();

            assert!((found - r).abs() < 0.01, "{loss} {concealment:?}: {found} instead of {r}");
        }
    }

    #[test]
    fn delay_costs_nothing_up_to_100_ms_and_idd_beyond() {
        // Worked out from G.107 (7-27) by another program; X = log2(Ta/100).
        let rows = [(0, 0.0), (100, 0.0), (150, 0.164), (200, 3.044), (300, 14.761), (400, 24.070)];
        for (ms, idd) in rows {
            let found = 93.2 - rating(ms, 0.0, Concealment::Waveform).value();

            assert!((found - idd).abs() < 0.001, "{ms} ms: {found} instead of {idd}");
        }
    }

    #[test]
    fn satisfaction_changes_at_the_limits_of_the_table() {
        let words = [93.2, 90.0, 89.9, 80.0, 79.9, 70.0, 69.9, 60.0, 59.9, 0.0]
            .map(|r| Rating(r).satisfaction().to_string());

        assert_eq!(words[..2], ["users very satisfied", "users very satisfied"]);
        assert_eq!(words[2..4], ["users satisfied", "users satisfied"]);
        assert_eq!(words[4..6], ["some users dissatisfied", "some users dissatisfied"]);
        assert_eq!(words[6..8], ["many users dissatisfied", "many users dissatisfied"]);
        assert_eq!(words[8..], ["nearly all users dissatisfied", "nearly all users dissatisfied"]);
    }

    #[test]
    fn reception_is_rated_by_its_loss_and_jitter_and_nothing_that_came_has_no_rating() {
        let of =
            |packets, lost, jitter_ms| Reception { packets, lost, jitter: Duration::from_millis(jitter_ms) };
        let mos = |reception: Reception| {
            reception.rating(Concealment::Waveform).map(|rating| (rating.mos() * 100.0).round() / 100.0)
        };

        assert_eq!((mos(of(500, 0, 0)), of(95, 5, 0).loss()), (Some(4.41), 0.05));
        assert_eq!(mos(of(95, 5, 0)), Some(3.92));
        assert_eq!(mos(of(500, 0, 140)), Some(3.96));
        assert_eq!((mos(of(0, 0, 0)), mos(of(0, 9, 0))), (None, None));
    }

    #[test]
    fn nonsense_stays_between_the_ends() {
        assert_eq!(
            rating(20, 7.0, Concealment::Silence).value(),
            rating(20, 1.0, Concealment::Silence).value()
        );
        assert_eq!(rating(60_000, 1.0, Concealment::Silence).mos(), 1.0);
        assert_eq!(rating(0, -1.0, Concealment::Silence).value(), 93.2);
    }
}
