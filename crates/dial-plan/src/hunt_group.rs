use serde::{Deserialize, Serialize};

use crate::{mask::Pilot, name::Name};

/// Binds a pilot number of a gateway to a dial plan. It is never edited, only deleted and made anew.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct HuntGroup {
    /// At most 64 characters.
    pub name: Name,
    /// The gateway whose calls it takes.
    pub gateway: Name,
    /// The plan they belong to.
    pub dial_plan: Name,
    /// Which calls; `None` makes it the gateway's default group, which takes all that no other group takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pilot: Option<Pilot>,
}

/// What is appended to a gateway's name to name the group that is made with it.
pub(crate) const DEFAULT_GROUP_WORDS: &str = " Default Group";
