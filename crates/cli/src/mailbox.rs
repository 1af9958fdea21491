use std::path::{Path, PathBuf};

use admin_api::{
    Done, EnableMailbox, EnabledMailbox, ImportMailboxes, ImportedMailboxes, MailboxAddress, MailboxPatch,
    MailboxRow, MissedCallRow,
};
use clap::{Args, Subcommand};
use telephony::PhoneNumber;

use crate::calls::print_missed;
use crate::client::{Client, path, query};
use crate::failure::Failure;
use crate::greeting::{GreetingCommand, read_wav};
use crate::mailbox_pin::{PinMailbox, SetPinCommand, pin_words};
use crate::phone_options::OptionsCommand;
use crate::pin_entry::pin_from_stdin;
use crate::report::{self, Format, counted, date, or_hyphen, talk};
use crate::{csv, mailbox_file};

/// `um mailbox ..`
#[derive(Debug, Subcommand)]
pub(crate) enum MailboxCommand {
    /// Give an extension a mailbox. Without --pin-stdin a PIN is made and printed once.
    Enable(Enable),
    /// List mailboxes; EXT alone lists over all dial plans.
    List {
        /// Only mailboxes with this extension.
        #[arg(value_name = "EXT")]
        mailbox: Option<MailboxAddress>,
        /// Only mailboxes of this dial plan.
        #[arg(long, value_name = "PLAN")]
        dialplan: Option<String>,
        #[command(flatten)]
        format: Format,
    },
    /// Show one mailbox.
    Show {
        /// The mailbox.
        #[arg(value_name = "EXT")]
        mailbox: MailboxAddress,
        #[command(flatten)]
        format: Format,
    },
    /// Change a mailbox.
    Set(Set),
    /// What callers hear in place of the server's words.
    #[command(subcommand)]
    Greeting(GreetingCommand),
    /// What the owner has chosen for the phone.
    #[command(subcommand)]
    Options(OptionsCommand),
    /// List the callers who left nothing, the last one first; EXT alone lists over all dial plans.
    Missed {
        /// The mailbox.
        #[arg(value_name = "EXT")]
        mailbox: MailboxAddress,
        /// At most so many. Default: 100.
        #[arg(long, value_name = "N")]
        limit: Option<u32>,
        #[command(flatten)]
        format: Format,
    },
    /// Take a mailbox away.
    Disable {
        /// The mailbox.
        #[arg(value_name = "EXT")]
        mailbox: MailboxAddress,
        /// Delete its messages too; without it a mailbox that has some is not taken away.
        #[arg(long)]
        with_messages: bool,
    },
    /// Set the PIN of a mailbox: asked for twice, unless it comes from standard input or a file. Also unlocks it.
    SetPin(SetPinCommand),
    /// Let the owner log on again after too many wrong PINs. The PIN stays.
    Unlock {
        #[command(flatten)]
        mailbox: PinMailbox,
        #[command(flatten)]
        format: Format,
    },
    /// Make a new PIN, which is printed once and which the owner must change. Also unlocks the mailbox.
    ResetPin {
        #[command(flatten)]
        mailbox: PinMailbox,
        #[command(flatten)]
        format: Format,
    },
    /// Enable the mailboxes of a CSV file, all of them or none. Made PINs are printed once, as CSV.
    Import(Import),
    /// Print mailboxes as CSV, without PINs; what import reads.
    Export {
        /// Only mailboxes of this dial plan.
        #[arg(long, value_name = "PLAN")]
        dialplan: Option<String>,
        #[command(flatten)]
        format: Format,
    },
}

/// `um mailbox enable`
#[derive(Args, Debug)]
pub(crate) struct Enable {
    /// The extension.
    #[arg(value_name = "EXT")]
    mailbox: MailboxAddress,
    /// The dial plan; may be left out if EXT is EXT@PLAN.
    #[arg(long, value_name = "PLAN")]
    dialplan: Option<String>,
    /// The owner's name.
    #[arg(long)]
    name: String,
    /// The owner's e-mail address.
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    /// A further number that reaches the mailbox; may be given several times.
    #[arg(long = "number", value_name = "NUMBER", value_parser = PhoneNumber::parse)]
    numbers: Vec<PhoneNumber>,
    /// The mailbox policy. Default: the dial plan's default policy.
    #[arg(long)]
    policy: Option<String>,
    /// Read the PIN from standard input instead of making one.
    #[arg(long)]
    pin_stdin: bool,
    #[command(flatten)]
    format: Format,
}

/// `um mailbox set`
#[derive(Args, Debug)]
pub(crate) struct Set {
    /// The mailbox.
    #[arg(value_name = "EXT")]
    mailbox: MailboxAddress,
    /// The owner's name.
    #[arg(long)]
    name: Option<String>,
    /// The owner's e-mail address; "" takes it away.
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    /// The further numbers, all of them; may be given several times.
    #[arg(long = "number", value_name = "NUMBER", value_parser = PhoneNumber::parse, conflicts_with = "no_numbers")]
    numbers: Vec<PhoneNumber>,
    /// Take all further numbers away.
    #[arg(long)]
    no_numbers: bool,
    /// The mailbox policy.
    #[arg(long)]
    policy: Option<String>,
    /// Read a new PIN from standard input.
    #[arg(long, conflicts_with = "make_pin")]
    pin_stdin: bool,
    /// Make a new PIN and print it once.
    #[arg(long)]
    make_pin: bool,
    /// The owner's name in their own voice, for the greeting: PCM or G.711 of 8 to 48 kHz, at most 10 seconds.
    #[arg(long, value_name = "FILE.wav", conflicts_with = "no_recorded_name")]
    recorded_name: Option<PathBuf>,
    /// Take the recorded name away: the greeting speaks the extension.
    #[arg(long)]
    no_recorded_name: bool,
    #[command(flatten)]
    format: Format,
}

/// `um mailbox import`
#[derive(Args, Debug)]
pub(crate) struct Import {
    /// The CSV file; its first line names the columns: extension, name, email, numbers, policy, pin.
    #[arg(value_name = "FILE.csv")]
    file: PathBuf,
    /// The dial plan of the new mailboxes.
    #[arg(long, value_name = "PLAN")]
    dialplan: String,
    /// Only check the file.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    format: Format,
}

impl MailboxCommand {
    /// Carries the command out.
    pub(crate) async fn run(self, client: &Client) -> Result<(), Failure> {
        match self {
            Self::Enable(enable) => enable.run(client).await,
            Self::List { mailbox, dialplan, format } => {
                let rows = list(client, mailbox, dialplan).await?;
                format.list(&rows, ["EXT", "PLAN", "NAME", "NUMBERS", "MESSAGES", "UNREAD"], |row| {
                    [
                        row.extension.to_string(),
                        row.dial_plan.clone(),
                        row.name.clone(),
                        or_hyphen(Some(&numbers(row))),
                        row.messages.to_string(),
                        row.unread.to_string(),
                    ]
                })
            }
            Self::Show { mailbox, format } => {
                let row: MailboxRow = client.get(&path(&["mailboxes", &mailbox.to_string()])).await?;
                format.facts(&row, facts)
            }
            Self::Set(set) => set.run(client).await,
            Self::Greeting(command) => command.run(client).await,
            Self::Options(command) => command.run(client).await,
            Self::Missed { mailbox, limit, format } => {
                let place = path(&["mailboxes", &mailbox.to_string(), "missed-calls"]);
                let asked = query(&place, &[("limit", limit.map(|limit| limit.to_string()))]);
                let rows: Vec<MissedCallRow> = client.get(&asked).await?;
                print_missed(&rows, format)
            }
            Self::Disable { mailbox, with_messages } => {
                let place = path(&["mailboxes", &mailbox.to_string()]);
                let asked = query(&place, &[("with_messages", with_messages.then(|| "true".to_owned()))]);
                client.delete::<Done>(&asked).await.map(|Done {}| ())
            }
            Self::SetPin(set) => set.run(client).await,
            Self::Unlock { mailbox, format } => mailbox.unlock(client, format).await,
            Self::ResetPin { mailbox, format } => mailbox.reset(client, format).await,
            Self::Import(import) => import.run(client).await,
            Self::Export { dialplan, format } => {
                let rows = list(client, None, dialplan).await?;
                if format.json { report::json(&rows) } else { report::text(&mailbox_file::write(&rows)) }
            }
        }
    }
}

impl Enable {
    async fn run(self, client: &Client) -> Result<(), Failure> {
        let asked = EnableMailbox {
            extension: self.mailbox.extension.to_string(),
            dial_plan: plan(&self.mailbox, self.dialplan)?,
            name: self.name,
            email: self.email,
            numbers: self.numbers.iter().map(ToString::to_string).collect(),
            policy: self.policy,
            pin: self.pin_stdin.then(pin_from_stdin).transpose()?,
        };
        let enabled: EnabledMailbox = client.post(&path(&["mailboxes"]), &asked).await?;
        tell_pin(&enabled, self.format)
    }
}

impl Set {
    async fn run(self, client: &Client) -> Result<(), Failure> {
        let numbers: Vec<String> = self.numbers.iter().map(ToString::to_string).collect();
        let patch = MailboxPatch {
            name: self.name,
            email: self.email,
            numbers: (self.no_numbers || !numbers.is_empty()).then_some(numbers),
            policy: self.policy,
            pin: self.pin_stdin.then(pin_from_stdin).transpose()?,
            make_pin: self.make_pin,
        };
        // Read before anything is changed.
        let name = self.recorded_name.as_deref().map(read_wav).transpose()?;
        if patch.is_empty() && name.is_none() && !self.no_recorded_name {
            return Err(report::nothing_to_set("mailbox set"));
        }
        let address = self.mailbox.to_string();
        let place = path(&["mailboxes", &address, "recorded-name"]);
        // First the name, which may be refused; an empty patch then shows the mailbox as it is.
        if let Some(wav) = name {
            let MailboxRow { .. } = client.put_bytes(&place, wav).await?;
        } else if self.no_recorded_name {
            let MailboxRow { .. } = client.delete(&place).await?;
        }
        let changed: EnabledMailbox = client.patch(&path(&["mailboxes", &address]), &patch).await?;
        tell_pin(&changed, self.format)
    }
}

impl Import {
    async fn run(self, client: &Client) -> Result<(), Failure> {
        let text = read(&self.file)?;
        let rows = mailbox_file::read(&text, &self.dialplan)?;
        let asked = ImportMailboxes { rows, dry_run: self.dry_run };
        let imported: ImportedMailboxes = client.post(&path(&["mailboxes", "import"]), &asked).await?;
        if self.format.json {
            return report::json(&imported);
        }
        let what = if imported.dry_run { "could be imported" } else { "imported" };
        let count = u64::try_from(imported.count).unwrap_or(u64::MAX);
        talk(format!("{} {what}", counted(count, "mailbox", "mailboxes")));
        if imported.pins.is_empty() {
            return Ok(());
        }
        let mut text = String::from("mailbox,pin\n");
        for made in &imported.pins {
            text.push_str(&format!("{}\n", csv::line(&[made.address.as_str(), made.pin.expose()])));
        }
        report::text(&text)
    }
}

async fn list(
    client: &Client,
    mailbox: Option<MailboxAddress>,
    dialplan: Option<String>,
) -> Result<Vec<MailboxRow>, Failure> {
    let in_address = mailbox.as_ref().and_then(|mailbox| mailbox.dial_plan.clone());
    let options = [
        ("dial_plan", dialplan.or(in_address)),
        ("extension", mailbox.map(|mailbox| mailbox.extension.to_string())),
    ];
    client.get(&query(&path(&["mailboxes"]), &options)).await
}

/// The dial plan of a new mailbox: said once, or twice in the same way.
fn plan(mailbox: &MailboxAddress, dialplan: Option<String>) -> Result<String, Failure> {
    match (&mailbox.dial_plan, dialplan) {
        (Some(address), Some(option)) if *address != option => Err(Failure::could_not_run(
            format!("{mailbox} and --dialplan {option} name different dial plans"),
            "say the dial plan once",
        )),
        (Some(plan), _) => Ok(plan.clone()),
        (None, Some(plan)) => Ok(plan),
        (None, None) => Err(Failure::could_not_run(
            "no dial plan was given",
            format!("say it with --dialplan PLAN, or write {mailbox}@PLAN; `um dialplan list` lists them"),
        )),
    }
}

/// A made PIN is the one thing to be printed: it is told once.
fn tell_pin(enabled: &EnabledMailbox, format: Format) -> Result<(), Failure> {
    if format.json {
        return report::json(enabled);
    }
    match &enabled.pin {
        Some(pin) => report::text(&format!("PIN {}", pin.expose())),
        None => Ok(()),
    }
}

fn read(file: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(file).map_err(|error| {
        Failure::could_not_run(
            format!("{} cannot be read: {error}", file.display()),
            "give a CSV file in UTF-8",
        )
    })
}

fn numbers(row: &MailboxRow) -> String {
    row.numbers.iter().map(PhoneNumber::as_str).collect::<Vec<_>>().join(", ")
}

fn facts(row: &MailboxRow) -> Vec<(&'static str, String)> {
    vec![
        ("extension", row.extension.to_string()),
        ("dial plan", row.dial_plan.clone()),
        ("name", row.name.clone()),
        ("e-mail", or_hyphen(row.email.as_deref())),
        ("numbers", or_hyphen(Some(&numbers(row)))),
        (
            "recorded name",
            or_hyphen(row.recorded_name_seconds.map(|length| format!("{length:.1} s")).as_deref()),
        ),
        ("policy", row.policy.clone()),
        ("PIN", pin_words(row.pin.as_ref())),
        ("messages", row.messages.to_string()),
        ("unread", row.unread.to_string()),
        ("deleted soon", deleted_soon(row.deleted_soon)),
        ("enabled", date(row.created)),
    ]
}

/// What the age limit of the policy will delete, in words.
fn deleted_soon(messages: Option<u32>) -> String {
    match messages {
        None => "-".to_owned(),
        Some(0) => "none".to_owned(),
        Some(count) => format!("{}, for their age", counted(count.into(), "message", "messages")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_that_are_nearly_too_old_are_counted_where_there_is_a_limit() {
        let told = [None, Some(0), Some(1), Some(7)].map(deleted_soon);

        assert_eq!(told, ["-", "none", "1 message, for their age", "7 messages, for their age"]);
    }

    #[test]
    fn dial_plan_is_said_by_address_or_option_and_never_in_two_ways() {
        let alone: MailboxAddress = "4001".parse().unwrap();
        let whole: MailboxAddress = "4001@hq".parse().unwrap();

        assert_eq!(plan(&alone, Some("hq".into())).unwrap(), "hq");
        assert_eq!(plan(&whole, None).unwrap(), "hq");
        assert_eq!(plan(&whole, Some("hq".into())).unwrap(), "hq");
        assert!(plan(&whole, Some("lab".into())).is_err());
        assert!(plan(&alone, None).is_err());
    }
}
