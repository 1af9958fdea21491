use std::fmt;

/// The UDP ports that calls may use for RTP and RTCP.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PortRange {
    /// Whatever the system has free.
    Any,
    /// From an even first port to a last one, both included.
    Between {
        /// The first port, even.
        first: u16,
        /// The last port.
        last: u16,
    },
}

/// Why a text is no port range.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PortRangeError {
    /// Neither `any` nor two numbers.
    #[error("write \"any\" or two ports with a hyphen, as in \"20000-29999\"")]
    Shape,
    /// Ports that only root may use, or 0.
    #[error("the first port must be 1024 or more")]
    TooLow,
    /// RTP sits on even ports (RFC 3550 11).
    #[error("the first port must be even: RTP takes the even one of each pair (RFC 3550 11)")]
    Odd,
    /// Not one pair fits.
    #[error("the last port must be above the first: a call takes two ports")]
    Empty,
}

impl PortRange {
    /// Used where the file says nothing.
    pub const DEFAULT: Self = Self::Between { first: 20_000, last: 29_999 };

    /// Reads `any` or `FIRST-LAST`.
    pub fn parse(text: &str) -> Result<Self, PortRangeError> {
        if text == "any" {
            return Ok(Self::Any);
        }
        let (first, last) = text.split_once('-').ok_or(PortRangeError::Shape)?;
        let first: u16 = first.trim().parse().map_err(|_| PortRangeError::Shape)?;
        let last: u16 = last.trim().parse().map_err(|_| PortRangeError::Shape)?;
        if first < 1024 {
            return Err(PortRangeError::TooLow);
        }
        if first % 2 == 1 {
            return Err(PortRangeError::Odd);
        }
        if last <= first {
            return Err(PortRangeError::Empty);
        }
        Ok(Self::Between { first, last })
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any"),
            Self::Between { first, last } => write!(f, "{first}-{last}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn range_reads_and_prints_as_it_is_written() {
        let range = PortRange::parse("20000-29999").unwrap();

        assert_eq!(range, PortRange::Between { first: 20_000, last: 29_999 });
        assert_eq!(range.to_string(), "20000-29999");
        assert_eq!(PortRange::parse("any"), Ok(PortRange::Any));
    }

    #[test]
    fn each_mistake_in_a_range_has_its_own_words() {
        assert_eq!(PortRange::parse("20000"), Err(PortRangeError::Shape));
        assert_eq!(PortRange::parse("20000-70000"), Err(PortRangeError::Shape));
        assert_eq!(PortRange::parse("0-100"), Err(PortRangeError::TooLow));
        assert_eq!(PortRange::parse("20001-20100"), Err(PortRangeError::Odd));
        assert_eq!(PortRange::parse("20000-20000"), Err(PortRangeError::Empty));
    }
}
