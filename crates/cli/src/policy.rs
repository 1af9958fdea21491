use admin_api::Changed;
use clap::{Args, Subcommand};
use dial_plan::{MailboxPolicy, Name, PolicyPatch, QuotaPatch};

use crate::client::{Client, path};
use crate::dialling;
use crate::failure::Failure;
use crate::report::{self, Format, yes_no};

/// `um policy ..`
#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Make a mailbox policy.
    Create(Create),
    /// List the mailbox policies.
    List(Format),
    /// Show one mailbox policy.
    Show {
        /// The policy.
        name: String,
        #[command(flatten)]
        format: Format,
    },
    /// Change settings of a policy.
    Set {
        /// The policy.
        name: String,
        #[command(flatten)]
        settings: Settings,
    },
    /// Delete a policy that no mailbox uses.
    Delete {
        /// The policy.
        name: String,
    },
}

/// `um policy create`
#[derive(Args, Debug)]
pub(crate) struct Create {
    /// The new policy's name.
    name: Name,
    /// The dial plan whose mailboxes may use it.
    #[arg(long, value_name = "PLAN")]
    dialplan: Name,
    #[command(flatten)]
    settings: Settings,
}

/// What can be changed.
#[derive(Args, Debug)]
pub(crate) struct Settings {
    /// The fewest digits of a PIN, 4 to 24. Default: 6.
    #[arg(long, value_name = "N")]
    min_pin_length: Option<u8>,
    /// Days until a PIN must be changed, 0 to 999; 0 means never. Default: 60.
    #[arg(long, value_name = "DAYS")]
    pin_lifetime_days: Option<u16>,
    /// How many PINs must differ before one may come again, 1 to 20. Default: 5.
    #[arg(long, value_name = "N")]
    pin_history: Option<u8>,
    /// Wrong PINs before a new one is sent; 0 sends none. Default: 5.
    #[arg(long, value_name = "N")]
    logon_failures_before_reset: Option<u16>,
    /// Wrong PINs before the mailbox is locked, 1 to 999. Default: 15.
    #[arg(long, value_name = "N")]
    max_logon_attempts: Option<u16>,
    /// Whether 1234 and 1111 may be PINs. Default: false.
    #[arg(long, value_name = "BOOL")]
    allow_common_patterns: Option<bool>,
    /// Whether the owners of the mailboxes may log on by phone. Default: true.
    #[arg(long, value_name = "BOOL")]
    allow_subscriber_access: Option<bool>,
    /// The longest greeting, 1 to 10 minutes. Default: 5.
    #[arg(long, value_name = "MINUTES")]
    max_greeting_minutes: Option<u8>,
    #[command(flatten)]
    dialling: dialling::Permissions,
    /// Messages that a mailbox may hold; 0 means no limit. Default: 0.
    #[arg(long, value_name = "N")]
    max_messages: Option<u32>,
    /// Minutes that the messages of a mailbox may play together; 0 means no limit. Default: 0.
    #[arg(long, value_name = "MINUTES")]
    max_minutes: Option<u32>,
    /// Days after which a message is deleted by itself; 0 means never. Default: 0.
    #[arg(long, value_name = "DAYS")]
    max_message_age_days: Option<u16>,
    /// Per cent of a limit from which on the owner is warned at log-on, 1 to 100. Default: 90.
    #[arg(long, value_name = "PERCENT")]
    quota_warning_percent: Option<u8>,
    /// Days for which `um message restore` brings a deleted message back, 0 to 365. Default: 14.
    #[arg(long, value_name = "DAYS")]
    deleted_retention_days: Option<u16>,
    /// Whether lamps show the messages of its mailboxes. Default: true.
    #[arg(long, value_name = "BOOL")]
    allow_message_waiting: Option<bool>,
}

impl From<Settings> for PolicyPatch {
    fn from(settings: Settings) -> Self {
        Self {
            min_pin_length: settings.min_pin_length,
            pin_lifetime_days: settings.pin_lifetime_days,
            pin_history: settings.pin_history,
            logon_failures_before_reset: settings.logon_failures_before_reset,
            max_logon_attempts: settings.max_logon_attempts,
            allow_common_patterns: settings.allow_common_patterns,
            allow_subscriber_access: settings.allow_subscriber_access,
            max_greeting_minutes: settings.max_greeting_minutes,
            dialling: settings.dialling.into(),
            quota: QuotaPatch {
                max_messages: settings.max_messages,
                max_minutes: settings.max_minutes,
                max_message_age_days: settings.max_message_age_days,
                warning_percent: settings.quota_warning_percent,
                deleted_retention_days: settings.deleted_retention_days,
            },
            allow_message_waiting: settings.allow_message_waiting,
        }
    }
}

impl PolicyCommand {
    /// Carries the command out.
    pub(crate) async fn run(self, client: &Client) -> Result<(), Failure> {
        match self {
            Self::Create(create) => {
                let policy = MailboxPolicy::new(create.name, create.dialplan);
                let policy = policy.patched(&create.settings.into());
                client.post::<Changed>(&path(&["policies"]), &policy).await.map(report::warnings)
            }
            Self::List(format) => {
                let policies: Vec<MailboxPolicy> = client.get(&path(&["policies"])).await?;
                format.list(&policies, ["NAME", "DIAL PLAN", "MIN PIN LENGTH", "PIN LIFETIME"], |policy| {
                    [
                        policy.name.to_string(),
                        policy.dial_plan.to_string(),
                        policy.min_pin_length.to_string(),
                        lifetime(policy),
                    ]
                })
            }
            Self::Show { name, format } => {
                let policy: MailboxPolicy = client.get(&path(&["policies", &name])).await?;
                format.facts(&policy, facts)
            }
            Self::Set { name, settings } => {
                let patch = PolicyPatch::from(settings);
                if patch == PolicyPatch::default() {
                    return Err(report::nothing_to_set("policy set"));
                }
                client.patch::<Changed>(&path(&["policies", &name]), &patch).await.map(report::warnings)
            }
            Self::Delete { name } => {
                client.delete::<Changed>(&path(&["policies", &name])).await.map(report::warnings)
            }
        }
    }
}

fn lifetime(policy: &MailboxPolicy) -> String {
    match policy.pin_lifetime_days {
        0 => "unlimited".to_owned(),
        days => format!("{days} days"),
    }
}

fn limit(limit: u32, unit: &str) -> String {
    match limit {
        0 => "unlimited".to_owned(),
        limit => format!("{limit} {unit}"),
    }
}

fn facts(policy: &MailboxPolicy) -> Vec<(&'static str, String)> {
    vec![
        ("name", policy.name.to_string()),
        ("dial plan", policy.dial_plan.to_string()),
        ("min PIN length", policy.min_pin_length.to_string()),
        ("PIN lifetime", lifetime(policy)),
        ("PIN history", policy.pin_history.to_string()),
        ("failures before reset", policy.logon_failures_before_reset.to_string()),
        ("max logon attempts", policy.max_logon_attempts.to_string()),
        ("common patterns allowed", yes_no(policy.allow_common_patterns)),
        ("subscriber access", yes_no(policy.allow_subscriber_access)),
        ("longest greeting", format!("{} minutes", policy.max_greeting_minutes)),
        ("may be dialled", dialling::words(&policy.dialling)),
        ("max messages", limit(policy.quota.max_messages, "messages")),
        ("max length of all", limit(policy.quota.max_minutes, "minutes")),
        ("max message age", limit(policy.quota.max_message_age_days.into(), "days")),
        ("quota warning", format!("{} %", policy.quota.warning_percent)),
        ("deleted ones kept", format!("{} days", policy.quota.deleted_retention_days)),
        ("message waiting", yes_no(policy.allow_message_waiting)),
    ]
}
