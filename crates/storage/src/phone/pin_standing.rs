use jiff::{SignedDuration, Timestamp};
use mailbox::{PinAttempt, PinRules, PinStanding};

use crate::pins::rows::StoredPin;

/// How long before its end the owner is told.
const NOTICE: SignedDuration = days(14);

/// What a right PIN still asks of its owner. Its length is not stored: only here, where the digits are known, is it seen
/// that a policy has come to ask for more.
pub(super) fn standing(stored: &StoredPin, rules: &PinRules, attempt: &PinAttempt) -> PinStanding {
    let is_short = attempt.pin.expose().len() < usize::from(rules.minimum_length);
    if stored.made || is_short { PinStanding::MustChange } else { of_age(stored.set_at, rules, attempt.at) }
}

fn of_age(set_at: Timestamp, rules: &PinRules, at: Timestamp) -> PinStanding {
    let Some(lifetime) = rules.lifetime_days else { return PinStanding::Good };
    let left = days(i64::from(lifetime)).saturating_sub(at.duration_since(set_at));
    if left.is_negative() {
        PinStanding::MustChange
    } else if left <= NOTICE {
        PinStanding::ExpiresIn { days: u16::try_from(left.as_hours() / 24).unwrap_or_default() }
    } else {
        PinStanding::Good
    }
}

const fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(lifetime_days: Option<u16>, age: &str) -> PinStanding {
        let set_at: Timestamp = "2026-11-05T12:00:00Z".parse().unwrap();
        let rules = PinRules { lifetime_days, ..PinRules::default() };
        of_age(set_at, &rules, age.parse().unwrap())
    }

    #[test]
    fn a_pin_of_sixty_days_is_told_of_from_day_forty_six_on_and_ends_after_day_sixty() {
        for (date, standing) in [
            ("2026-11-05T12:00:00Z", PinStanding::Good),
            ("2026-12-21T11:59:59Z", PinStanding::Good),
            ("2026-12-21T12:00:00Z", PinStanding::ExpiresIn { days: 14 }),
            ("2026-12-21T12:00:01Z", PinStanding::ExpiresIn { days: 13 }),
            ("2027-01-03T12:00:01Z", PinStanding::ExpiresIn { days: 0 }),
            ("2027-01-04T12:00:00Z", PinStanding::ExpiresIn { days: 0 }),
            ("2027-01-04T12:00:01Z", PinStanding::MustChange),
        ] {
            assert_eq!(after(Some(60), date), standing, "{date}");
        }
    }

    #[test]
    fn a_pin_without_a_lifetime_stays_good() {
        assert_eq!(after(None, "2099-01-01T00:00:00Z"), PinStanding::Good);
    }
}
