use jiff::Timestamp;
use mailbox::Mailbox;
use serde::{Deserialize, Serialize};
use telephony::{Extension, PhoneNumber};

use crate::{mailbox_pin::PinFacts, pin::PinText};

/// A mailbox as lists and `um mailbox show` tell it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct MailboxRow {
    /// `EXT@PLAN`.
    pub address: String,
    /// The extension.
    pub extension: Extension,
    /// The dial plan.
    pub dial_plan: String,
    /// The owner's name.
    pub name: String,
    /// The owner's e-mail address.
    pub email: Option<String>,
    /// Further numbers that reach it.
    pub numbers: Vec<PhoneNumber>,
    /// The mailbox policy.
    pub policy: String,
    /// Messages in it.
    pub messages: u64,
    /// Those not heard yet.
    pub unread: u64,
    /// When it was enabled.
    pub created: Timestamp,
    /// How long its recorded name plays; `None` if the greeting speaks its extension.
    #[serde(default)]
    pub recorded_name_seconds: Option<f64>,
    /// Messages that the age limit of the policy deletes soon; `None` if there is no such limit, and in lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_soon: Option<u32>,
    /// How it stands with its PIN; lists leave it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<PinFacts>,
}

impl MailboxRow {
    /// How a mailbox is named everywhere: `EXT@PLAN`.
    pub fn address(mailbox: &Mailbox) -> String {
        format!("{}@{}", mailbox.extension, mailbox.dial_plan)
    }
}

/// Which mailboxes a list is asked for.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct MailboxQuery {
    /// Only of this plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dial_plan: Option<String>,
    /// Only with this extension.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extension: Option<String>,
}

/// `POST /v1/mailboxes`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct EnableMailbox {
    /// The extension.
    pub extension: String,
    /// The dial plan.
    pub dial_plan: String,
    /// The owner's name.
    pub name: String,
    /// The owner's e-mail address.
    #[serde(default)]
    pub email: Option<String>,
    /// Further numbers that reach it.
    #[serde(default)]
    pub numbers: Vec<String>,
    /// The mailbox policy; default: the plan's default policy.
    #[serde(default)]
    pub policy: Option<String>,
    /// The PIN; without one, a PIN that fits the policy is made and told once.
    #[serde(default)]
    pub pin: Option<PinText>,
}

/// The mailbox that was made or changed, and its PIN if the server made it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct EnabledMailbox {
    /// The mailbox.
    pub mailbox: MailboxRow,
    /// The made PIN; told here and never again.
    pub pin: Option<PinText>,
}

/// `PATCH /v1/mailboxes/EXT@PLAN`: what is absent stays.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct MailboxPatch {
    /// New name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// New e-mail address; the empty text takes it away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The further numbers, all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub numbers: Option<Vec<String>>,
    /// New policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// New PIN; also unlocks the mailbox.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<PinText>,
    /// Make a new PIN and tell it once; also unlocks the mailbox.
    #[serde(default)]
    pub make_pin: bool,
}

impl MailboxPatch {
    /// Whether nothing would change.
    pub fn is_empty(&self) -> bool {
        let Self { name, email, numbers, policy, pin, make_pin } = self;
        name.is_none()
            && email.is_none()
            && numbers.is_none()
            && policy.is_none()
            && pin.is_none()
            && !make_pin
    }
}

/// `POST /v1/mailboxes/import`: all of them or none.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ImportMailboxes {
    /// The rows, in the order of the file.
    pub rows: Vec<ImportRow>,
    /// Only check.
    #[serde(default)]
    pub dry_run: bool,
}

/// One row of an import.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ImportRow {
    /// Its line in the file, for errors.
    pub line: u32,
    /// The mailbox.
    pub mailbox: EnableMailbox,
}

/// What an import did or would do.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ImportedMailboxes {
    /// Mailboxes made, or that would be.
    pub count: usize,
    /// Nothing was changed.
    pub dry_run: bool,
    /// The PINs that the server made, in the order of the rows; told here and never again.
    pub pins: Vec<MadePin>,
}

/// A PIN that the server made.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct MadePin {
    /// The mailbox, `EXT@PLAN`.
    pub address: String,
    /// Its PIN.
    pub pin: PinText,
}
