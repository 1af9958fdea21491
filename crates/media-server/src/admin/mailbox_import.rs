use std::sync::Arc;

use admin_api::{ApiError, EnableMailbox, ErrorDetail, ImportMailboxes, ImportedMailboxes, MadePin, code};
use axum::body::Bytes;
use axum::extract::State;
use dial_plan::Site;
use jiff::Timestamp;
use mailbox::PinGenerator;
use storage::{ImportError, ImportMode, ImportRow, Store};

use super::answer::{Answer, Refusal, blocking, body};
use super::router::Desk;
use super::{mailboxes, pins};

/// `POST /v1/mailboxes/import`: all rows or none, with every mistake by its line.
pub(super) async fn import(State(desk): State<Arc<Desk>>, bytes: Bytes) -> Answer<ImportedMailboxes> {
    let asked: ImportMailboxes = body(&bytes)?;
    blocking(move || desk.state.site.while_unchanged(|site| import_into(&desk.state.store, site, &asked)))
        .await
}

fn import_into(store: &Store, site: &Site, asked: &ImportMailboxes) -> Result<ImportedMailboxes, Refusal> {
    let Judged { lines, rows, made, mut mistakes } = judge(site, asked)?;
    // With a mistake already the store is only asked for its own, so that all are told at once.
    let mode = if asked.dry_run || !mistakes.is_empty() { ImportMode::DryRun } else { ImportMode::Store };
    match store.import_mailboxes(&rows, mode, Timestamp::now()) {
        Ok(_) => {}
        Err(ImportError::Store(error)) => return Err(error.into()),
        Err(ImportError::Rows { refusals }) => mistakes.extend(refusals.iter().map(|refusal| {
            let line = lines.get(refusal.row).copied().unwrap_or(0);
            (line, ApiError::told(code::INVALID, "", &refusal.why.to_string()))
        })),
    }
    if !mistakes.is_empty() {
        return Err(refused(mistakes));
    }
    let pins = if asked.dry_run { Vec::new() } else { made };
    Ok(ImportedMailboxes { count: rows.len(), dry_run: asked.dry_run, pins })
}

/// The rows of an import, judged against the site.
#[derive(Default)]
struct Judged {
    /// The line of each of `rows`.
    lines: Vec<u32>,
    rows: Vec<ImportRow>,
    made: Vec<MadePin>,
    mistakes: Vec<(u32, ApiError)>,
}

fn judge(site: &Site, asked: &ImportMailboxes) -> Result<Judged, Refusal> {
    let mut generator = pins::generator()?;
    let mut judged = Judged::default();
    for row in &asked.rows {
        match judge_row(site, &row.mailbox, &mut generator) {
            Ok((new, made)) => {
                judged.lines.push(row.line);
                judged.rows.push(new);
                judged.made.extend(made);
            }
            Err(Refusal(error)) => judged.mistakes.push((row.line, error)),
        }
        if judged.mistakes.len() == ImportError::REFUSALS_TOLD {
            break;
        }
    }
    Ok(judged)
}

fn judge_row(
    site: &Site,
    asked: &EnableMailbox,
    generator: &mut PinGenerator,
) -> Result<(ImportRow, Option<MadePin>), Refusal> {
    let (mailbox, policy) = mailboxes::checked(site, asked)?;
    let (pin, made) = match &asked.pin {
        Some(pin) => (pins::chosen(pin, policy, &mailbox.extension)?, None),
        None => {
            let (pin, told) = pins::made(generator, policy, &mailbox.extension);
            let address = format!("{}@{}", mailbox.extension, mailbox.dial_plan);
            (pin, Some(MadePin { address, pin: told }))
        }
    };
    Ok((ImportRow { mailbox, pin: Some(pin) }, made))
}

fn refused(mut mistakes: Vec<(u32, ApiError)>) -> Refusal {
    mistakes.sort_by_key(|(line, _)| *line);
    let rows = if mistakes.len() == 1 {
        "1 row cannot".to_owned()
    } else {
        format!("{} rows cannot", mistakes.len())
    };
    let mut error = ApiError::new(
        "import-refused",
        "mailboxes",
        format!("{rows} be imported, so none was"),
        "mend the lines and import the file again; --dry-run only checks",
    );
    error.details = mistakes
        .into_iter()
        .map(|(line, mistake)| {
            let remedy =
                if mistake.remedy.is_empty() { String::new() } else { format!(": {}", mistake.remedy) };
            ErrorDetail { place: format!("line {line}"), message: format!("{}{remedy}", mistake.message) }
        })
        .collect();
    Refusal(error)
}
