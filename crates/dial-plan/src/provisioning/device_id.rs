#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{mode::words, name::Name};

/// What the certificates of a vendor name a device by.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NamesBy {
    /// Its MAC address: in serialNumber, in `S=` (stateOrProvinceName, as Cisco writes it), in the CN or in a SAN.
    #[default]
    Mac,
    /// Its serial number: in `L=` (localityName, as Cisco writes it), in serialNumber or in the CN.
    Serial,
}

words!(NamesBy { Mac = "mac", Serial = "serial" });

/// A device's MAC address (12 hexadecimal digits) or serial number (letters and digits), in lower case.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct DeviceId(Name);

/// A text that is neither a MAC address nor a serial number.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "`{}` is no device: give a MAC address (00:0e:08:ab:cd:ef or 000e08abcdef) or a serial number of 4 to 32 letters and digits",
    text.escape_debug()
)]
pub struct DeviceIdError {
    /// The text, cut at 64 characters.
    pub text: String,
}

/// What a certificate says who its holder is. The texts are the certificate's own.
#[derive(Clone, Copy, Debug, Default)]
pub struct DeviceClaims<'a> {
    /// serialNumber of the subject.
    pub serial_numbers: &'a [String],
    /// stateOrProvinceName, which Cisco shows as `S=`.
    pub states: &'a [String],
    /// localityName, `L=`.
    pub localities: &'a [String],
    /// CN.
    pub common_names: &'a [String],
    /// SAN of type DNS and URI.
    pub alternative_names: &'a [String],
}

impl DeviceId {
    /// The fewest characters.
    pub const MIN_CHARACTERS: usize = 4;
    /// The most characters.
    pub const MAX_CHARACTERS: usize = 32;

    /// Reads a MAC address, with or without separators, or a serial number.
    ///
    /// # Errors
    /// [`DeviceIdError`]: it is neither.
    pub fn parse(text: &str) -> Result<Self, DeviceIdError> {
        let refused = || DeviceIdError { text: text.chars().take(64).collect() };
        let canonical = mac_of(text).or_else(|| serial_of(text)).ok_or_else(refused)?;
        Name::parse(&canonical).map(Self).map_err(|_| refused())
    }

    /// Whether it may be a MAC address.
    pub fn is_mac(&self) -> bool {
        self.0.len() == MAC_DIGITS && self.0.bytes().all(|b| b.is_ascii_hexdigit())
    }

    /// The id itself.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The id as the name of an object.
    pub(crate) fn name(&self) -> &Name {
        &self.0
    }

    /// Whether the certificate names this device: one of its claims is the whole id, never a part of it.
    pub fn is_named_by(&self, names_by: NamesBy, claims: &DeviceClaims<'_>) -> bool {
        match names_by {
            NamesBy::Mac => {
                let DeviceClaims { serial_numbers, states, common_names, alternative_names, .. } = claims;
                let texts = [serial_numbers, states, common_names, alternative_names];
                self.is_mac()
                    && texts.into_iter().flat_map(|texts| texts.iter()).any(|text| self.is_mac_in(text))
            }
            NamesBy::Serial => {
                let texts = [claims.localities, claims.serial_numbers, claims.common_names];
                texts.into_iter().flatten().any(|text| self.is_serial_in(text))
            }
        }
    }

    /// `000E08ABCDEF`, `00:0e:08:ab:cd:ef`, `PID:CP-8841 SN:000E08ABCDEF`, `CP-8841-SEP000E08ABCDEF`.
    fn is_mac_in(&self, text: &str) -> bool {
        let text = text.trim();
        let behind_sep = match text.rsplit_once('-') {
            Some((_, last)) => last,
            None => text,
        };
        let sep = behind_sep.get(..3).filter(|start| start.eq_ignore_ascii_case("SEP"));
        let behind_sep = sep.and_then(|sep| behind_sep.get(sep.len()..));
        let forms = [Some(text), behind_sep, behind_sn(text)];
        forms.into_iter().flatten().filter_map(mac_of).any(|mac| mac == self.as_str())
    }

    /// `88012BA01234`, `PID:CP-8841 SN:88012BA01234`.
    fn is_serial_in(&self, text: &str) -> bool {
        let forms = [Some(text.trim()), behind_sn(text)];
        forms.into_iter().flatten().filter_map(serial_of).any(|serial| serial == self.as_str())
    }
}

/// The word behind `SN:`, as Cisco writes serialNumber.
fn behind_sn(text: &str) -> Option<&str> {
    text.split_ascii_whitespace().find_map(|word| word.strip_prefix("SN:"))
}

/// Twelve hexadecimal digits in lower case, with `:`, `-` and `.` between them left out; nothing else may stand there.
fn mac_of(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(|c| !matches!(c, ':' | '-' | '.')).collect();
    let fits = digits.len() == MAC_DIGITS && digits.bytes().all(|b| b.is_ascii_hexdigit());
    fits.then(|| digits.to_ascii_lowercase())
}

fn serial_of(text: &str) -> Option<String> {
    let fits = (DeviceId::MIN_CHARACTERS..=DeviceId::MAX_CHARACTERS).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric());
    fits.then(|| text.to_ascii_lowercase())
}

impl TryFrom<String> for DeviceId {
    type Error = DeviceIdError;
    fn try_from(text: String) -> Result<Self, DeviceIdError> {
        Self::parse(&text)
    }
}

impl FromStr for DeviceId {
    type Err = DeviceIdError;
    fn from_str(text: &str) -> Result<Self, DeviceIdError> {
        Self::parse(text)
    }
}

impl From<DeviceId> for String {
    fn from(id: DeviceId) -> Self {
        id.0.into()
    }
}

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

const MAC_DIGITS: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> DeviceId {
        DeviceId::parse(text).unwrap()
    }

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn mac_address_is_one_whatever_its_separators_and_case() {
        for text in ["000e08abcdef", "00:0E:08:AB:CD:EF", "00-0e-08-ab-cd-ef", "000e.08ab.cdef"] {
            assert_eq!(id(text).as_str(), "000e08abcdef", "{text}");
            assert!(id(text).is_mac());
        }
        assert_eq!(id("FCH2234D0XY").as_str(), "fch2234d0xy");
        assert!(!id("FCH2234D0XY").is_mac());
    }

    #[test]
    fn neither_blanks_nor_paths_nor_long_texts_are_a_device() {
        for text in ["", "abc", "00:0e:08:ab:cd", "../etc", "a b c d", "000e08abcdeé", &"a".repeat(33)] {
            assert!(DeviceId::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn mac_is_found_in_each_form_that_vendors_write() {
        let device = id("000e08abcdef");
        for text in [
            "000E08ABCDEF",
            "00:0e:08:ab:cd:ef",
            "PID:CP-8841 SN:000E08ABCDEF",
            "SEP000E08ABCDEF",
            "CP-8841-SEP000E08ABCDEF",
        ] {
            let names = texts(&[text]);
            let places = [
                DeviceClaims { serial_numbers: &names, ..DeviceClaims::default() },
                DeviceClaims { states: &names, ..DeviceClaims::default() },
                DeviceClaims { common_names: &names, ..DeviceClaims::default() },
                DeviceClaims { alternative_names: &names, ..DeviceClaims::default() },
            ];
            for claims in places {
                assert!(device.is_named_by(NamesBy::Mac, &claims), "{text} {claims:?}");
            }
            let locality = DeviceClaims { localities: &names, ..DeviceClaims::default() };
            assert!(!device.is_named_by(NamesBy::Mac, &locality), "{text}");
        }
    }

    #[test]
    fn part_of_a_name_names_nobody() {
        let device = id("000e08abcdef");
        for text in [
            "000e08abcdef0",
            "0000e08abcdef",
            "000e08abcde",
            "x000e08abcdef",
            "000e08abcdef.example.com",
            "SN:000e08abcdefg",
            "SEP 000e08abcdef",
            "SEPSEP000e08abcdef",
            "000e08abcdef 000e08abcdee",
            "",
        ] {
            let names = texts(&[text]);
            let claims =
                DeviceClaims { serial_numbers: &names, common_names: &names, ..DeviceClaims::default() };
            assert!(!device.is_named_by(NamesBy::Mac, &claims), "{text}");
        }
    }

    #[test]
    fn serial_number_stands_in_the_locality_and_is_compared_whole() {
        let device = id("88012BA01234");
        let named = |text: &str| {
            let names = texts(&[text]);
            device
                .is_named_by(NamesBy::Serial, &DeviceClaims { localities: &names, ..DeviceClaims::default() })
        };

        assert!(named("88012BA01234") && named("88012ba01234") && named("PID:CP-8841 SN:88012BA01234"));
        assert!(!named("88012BA0123") && !named("88012BA012345") && !named("88-012BA01234"));
        let state = texts(&["88012BA01234"]);
        assert!(
            !device.is_named_by(NamesBy::Serial, &DeviceClaims { states: &state, ..DeviceClaims::default() })
        );
    }
}
