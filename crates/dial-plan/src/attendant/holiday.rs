use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::name::Name;

/// Whole days on which the business is closed.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Holiday {
    /// At most 64 characters, unique in its attendant.
    pub name: Name,
    /// The first day.
    pub from: Date,
    /// The last day; without it the first is the only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
    /// The recording that is heard instead of the greeting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub greeting: Option<Name>,
}

impl Holiday {
    /// The last day.
    pub fn last_day(&self) -> Date {
        self.until.unwrap_or(self.from)
    }

    /// Whether it is on that day.
    pub fn is_on(&self, day: Date) -> bool {
        (self.from..=self.last_day()).contains(&day)
    }
}

impl fmt::Display for Holiday {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.from)?;
        if let Some(until) = self.until {
            write!(f, " to {until}")?;
        }
        match &self.greeting {
            Some(greeting) => write!(f, " with {greeting}"),
            None => Ok(()),
        }
    }
}
