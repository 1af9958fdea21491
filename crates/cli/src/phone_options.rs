use admin_api::{AwayDays, ClockWord, MailboxAddress, OptionsPatch, OptionsRow};
use clap::{Args, Subcommand, ValueEnum};
use jiff::civil::Date;

use crate::client::{Client, path};
use crate::failure::Failure;
use crate::report::{self, Format, or_hyphen};

/// `um mailbox options ..`
#[derive(Debug, Subcommand)]
pub(crate) enum OptionsCommand {
    /// Show what the owner of a mailbox has chosen for the phone.
    Show {
        /// The mailbox.
        #[arg(value_name = "EXT")]
        mailbox: MailboxAddress,
        #[command(flatten)]
        format: Format,
    },
    /// Choose for the owner of a mailbox.
    Set(Set),
}

/// `um mailbox options set`
#[derive(Args, Debug)]
pub(crate) struct Set {
    /// The mailbox.
    #[arg(value_name = "EXT")]
    mailbox: MailboxAddress,
    /// The language of the prompts, as en-US; "" goes back to the dial plan's.
    #[arg(long, value_name = "LANGUAGE")]
    language: Option<String>,
    /// How times are spoken.
    #[arg(long, value_name = "CLOCK")]
    clock: Option<ClockChoice>,
    /// The owner is away: callers hear the out-of-office greeting.
    #[arg(long, conflicts_with = "back")]
    away: bool,
    /// The first day away, YYYY-MM-DD in the dial plan's time zone. Default: at once.
    #[arg(long, value_name = "DATE", requires = "away")]
    from: Option<Date>,
    /// The last day away. Default: until further notice.
    #[arg(long, value_name = "DATE", requires = "away")]
    until: Option<Date>,
    /// The owner is back.
    #[arg(long)]
    back: bool,
    #[command(flatten)]
    format: Format,
}

/// How times are spoken.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ClockChoice {
    /// As the language does it.
    Language,
    /// "three fifteen p.m."
    #[value(name = "12")]
    Twelve,
    /// "fifteen fifteen"
    #[value(name = "24")]
    TwentyFour,
}

impl From<ClockChoice> for ClockWord {
    fn from(clock: ClockChoice) -> Self {
        match clock {
            ClockChoice::Language => Self::Language,
            ClockChoice::Twelve => Self::Twelve,
            ClockChoice::TwentyFour => Self::TwentyFour,
        }
    }
}

impl OptionsCommand {
    /// Carries the command out.
    pub(crate) async fn run(self, client: &Client) -> Result<(), Failure> {
        match self {
            Self::Show { mailbox, format } => {
                let row: OptionsRow = client.get(&place(&mailbox)).await?;
                format.facts(&row, facts)
            }
            Self::Set(set) => {
                let Set { mailbox, language, clock, away, from, until, back, format } = set;
                let patch = OptionsPatch {
                    language,
                    clock: clock.map(ClockWord::from),
                    away: away.then_some(AwayDays { from, until }),
                    back,
                };
                if patch == OptionsPatch::default() {
                    return Err(report::nothing_to_set("mailbox options set"));
                }
                let row: OptionsRow = client.patch(&place(&mailbox), &patch).await?;
                format.facts(&row, facts)
            }
        }
    }
}

fn place(mailbox: &MailboxAddress) -> String {
    path(&["mailboxes", &mailbox.to_string(), "options"])
}

fn facts(row: &OptionsRow) -> Vec<(&'static str, String)> {
    let day = |day: Option<Date>, none: &str| day.map_or_else(|| none.to_owned(), |day| day.to_string());
    let away =
        row.away.map(|away| format!("{} to {}", day(away.from, "now"), day(away.until, "further notice")));
    vec![
        ("mailbox", row.mailbox.clone()),
        ("language", row.language.clone().unwrap_or_else(|| "the dial plan's".to_owned())),
        ("clock", row.clock.word().to_owned()),
        ("away", or_hyphen(away.as_deref())),
    ]
}
