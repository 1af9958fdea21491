use dial_plan::NameLookup;
use mailbox::{MailboxCard, NamesFound};
use serde::{Deserialize, Serialize};
use telephony::Extension;

/// Somebody who can be reached by number or by name, as attendants know them.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct DirectoryEntry {
    /// The row of the mailbox.
    pub id: i64,
    /// The extension.
    pub extension: Extension,
    /// The person's name.
    pub name: String,
}

/// `GET /v1/dial-plans/NAME/directory`: whose name do these keys begin to spell?
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct DirectoryQuery {
    /// Keys 0 to 9, at least one.
    pub digits: String,
    /// Which name comes first; `off` is the last name too.
    #[serde(default)]
    pub order: NameLookup,
}

/// Whose name it is.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct DirectoryFound {
    /// The first matches, by name.
    pub entries: Vec<DirectoryEntry>,
    /// There are more.
    pub more: bool,
}

impl From<MailboxCard> for DirectoryEntry {
    fn from(card: MailboxCard) -> Self {
        Self { id: card.id.0, extension: card.extension, name: card.name }
    }
}

impl From<NamesFound> for DirectoryFound {
    fn from(found: NamesFound) -> Self {
        Self { entries: found.cards.into_iter().map(DirectoryEntry::from).collect(), more: found.more }
    }
}
