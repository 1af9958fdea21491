use std::sync::Arc;

use admin_api::{ApiError, AwayDays, ClockWord, MailboxRow, OptionsPatch, OptionsRow, code};
use axum::body::Bytes;
use axum::extract::{Path, State};
use ivr::Language;
use mailbox::{Clock, Mailbox, OptionChange, OutOfOffice, PhoneOptions};

use super::answer::{Answer, Refusal, blocking, body};
use super::mailboxes::find;
use super::router::Desk;

/// `GET /v1/mailboxes/EXT[@PLAN]/options`
pub(super) async fn show(State(desk): State<Arc<Desk>>, Path(address): Path<String>) -> Answer<OptionsRow> {
    blocking(move || {
        let mailbox = find(&desk.state.store, &address)?;
        Ok(row(&mailbox, desk.state.store.phone_options(mailbox.id)?))
    })
    .await
}

/// `PATCH /v1/mailboxes/EXT[@PLAN]/options`
pub(super) async fn set(
    State(desk): State<Arc<Desk>>,
    Path(address): Path<String>,
    bytes: Bytes,
) -> Answer<OptionsRow> {
    let patch: OptionsPatch = body(&bytes)?;
    blocking(move || {
        let store = &desk.state.store;
        let mailbox = find(store, &address)?;
        // All judged before the first is written.
        for change in changes(&mailbox, &patch)? {
            store.set_phone_option(mailbox.id, &change)?;
        }
        Ok(row(&mailbox, store.phone_options(mailbox.id)?))
    })
    .await
}

fn changes(mailbox: &Mailbox, patch: &OptionsPatch) -> Result<Vec<OptionChange>, Refusal> {
    let refused = |message: String, remedy: &str| {
        let object = format!("options of mailbox {}", MailboxRow::address(mailbox));
        Refusal(ApiError::new(code::INVALID, object, message, remedy))
    };
    let mut changes = Vec::new();
    if let Some(tag) = &patch.language {
        let language = match tag.as_str() {
            "" => None,
            tag => {
                let spoken = tag.parse::<Language>().map_err(|error| {
                    let words = error.to_string();
                    let (message, remedy) = admin_api::remedy_apart(&words);
                    refused(message.to_owned(), remedy)
                })?;
                Some(spoken.tag().to_owned())
            }
        };
        changes.push(OptionChange::Language(language));
    }
    if let Some(clock) = patch.clock {
        changes.push(OptionChange::Clock(match clock {
            ClockWord::Language => Clock::OfLanguage,
            ClockWord::Twelve => Clock::Twelve,
            ClockWord::TwentyFour => Clock::TwentyFour,
        }));
    }
    match (patch.away, patch.back) {
        (Some(_), true) => {
            return Err(refused("the owner cannot be away and back".to_owned(), "say one of the two"));
        }
        (Some(AwayDays { from: Some(from), until: Some(until) }), false) if until < from => {
            let words = format!("the last day away, {until}, is before the first, {from}");
            return Err(refused(words, "give the earlier day first"));
        }
        (Some(AwayDays { from, until }), false) => {
            changes.push(OptionChange::OutOfOffice(Some(OutOfOffice { from, until })));
        }
        (None, true) => changes.push(OptionChange::OutOfOffice(None)),
        (None, false) => {}
    }
    Ok(changes)
}

fn row(mailbox: &Mailbox, options: PhoneOptions) -> OptionsRow {
    OptionsRow {
        mailbox: MailboxRow::address(mailbox),
        language: options.language,
        clock: match options.clock {
            Clock::OfLanguage => ClockWord::Language,
            Clock::Twelve => ClockWord::Twelve,
            Clock::TwentyFour => ClockWord::TwentyFour,
        },
        away: options.out_of_office.map(|OutOfOffice { from, until }| AwayDays { from, until }),
    }
}
