use crate::{RecordedGreeting, RecordedName, Subscriber};

/// What a recording of an owner has become, as callers hear it from now on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum KeptGreeting {
    /// Their [`crate::GreetingKind::Personal`].
    Personal(RecordedGreeting),
    /// Their [`crate::GreetingKind::OutOfOffice`].
    OutOfOffice(RecordedGreeting),
    /// Their [`crate::GreetingKind::Name`].
    Name(RecordedName),
}

impl Subscriber {
    /// Takes it in place of the one before.
    pub fn keep(&mut self, kept: KeptGreeting) {
        match kept {
            KeptGreeting::Personal(greeting) => self.greetings.personal = Some(greeting),
            KeptGreeting::OutOfOffice(greeting) => self.greetings.out_of_office = Some(greeting),
            KeptGreeting::Name(name) => self.recorded_name = Some(name),
        }
    }
}
