//! `um demo`: a throw-away server, a real call for each way in, and a table of what came of it.

mod case;
mod throw_away;
mod world;

use std::time::Duration;

use admin_api::MessageRow;
use caller::{Alert, CallOutcome, CallPlan, StartSpeaking};
use clap::Args;
use serde::Serialize;
use tokio::time::{Instant, sleep};

use crate::client::{Client, path};
use crate::demo::case::{CASES, Case};
use crate::demo::throw_away::{Kept, ThrowAwayServer};
use crate::demo::world::World;
use crate::failure::Failure;
use crate::report::{Format, json, talk};

/// `um demo`
#[derive(Args, Debug)]
pub(crate) struct Demo {
    /// Print JSON instead of a table.
    #[arg(long)]
    json: bool,
    /// Leave the server running, and print what a softphone needs to dial in.
    #[arg(long)]
    keep: bool,
}

/// One row of the table.
#[derive(Debug, Serialize)]
struct Row {
    call: &'static str,
    mode: &'static str,
    transport: &'static str,
    suite: Option<String>,
    expected: &'static str,
    got: String,
    message_seconds: Option<f64>,
    as_expected: bool,
}

/// What `--json` prints.
#[derive(Debug, Serialize)]
struct Shown<'a> {
    calls: &'a [Row],
    server: Option<&'a Kept>,
}

/// How long a message may take from the end of its call to the list.
const STORING_PATIENCE: Duration = Duration::from_secs(10);
/// How often the list is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Starts a throw-away server, places its calls and prints the table; exit 1 if one came out otherwise.
pub(crate) async fn run_demo(demo: Demo) -> Result<(), Failure> {
    talk("starting a server on loopback ..");
    let server = ThrowAwayServer::start().await?;
    let rows = match place_calls(&server).await {
        Ok(rows) => rows,
        Err(failure) => {
            server.end().await;
            return Err(failure);
        }
    };
    let kept = if demo.keep {
        Some(server.keep(world::PILOT, world::EXTENSION))
    } else {
        server.end().await;
        None
    };
    show(&rows, kept.as_ref(), demo.json)?;
    match rows.iter().filter(|row| !row.as_expected).count() {
        0 => Ok(()),
        wrong => Err(Failure::no(
            format!("{wrong} of {} calls did not come out as expected", rows.len()),
            "run `um demo --keep` and look at the server's events with the command that it prints",
        )),
    }
}

fn show(rows: &[Row], kept: Option<&Kept>, as_json: bool) -> Result<(), Failure> {
    if as_json {
        return json(&Shown { calls: rows, server: kept });
    }
    let header = ["CALL", "MODE", "TRANSPORT", "SUITE", "EXPECTED", "GOT", "MESSAGE"];
    Format { json: false }.list(rows, header, |row| {
        [
            row.call.to_owned(),
            row.mode.to_owned(),
            row.transport.to_owned(),
            row.suite.clone().unwrap_or_else(|| "-".to_owned()),
            row.expected.to_owned(),
            if row.as_expected { row.got.clone() } else { format!("{} (WRONG)", row.got) },
            row.message_seconds.map_or_else(|| "-".to_owned(), |seconds| format!("{seconds:.1} s")),
        ]
    })?;
    if let Some(kept) = kept {
        talk(kept.to_string());
    }
    Ok(())
}

async fn place_calls(server: &ThrowAwayServer) -> Result<Vec<Row>, Failure> {
    let world = World::make(server).await?;
    let mut rows = Vec::new();
    for (number, case) in CASES.iter().enumerate() {
        talk(format!("{}, plan {}, over {} ..", case.call, case.mode.word(), case.transport.token()));
        rows.push(place_call(server.client(), world.plan(case, number), case).await?);
    }
    Ok(rows)
}

async fn place_call(client: &Client, mut plan: CallPlan, case: &'static Case) -> Result<Row, Failure> {
    plan.speech = caller::demonstration_speech();
    plan.start_speaking = StartSpeaking::SkipGreeting;
    let number = plan.from_user.clone();
    let outcome = caller::place_call(plan).await;
    let got = match &outcome {
        Ok(outcome) => words(outcome),
        Err(error) => match Alert::of(error) {
            Some(alert) => format!("TLS alert {alert}"),
            None => format!("{error:#}"),
        },
    };
    let outcome = outcome.ok();
    let taken = outcome.as_ref().filter(|outcome| outcome.status == 200);
    let message = match taken {
        Some(_) => stored_message(client, case, &number).await?,
        None => None,
    };
    // What was said is in the message whole, and one is there exactly if the call was to be taken.
    let whole = match (taken, &message) {
        (Some(outcome), Some(message)) => message.length_seconds >= outcome.spoken.as_secs_f64(),
        (Some(_), None) => false,
        (None, _) => true,
    };
    Ok(Row {
        call: case.call,
        mode: case.mode.word(),
        transport: case.transport.token(),
        suite: outcome.and_then(|outcome| outcome.suite),
        expected: case.expected,
        as_expected: got == case.expected && whole,
        got,
        message_seconds: message.map(|row| row.length_seconds),
    })
}

/// An answer in short: the status, and with it the profile that was agreed or the Q.850 cause of the refusal.
fn words(outcome: &CallOutcome) -> String {
    let cause = outcome.reason.as_deref().and_then(|reason| reason.strip_prefix("Q.850;cause="));
    let cause = cause.and_then(|rest| rest.split(';').next());
    match (&outcome.answer_profile, cause) {
        (Some(profile), _) => format!("{} {profile}", outcome.status),
        (None, Some(cause)) => format!("{}, cause {cause}", outcome.status),
        (None, None) => format!("{}, no reason", outcome.status),
    }
}

/// The message of the caller with this number, which is stored after the caller has gone.
async fn stored_message(client: &Client, case: &Case, number: &str) -> Result<Option<MessageRow>, Failure> {
    let mailbox = format!("{}@{}", world::EXTENSION, world::plan_name(case.mode));
    let list = path(&["mailboxes", &mailbox, "messages"]);
    let deadline = Instant::now() + STORING_PATIENCE;
    loop {
        let messages: Vec<MessageRow> = client.get(&list).await?;
        if let Some(message) = messages.into_iter().find(|row| row.caller.as_deref() == Some(number)) {
            return Ok(Some(message));
        }
        if Instant::now() >= deadline {
            return Ok(None);
        }
        sleep(LOOK_EVERY).await;
    }
}
