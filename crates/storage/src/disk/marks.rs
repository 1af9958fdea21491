use std::{fmt, str::FromStr};

use mailbox::DiskState;

use crate::DiskSpace;

/// How much of the disk must stay free: text such as `5% or 1GiB`, `5%` or `1GiB`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DiskMark {
    /// Percent of the whole disk, 0 to 99; 0 is a mark that is never reached.
    Share(u8),
    /// Octets.
    Amount(u64),
    /// A share and an amount, of which the smaller counts: a share is much of a large disk, an amount of a small one.
    Smaller {
        /// Percent of the whole disk, 0 to 99.
        share: u8,
        /// Octets.
        amount: u64,
    },
}

/// Where the server begins to refuse messages, and where calls.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct DiskMarks {
    /// With less free, the disk is [`DiskState::Low`].
    pub soft: DiskMark,
    /// With less free, the disk is [`DiskState::Full`]. If it lies above `soft`, the disk is never low.
    pub floor: DiskMark,
}

/// Why a text is no disk mark.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum DiskMarkError {
    /// Other words.
    #[error("`{text}` is no disk mark: write \"5%\", \"1GiB\" or \"5% or 1GiB\" (B, KiB, MiB, GiB, TiB)")]
    NotUnderstood {
        /// The words.
        text: String,
    },
    /// A share that leaves no disk to write to.
    #[error("`{text}` is no share of a disk: use 0% to 99%")]
    ShareTooLarge {
        /// The words.
        text: String,
    },
    /// More octets than can be counted.
    #[error("`{text}` is more than any disk has: use less")]
    AmountTooLarge {
        /// The words.
        text: String,
    },
}

/// Name and size of the units, the largest first.
const UNITS: [(&str, u64); 5] =
    [("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];
/// Percent from which a share is refused.
const WHOLE: u64 = 100;
/// A state is left only with a tenth more free than its mark, so that it does not flap.
const MARGIN_PARTS: u64 = 10;

impl DiskMark {
    /// The mark in octets, on a disk of so many.
    pub fn octets(self, total: u64) -> u64 {
        let part = |share: u8| (total / WHOLE).saturating_mul(u64::from(share));
        match self {
            Self::Share(share) => part(share),
            Self::Amount(amount) => amount,
            Self::Smaller { share, amount } => part(share).min(amount),
        }
    }
}

impl DiskMarks {
    /// The state of a disk with this much free, after it was `was`.
    ///
    /// A state is entered below its mark at once, and left again only when a tenth more than the mark is free.
    pub fn state(&self, was: DiskState, space: DiskSpace) -> DiskState {
        let soft = self.soft.octets(space.total);
        let floor = self.floor.octets(space.total);
        let (low_below, full_below) = match was {
            DiskState::Ample => (soft, floor),
            DiskState::Low => (with_margin(soft), floor),
            DiskState::Full => (with_margin(soft), with_margin(floor)),
        };
        if space.free < full_below {
            DiskState::Full
        } else if space.free < low_below {
            DiskState::Low
        } else {
            DiskState::Ample
        }
    }
}

fn with_margin(mark: u64) -> u64 {
    mark.saturating_add(mark / MARGIN_PARTS)
}

/// 5 % or 1 GiB, and 1 % or 256 MiB.
impl Default for DiskMarks {
    fn default() -> Self {
        Self {
            soft: DiskMark::Smaller { share: 5, amount: 1 << 30 },
            floor: DiskMark::Smaller { share: 1, amount: 256 << 20 },
        }
    }
}

enum Part {
    Share(u8),
    Amount(u64),
}

impl FromStr for DiskMark {
    type Err = DiskMarkError;

    /// Reads what the `Display` form writes; the order of share and amount and spaces do not matter.
    fn from_str(text: &str) -> Result<Self, DiskMarkError> {
        let mut parts = text.split(" or ").map(|part| part_of(part.trim(), text));
        let first = parts.next().transpose()?;
        let second = parts.next().transpose()?;
        match (first, second, parts.next()) {
            (Some(Part::Share(share)), None, None) => Ok(Self::Share(share)),
            (Some(Part::Amount(amount)), None, None) => Ok(Self::Amount(amount)),
            (Some(Part::Share(share)), Some(Part::Amount(amount)), None)
            | (Some(Part::Amount(amount)), Some(Part::Share(share)), None) => {
                Ok(Self::Smaller { share, amount })
            }
            _ => Err(DiskMarkError::NotUnderstood { text: text.to_owned() }),
        }
    }
}

fn part_of(part: &str, text: &str) -> Result<Part, DiskMarkError> {
    let not_understood = || DiskMarkError::NotUnderstood { text: text.to_owned() };
    let number = |digits: &str| {
        let digits = digits.trim_end();
        if digits.is_empty() || !digits.bytes().all(|octet| octet.is_ascii_digit()) {
            return Err(not_understood());
        }
        digits.parse::<u64>().map_err(|_| DiskMarkError::AmountTooLarge { text: text.to_owned() })
    };
    if let Some(digits) = part.strip_suffix('%') {
        return match u8::try_from(number(digits)?) {
            Ok(share) if u64::from(share) < WHOLE => Ok(Part::Share(share)),
            Ok(_) | Err(_) => Err(DiskMarkError::ShareTooLarge { text: text.to_owned() }),
        };
    }
    for (unit, size) in UNITS {
        if let Some(digits) = part.strip_suffix(unit) {
            let too_large = || DiskMarkError::AmountTooLarge { text: text.to_owned() };
            return number(digits)?.checked_mul(size).map(Part::Amount).ok_or_else(too_large);
        }
    }
    Err(not_understood())
}

impl fmt::Display for DiskMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Share(share) => write!(f, "{share}%"),
            Self::Amount(amount) => write_amount(f, amount),
            Self::Smaller { share, amount } => {
                write!(f, "{share}% or ")?;
                write_amount(f, amount)
            }
        }
    }
}

/// In the largest unit that divides it.
fn write_amount(f: &mut fmt::Formatter<'_>, amount: u64) -> fmt::Result {
    let divides = |(_, size): &&(&str, u64)| amount > 0 && amount.is_multiple_of(*size);
    let (unit, size) = UNITS.iter().find(divides).unwrap_or(&("B", 1));
    write!(f, "{}{unit}", amount / size)
}
