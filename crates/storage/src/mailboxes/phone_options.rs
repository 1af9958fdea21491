//! What owners have chosen by phone: the rows.
use jiff::civil::Date;
use mailbox::{Clock, MailboxId, OptionChange, OutOfOffice, PhoneOptions};
use rusqlite::{OptionalExtension, Row, Transaction, params};

use crate::{
    Store, StoreError, database::columns::word, error::Doing, mailboxes::rows::read_mailbox, store::Shared,
};

impl Store {
    /// What the owner of a mailbox has chosen; the defaults if nothing.
    ///
    /// # Errors
    /// The database failed.
    pub fn phone_options(&self, mailbox: MailboxId) -> Result<PhoneOptions, StoreError> {
        self.shared().database.read(|snapshot| read_phone_options(snapshot, mailbox))
    }

    /// Changes one option of a mailbox, durably. `false`: there is no such mailbox.
    ///
    /// # Errors
    /// The database failed.
    pub fn set_phone_option(&self, mailbox: MailboxId, change: &OptionChange) -> Result<bool, StoreError> {
        self.shared().set_phone_option(mailbox, change)
    }
}

impl Shared {
    pub(crate) fn set_phone_option(
        &self,
        mailbox: MailboxId,
        change: &OptionChange,
    ) -> Result<bool, StoreError> {
        self.database.write(|transaction| {
            if read_mailbox(transaction, mailbox)?.is_none() {
                return Ok(false);
            }
            let mut options = read_phone_options(transaction, mailbox)?;
            match change {
                OptionChange::Language(language) => options.language.clone_from(language),
                OptionChange::Clock(clock) => options.clock = *clock,
                OptionChange::OutOfOffice(away) => options.out_of_office = *away,
            }
            write(transaction, mailbox, &options)?;
            Ok(true)
        })
    }
}

pub(crate) fn read_phone_options(
    snapshot: &Transaction<'_>,
    mailbox: MailboxId,
) -> Result<PhoneOptions, StoreError> {
    snapshot
        .prepare_cached(
            "SELECT language, clock, away, away_from, away_until FROM phone_options WHERE mailbox = ?1",
        )
        .and_then(|mut statement| statement.query_row([mailbox.0], options_of).optional())
        .doing("reading the options of a mailbox")
        .map(Option::unwrap_or_default)
}

fn write(
    transaction: &Transaction<'_>,
    mailbox: MailboxId,
    options: &PhoneOptions,
) -> Result<(), StoreError> {
    let away = options.out_of_office;
    let day = |day: Option<Date>| day.map(|day| day.to_string());
    transaction
        .execute(
            "INSERT OR REPLACE INTO phone_options (mailbox, language, clock, away, away_from, away_until)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                mailbox.0,
                options.language,
                clock_hours(options.clock),
                away.is_some(),
                day(away.and_then(|away| away.from)),
                day(away.and_then(|away| away.until)),
            ],
        )
        .doing("writing the options of a mailbox")?;
    Ok(())
}

fn options_of(row: &Row<'_>) -> rusqlite::Result<PhoneOptions> {
    let day = |column| {
        let is_set = row.get::<_, Option<String>>(column)?.is_some();
        is_set.then(|| word(row, column, str::parse::<Date>)).transpose()
    };
    let is_away: bool = row.get(2)?;
    let away = OutOfOffice { from: day(3)?, until: day(4)? };
    Ok(PhoneOptions {
        language: row.get(0)?,
        clock: match row.get(1)? {
            0 => Clock::OfLanguage,
            12 => Clock::Twelve,
            24 => Clock::TwentyFour,
            other => return Err(rusqlite::Error::IntegralValueOutOfRange(1, other)),
        },
        out_of_office: is_away.then_some(away),
    })
}

fn clock_hours(clock: Clock) -> u8 {
    match clock {
        Clock::OfLanguage => 0,
        Clock::Twelve => 12,
        Clock::TwentyFour => 24,
    }
}
