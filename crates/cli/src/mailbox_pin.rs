use std::path::PathBuf;

use admin_api::{Done, MadePin, MailboxAddress, PinFacts, SetPin, UnlockedMailbox};
use clap::Args;

use crate::client::{Client, path};
use crate::failure::Failure;
use crate::pin_entry::{pin_from_file, pin_from_stdin, pin_typed_twice};
use crate::report::{self, Format, counted, date, talk};

/// Which mailbox a PIN command is about.
#[derive(Args, Debug)]
pub(crate) struct PinMailbox {
    /// The mailbox.
    #[arg(value_name = "EXT")]
    mailbox: MailboxAddress,
    /// Its dial plan; needed where several have the extension.
    #[arg(long, value_name = "PLAN")]
    dialplan: Option<String>,
}

/// `um mailbox set-pin`
#[derive(Args, Debug)]
pub(crate) struct SetPinCommand {
    #[command(flatten)]
    mailbox: PinMailbox,
    /// Read the PIN from the first line of standard input instead of asking for it twice.
    #[arg(long, conflicts_with = "pin_file")]
    pin_stdin: bool,
    /// Read the PIN from the first line of a file.
    #[arg(long, value_name = "FILE")]
    pin_file: Option<PathBuf>,
}

impl SetPinCommand {
    /// Sets the PIN; a PIN is never an argument, because others can see those.
    pub(crate) async fn run(self, client: &Client) -> Result<(), Failure> {
        let address = self.mailbox.address()?;
        let pin = match (&self.pin_file, self.pin_stdin) {
            (Some(file), _) => pin_from_file(file)?,
            (None, true) => pin_from_stdin()?,
            (None, false) => pin_typed_twice(&address)?,
        };
        let place = path(&["mailboxes", &address, "pin"]);
        client.put::<Done>(&place, &SetPin { pin }).await.map(|Done {}| ())
    }
}

impl PinMailbox {
    /// `um mailbox unlock`
    pub(crate) async fn unlock(self, client: &Client, format: Format) -> Result<(), Failure> {
        let place = path(&["mailboxes", &self.address()?, "unlock"]);
        let unlocked: UnlockedMailbox = client.post(&place, &()).await?;
        if let Some(words) = still_missing(&unlocked) {
            talk(words);
        }
        if format.json { report::json(&unlocked) } else { Ok(()) }
    }

    /// `um mailbox reset-pin`: the one thing to be printed is the PIN, once.
    pub(crate) async fn reset(self, client: &Client, format: Format) -> Result<(), Failure> {
        let place = path(&["mailboxes", &self.address()?, "pin", "reset"]);
        let made: MadePin = client.post(&place, &()).await?;
        if format.json { report::json(&made) } else { report::text(&format!("PIN {}", made.pin.expose())) }
    }

    /// `EXT` or `EXT@PLAN`, the plan said once, or twice in the same way.
    fn address(&self) -> Result<String, Failure> {
        match (&self.mailbox.dial_plan, &self.dialplan) {
            (Some(address), Some(option)) if address != option => Err(Failure::could_not_run(
                format!("{} and --dialplan {option} name different dial plans", self.mailbox),
                "say the dial plan once",
            )),
            (None, Some(plan)) => Ok(format!("{}@{plan}", self.mailbox.extension)),
            (Some(_), _) | (None, None) => Ok(self.mailbox.to_string()),
        }
    }
}

/// Why the owner of an unlocked mailbox can still not log on.
fn still_missing(unlocked: &UnlockedMailbox) -> Option<String> {
    let UnlockedMailbox { address, pin } = unlocked;
    match pin {
        None => Some(format!(
            "mailbox {address} has no PIN: give its owner one with `um mailbox reset-pin {address}`"
        )),
        Some(PinFacts { reset: Some(date_of_reset), .. }) => Some(format!(
            "its PIN was replaced after wrong ones ({}), and nobody knows the new one: `um mailbox reset-pin {address}` \
             makes one for its owner",
            date(*date_of_reset)
        )),
        Some(_) => None,
    }
}

/// How it stands with a PIN, in the words of `um mailbox show`.
pub(crate) fn pin_words(pin: Option<&PinFacts>) -> String {
    let Some(pin) = pin else { return "none".to_owned() };
    let by = if pin.made { "made by the server" } else { "chosen" };
    let mut words = format!("{by} ({})", date(pin.set));
    if pin.reset.is_some() {
        words.push_str(", after wrong PINs: nobody knows it");
    }
    if pin.failures > 0 {
        words.push_str(&format!(", {}", counted(pin.failures.into(), "wrong PIN since", "wrong PINs since")));
    }
    if let Some(locked) = pin.locked {
        words.push_str(&format!(", LOCKED ({})", date(locked)));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> PinFacts {
        PinFacts {
            set: "2026-11-05T12:00:00Z".parse().unwrap(),
            made: false,
            failures: 0,
            locked: None,
            reset: None,
        }
    }

    #[test]
    fn dial_plan_is_said_by_address_or_option_and_never_in_two_ways() {
        let address = |mailbox: &str, plan: Option<&str>| {
            PinMailbox { mailbox: mailbox.parse().unwrap(), dialplan: plan.map(str::to_owned) }.address()
        };

        assert_eq!(address("4001", None).unwrap(), "4001");
        assert_eq!(address("4001", Some("hq")).unwrap(), "4001@hq");
        assert_eq!(address("4001@hq", Some("hq")).unwrap(), "4001@hq");
        assert!(address("4001@hq", Some("lab")).is_err());
    }

    #[test]
    fn unlocking_tells_of_a_pin_that_nobody_knows() {
        let unlocked = |pin| UnlockedMailbox { address: "4001@hq".into(), pin };
        let reset = PinFacts { made: true, reset: Some("2026-11-06T08:00:00Z".parse().unwrap()), ..facts() };

        assert_eq!(still_missing(&unlocked(Some(facts()))), None);
        assert_eq!(
            still_missing(&unlocked(Some(reset))).unwrap(),
            "its PIN was replaced after wrong ones (2026-11-06 08:00:00Z), and nobody knows the new one: `um mailbox \
             reset-pin 4001@hq` makes one for its owner"
        );
        assert_eq!(
            still_missing(&unlocked(None)).unwrap(),
            "mailbox 4001@hq has no PIN: give its owner one with `um mailbox reset-pin 4001@hq`"
        );
    }

    #[test]
    fn a_locked_pin_stands_out() {
        let locked = PinFacts {
            made: true,
            failures: 15,
            locked: Some("2026-11-07T09:00:00Z".parse().unwrap()),
            reset: Some("2026-11-06T08:00:00Z".parse().unwrap()),
            ..facts()
        };

        assert_eq!(pin_words(Some(&facts())), "chosen (2026-11-05 12:00:00Z)");
        assert_eq!(
            pin_words(Some(&locked)),
            "made by the server (2026-11-05 12:00:00Z), after wrong PINs: nobody knows it, 15 wrong PINs since, LOCKED \
             (2026-11-07 09:00:00Z)"
        );
        assert_eq!(pin_words(None), "none");
    }
}
