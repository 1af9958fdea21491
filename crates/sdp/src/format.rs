#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use telephony::AudioCodec;

use crate::limits::MAX_FORMATS;

/// What a payload format of an audio line means to us.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Meaning {
    Codec(AudioCodec),
    /// RFC 3389.
    ComfortNoise,
    /// RFC 4733, at the codec's clock.
    TelephoneEvent,
    Unknown,
}

/// An `a=rtpmap` line (RFC 8866 6.6).
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct RtpMap {
    payload_type: u8,
    encoding: String,
    clock_rate: u32,
    channels: u8,
}

impl RtpMap {
    /// Reads the value of the attribute: `101 telephone-event/8000`.
    pub(crate) fn read(value: &str) -> Option<Self> {
        let (payload_type, rest) = value.trim().split_once(|c: char| c.is_ascii_whitespace())?;
        let mut parts = rest.trim().split('/');
        Some(Self {
            payload_type: payload_type.parse().ok().filter(|number| *number <= 127)?,
            encoding: parts.next()?.trim().to_owned(),
            clock_rate: parts.next()?.trim().parse().ok()?,
            channels: parts.next().map_or(Some(1), |channels| channels.trim().parse().ok())?,
        })
    }

    fn meaning(&self) -> Meaning {
        if self.clock_rate != 8000 || self.channels != 1 {
            return Meaning::Unknown;
        }
        let is = |name: &str| self.encoding.eq_ignore_ascii_case(name);
        match () {
            () if is("PCMU") => Meaning::Codec(AudioCodec::Pcmu),
            () if is("PCMA") => Meaning::Codec(AudioCodec::Pcma),
            () if is("CN") => Meaning::ComfortNoise,
            () if is("telephone-event") => Meaning::TelephoneEvent,
            () => Meaning::Unknown,
        }
    }
}

/// The formats of an audio line that we speak, with the offered numbers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Formats {
    pub(crate) codec: AudioCodec,
    pub(crate) payload_type: u8,
    pub(crate) comfort_noise: Option<u8>,
    pub(crate) telephone_event: Option<u8>,
}

impl Formats {
    /// Chooses from the words of an `m=` line: the first codec that we have, and what stands beside it.
    pub(crate) fn choose(formats: &str, maps: &[RtpMap]) -> Option<Self> {
        let known = || {
            let numbers =
                formats.split_ascii_whitespace().take(MAX_FORMATS).filter_map(|word| word.parse().ok());
            numbers.map(|number| (number, meaning(number, maps)))
        };
        let (payload_type, codec) = known().find_map(|(number, meaning)| match meaning {
            Meaning::Codec(codec) => Some((number, codec)),
            Meaning::ComfortNoise | Meaning::TelephoneEvent | Meaning::Unknown => None,
        })?;
        let beside =
            |wanted: Meaning| known().find(|(_, meaning)| *meaning == wanted).map(|(number, _)| number);
        Some(Self {
            codec,
            payload_type,
            comfort_noise: beside(Meaning::ComfortNoise),
            telephone_event: beside(Meaning::TelephoneEvent),
        })
    }

    /// The words of our own `m=` line.
    pub(crate) fn words(&self) -> String {
        let numbers = [Some(self.payload_type), self.comfort_noise, self.telephone_event];
        let words: Vec<String> = numbers.into_iter().flatten().map(|number| number.to_string()).collect();
        words.join(" ")
    }
}

/// The formats as a refusal names them: encodings where they are known, numbers otherwise.
pub(crate) fn named(formats: &str, maps: &[RtpMap]) -> String {
    let names: Vec<String> = formats
        .split_ascii_whitespace()
        .take(MAX_FORMATS)
        .map(|word| {
            let map = maps.iter().find(|map| word.parse() == Ok(map.payload_type));
            map.map_or_else(|| word.to_owned(), |map| format!("{}/{}", map.encoding, map.clock_rate))
        })
        .collect();
    names.join(" ")
}

/// RFC 3551 6: the static numbers hold unless an `a=rtpmap` says otherwise.
fn meaning(number: u8, maps: &[RtpMap]) -> Meaning {
    match (maps.iter().find(|map| map.payload_type == number), number) {
        (Some(map), _) => map.meaning(),
        (None, 0) => Meaning::Codec(AudioCodec::Pcmu),
        (None, 8) => Meaning::Codec(AudioCodec::Pcma),
        (None, 13) => Meaning::ComfortNoise,
        (None, _) => Meaning::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn maps(values: &[&str]) -> Vec<RtpMap> {
        values.iter().filter_map(|value| RtpMap::read(value)).collect()
    }

    #[test]
    fn static_numbers_need_no_rtpmap() {
        let formats = Formats::choose("18 8 0 13 101", &[]).unwrap();

        assert_eq!((formats.codec, formats.payload_type), (AudioCodec::Pcma, 8));
        assert_eq!((formats.comfort_noise, formats.telephone_event), (Some(13), None));
    }

    #[test]
    fn offered_numbers_are_taken_over() {
        let maps = maps(&["96 pcmu/8000/1", "97 TELEPHONE-EVENT/8000", "98 CN/8000"]);

        let formats = Formats::choose("96 97 98", &maps).unwrap();

        assert_eq!(formats.words(), "96 98 97");
    }

    #[test]
    fn an_rtpmap_over_a_static_number_wins() {
        assert_eq!(Formats::choose("0", &maps(&["0 G726-32/8000"])), None);
    }

    #[test]
    fn other_clocks_and_channels_are_other_formats() {
        let maps =
            maps(&["96 PCMU/16000", "97 PCMA/8000/2", "98 telephone-event/48000", "99 telephone-event/8000"]);

        assert_eq!(Formats::choose("96 97", &maps), None);
        assert_eq!(Formats::choose("0 98 99", &maps).unwrap().telephone_event, Some(99));
    }

    #[test]
    fn formats_past_the_limit_are_passed_over() {
        let at_limit = format!("{}0", "18 ".repeat(MAX_FORMATS.saturating_sub(1)));
        let behind = format!("18 {at_limit}");

        assert!(Formats::choose(&at_limit, &[]).is_some());
        assert_eq!(Formats::choose(&behind, &[]), None);
    }

    #[test]
    fn broken_rtpmaps_are_passed_over() {
        assert_eq!(maps(&["", "0", "128 PCMU/8000", "x PCMU/8000", "96 PCMU", "96 PCMU/8000/x"]), []);
    }

    #[test]
    fn a_refusal_names_encodings() {
        assert_eq!(named("18 96", &maps(&["96 opus/48000/2"])), "18 opus/48000");
    }
}
