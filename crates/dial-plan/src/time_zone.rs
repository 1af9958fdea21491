use jiff::tz::{TimeZone, TimeZoneDatabase};

/// The zone of a plan unless told otherwise.
pub(crate) const DEFAULT_TIME_ZONE: &str = "UTC";

/// The time zone of that IANA name, from the bundled database: the machine's own may be older, or none.
pub fn time_zone(name: &str) -> Option<TimeZone> {
    TimeZoneDatabase::bundled().get(name).ok().filter(|zone| !zone.is_unknown())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_known_by_their_iana_names_only() {
        assert!(time_zone("Europe/Berlin").is_some());
        assert!(time_zone(DEFAULT_TIME_ZONE).is_some());
        for unknown in ["Mars/Olympus", "Etc/Unknown", "../etc/passwd", "", "CEST+2"] {
            assert!(time_zone(unknown).is_none(), "{unknown}");
        }
    }
}
