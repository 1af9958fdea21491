use mailbox::LogOn;
use telephony::{Event, kind};

/// The log-ons of one call, as far as an administrator hears of them.
#[derive(Debug, Default)]
pub(super) struct LogOns {
    refused: u8,
}

impl LogOns {
    /// What is told of a log-on: who has come in, or that PINs were wrong as often as the plan allows in a call. Facts of
    /// the call are still to be added.
    pub(super) fn heard(&mut self, came: &LogOn, allowed: u8) -> Option<Event> {
        match came {
            LogOn::Opened(subscriber) => {
                let mailbox = &subscriber.mailbox;
                let address = format!("{}@{}", mailbox.extension, mailbox.dial_plan);
                Some(Event::new(&kind::LOGGED_ON).with("mailbox", address))
            }
            LogOn::Refused => {
                self.refused = self.refused.saturating_add(1);
                (self.refused == allowed)
                    .then(|| Event::new(&kind::LOG_ON_FAILED).with("failures", self.refused))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use mailbox::{Greetings, Mailbox, MailboxId, MailboxRoom, PhoneOptions, PinStanding, Subscriber};
    use telephony::Extension;

    use super::*;

    fn opened() -> LogOn {
        let mailbox = Mailbox {
            id: MailboxId(1),
            dial_plan: "hq".into(),
            extension: Extension::parse("4001").unwrap(),
            numbers: Vec::new(),
            name: "Ada".into(),
            email: None,
            policy: "hq Default Policy".into(),
            created: Timestamp::UNIX_EPOCH,
            recorded_name: None,
        };
        LogOn::Opened(Box::new(Subscriber {
            mailbox,
            recorded_name: None,
            pin: PinStanding::Good,
            options: PhoneOptions::default(),
            greetings: Greetings::default(),
            room: MailboxRoom::Some,
            deleted_soon: 0,
        }))
    }

    #[test]
    fn the_last_pin_that_a_call_allows_is_told_once_if_it_is_wrong() {
        let mut log_ons = LogOns::default();

        let told: Vec<Option<Event>> = (0..4).map(|_| log_ons.heard(&LogOn::Refused, 3)).collect();

        let failed = Event::new(&kind::LOG_ON_FAILED).with("failures", 3);
        assert_eq!(told, [None, None, Some(failed), None]);
    }

    #[test]
    fn who_logs_on_is_told_by_the_mailbox() {
        let mut log_ons = LogOns::default();

        let told = log_ons.heard(&opened(), 3);

        assert_eq!(told, Some(Event::new(&kind::LOGGED_ON).with("mailbox", "4001@hq")));
    }
}
