//! `um demo`: a throw-away server, a real call for each way in, and a table of what came of it.

mod throw_away;

use std::time::Duration;

use admin_api::{Changed, EnableMailbox, EnabledMailbox, MessageRow, NewGateway};
use caller::{CallPlan, StartSpeaking, Transport};
use clap::Args;
use dial_plan::{DialPlan, GatewayAddress, IpGateway, Name, VoipSecurity};
use serde::Serialize;
use tokio::time::{Instant, sleep};

use crate::client::{Client, path};
use crate::demo::throw_away::{Kept, ThrowAwayServer};
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

/// One call of the demo: the plan's mode, how it comes, and what it must get.
#[derive(Clone, Copy, Debug)]
struct Case {
    mode: VoipSecurity,
    transport: Transport,
    expected: Answer<'static>,
}

/// What a call got: the final status, and for a 200 the media that was agreed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Answer<'a> {
    status: u16,
    profile: Option<&'a str>,
    suite: Option<&'a str>,
}

/// One row of the table.
#[derive(Debug, Serialize)]
struct Row {
    mode: &'static str,
    transport: &'static str,
    suite: Option<String>,
    expected: String,
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

/// Every call that the demo places, in the order of the table.
const CASES: &[Case] = &[Case {
    mode: VoipSecurity::Unsecured,
    transport: Transport::Udp,
    expected: Answer { status: 200, profile: Some("RTP/AVP"), suite: None },
}];
/// The number that a gateway calls to reach voicemail.
const PILOT: &str = "5000";
/// The extension of the mailbox in each plan.
const EXTENSION: &str = "4001";
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
        Some(server.keep(PILOT, EXTENSION))
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
    let header = ["MODE", "TRANSPORT", "SUITE", "EXPECTED", "GOT", "MESSAGE"];
    Format { json: false }.list(rows, header, |row| {
        [
            row.mode.to_owned(),
            row.transport.to_owned(),
            row.suite.clone().unwrap_or_else(|| "-".to_owned()),
            row.expected.clone(),
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
    let mut rows = Vec::new();
    for case in CASES {
        let plan = make_plan(server.client(), case.mode).await?;
        talk(format!("calling the {} plan over {} ..", case.mode.word(), case.transport.token()));
        rows.push(place_call(server, &plan, case).await?);
    }
    Ok(rows)
}

/// Makes the dial plan of a mode, its gateway (this machine) and one mailbox.
async fn make_plan(client: &Client, mode: VoipSecurity) -> Result<Name, Failure> {
    let named = |text: String| {
        Name::parse(&text).map_err(|error| Failure::could_not_run(format!("the demo is wrong: {error}"), ""))
    };
    let name = named(format!("demo-{}", mode.word()))?;
    let mut plan = DialPlan::new(name.clone(), 4);
    plan.voip_security = mode;
    client.post::<Changed>(&path(&["dial-plans"]), &plan).await?;
    let address = GatewayAddress::Ip(std::net::Ipv4Addr::LOCALHOST.into());
    let gateway = IpGateway::new(named(format!("demo-gateway-{}", mode.word()))?, address);
    client
        .post::<Changed>(&path(&["gateways"]), &NewGateway { gateway, dial_plan: Some(name.clone()) })
        .await?;
    let mailbox = EnableMailbox {
        extension: EXTENSION.to_owned(),
        dial_plan: name.to_string(),
        name: "Ada Example".to_owned(),
        email: None,
        numbers: Vec::new(),
        policy: None,
        pin: None,
    };
    client.post::<EnabledMailbox>(&path(&["mailboxes"]), &mailbox).await?;
    Ok(name)
}

async fn place_call(server: &ThrowAwayServer, plan: &Name, case: &Case) -> Result<Row, Failure> {
    let mut call = CallPlan::new(server.sip(), PILOT);
    call.transport = case.transport;
    call.diversion = Some(EXTENSION.to_owned());
    call.speech = caller::demonstration_speech();
    call.start_speaking = StartSpeaking::SkipGreeting;
    let row = |got: String| Row {
        mode: case.mode.word(),
        transport: case.transport.token(),
        suite: None,
        expected: case.expected.words(),
        got,
        message_seconds: None,
        as_expected: false,
    };
    let outcome = match caller::place_call(call).await {
        Ok(outcome) => outcome,
        Err(error) => return Ok(row(format!("{error:#}"))),
    };
    let got = Answer {
        status: outcome.status,
        profile: outcome.answer_profile.as_deref(),
        suite: outcome.suite.as_deref(),
    };
    let message = match got.status {
        200 => stored_message(server.client(), plan).await?,
        _ => None,
    };
    // What was said is in the message whole, and one is there exactly if the call was to be taken.
    let stored = message.as_ref().is_some_and(|row| row.length_seconds >= outcome.spoken.as_secs_f64());
    Ok(Row {
        suite: outcome.suite.clone(),
        message_seconds: message.map(|row| row.length_seconds),
        as_expected: got == case.expected && stored == (case.expected.status == 200),
        ..row(got.words())
    })
}

/// The mailbox's message, which is stored after the caller has gone.
async fn stored_message(client: &Client, plan: &Name) -> Result<Option<MessageRow>, Failure> {
    let list = path(&["mailboxes", &format!("{EXTENSION}@{plan}"), "messages"]);
    let deadline = Instant::now() + STORING_PATIENCE;
    loop {
        let messages: Vec<MessageRow> = client.get(&list).await?;
        if let Some(message) = messages.into_iter().next() {
            return Ok(Some(message));
        }
        if Instant::now() >= deadline {
            return Ok(None);
        }
        sleep(LOOK_EVERY).await;
    }
}

impl Answer<'_> {
    fn words(&self) -> String {
        match self.profile {
            Some(profile) => format!("{} {profile}", self.status),
            None => self.status.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answer_is_written_with_its_profile() {
        let taken = Answer { status: 200, profile: Some("RTP/AVP"), suite: None };
        let refused = Answer { status: 403, profile: None, suite: None };

        assert_eq!(taken.words(), "200 RTP/AVP");
        assert_eq!(refused.words(), "403");
    }

    #[test]
    fn every_plan_of_the_demo_has_a_name_that_plans_may_have() {
        for case in CASES {
            assert!(Name::parse(&format!("demo-{}", case.mode.word())).is_ok(), "{}", case.mode);
        }
    }
}
