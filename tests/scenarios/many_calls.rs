//! Many calls at once. Each must leave a whole message in the right mailbox; `scripts/bench.sh` reads what they cost.
//!
//! `UM_CALLS` says how many, `UM_SPEECH_SECONDS` for how long each speaks, and `UM_BENCH_REPORT` names a file to which
//! a line of JSON is appended.

use std::{
    collections::BTreeMap,
    fs::OpenOptions,
    io::Write,
    str::FromStr,
    time::{Duration, Instant},
};

use caller::{CallOutcome, CallPlan, EndedBy, HangUp, SrtpSuite, StartSpeaking, Transport, Trunk};
use serde_json::json;
use tokio::task::JoinSet;
use um_tests::{Meter, Mode, Reading, Server, ThreePlans, align};

/// Secured calls at once where the environment names no number.
const SECURED_CALLS: usize = 200;
/// Unsecured ones: the same code, so fewer will do for the gate.
const UNSECURED_CALLS: usize = 50;
const SPEECH_SECONDS: u64 = 10;
/// From one call's beginning to the next one's.
const SPACING: Duration = Duration::from_millis(20);
/// 200 calls use 40 connections of one gateway: more than a source may have whose certificate is no gateway's.
const CALLS_PER_TRUNK: usize = 5;
const MAILBOXES: usize = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_secured_calls_at_once_leave_every_message_whole() {
    let three = ThreePlans::start();
    let calls = from_environment("UM_CALLS", SECURED_CALLS);
    let mut trunks = Vec::new();
    for _ in 0..calls.div_ceil(CALLS_PER_TRUNK) {
        trunks.push(Trunk::open(&three.secured_call(&[])).await.unwrap());
    }
    let plans = (0..calls).map(|number| {
        let mut plan = three.secured_call(&[SrtpSuite::ALL[number % SrtpSuite::ALL.len()]]);
        plan.trunk = Some(trunks[number % trunks.len()].clone());
        plan
    });

    leave_every_message_whole(&three.server, Mode::Secured, plans.collect()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_unsecured_calls_at_once_leave_every_message_whole() {
    let three = ThreePlans::start();
    let calls = from_environment("UM_CALLS", UNSECURED_CALLS);
    let plans = (0..calls).map(|_| {
        let mut plan = three.call(Mode::Unsecured, Transport::Udp);
        plan.start_speaking = StartSpeaking::SkipGreeting;
        plan.after = HangUp::After(Duration::from_millis(500));
        plan
    });

    leave_every_message_whole(&three.server, Mode::Unsecured, plans.collect()).await;
}

async fn leave_every_message_whole(server: &Server, mode: Mode, mut plans: Vec<CallPlan>) {
    let seconds = from_environment("UM_SPEECH_SECONDS", SPEECH_SECONDS);
    let speech = caller::speech_like_noise(Duration::from_secs(seconds));
    for mailbox in 0..MAILBOXES {
        let (extension, plan) = (extension_of(mailbox), mode.word());
        server.um_ok(&["mailbox", "enable", &extension, "--dialplan", plan, "--name", "Ada Example"]);
    }
    for (number, plan) in plans.iter_mut().enumerate() {
        plan.from_user = caller_of(number);
        plan.diversion = Some(extension_of(number));
        plan.speech.clone_from(&speech);
        plan.deadline = Duration::from_secs(60 + seconds);
    }
    let calls = plans.len();

    let before = Reading::of(server.pid());
    let meter = Meter::start(server.pid());
    let (outcomes, standing) = place(plans).await;
    let after = Reading::of(server.pid());
    let readings = meter.stop();

    let least = all_are_whole(server, mode, calls, &speech);
    let cost = Cost::between(&outcomes, &readings);
    report(&json!({
        "mode": mode.word(),
        "calls": calls,
        "speech_seconds": seconds,
        "window_seconds": cost.window.as_secs_f64(),
        "server_us_per_call_second": cost.server,
        "caller_us_per_call_second": cost.caller,
        "server_us_per_call_second_with_setup": micros(after.cpu - before.cpu) / standing.as_secs_f64(),
        "server_kib_before": before.resident_kib,
        "server_kib_per_call": (cost.resident_kib as f64 - before.resident_kib as f64) / calls as f64,
        "least_correlation": least,
    }));
}

/// Places the calls; gives what became of them, and the time that they stood, added up.
async fn place(plans: Vec<CallPlan>) -> (Vec<CallOutcome>, Duration) {
    let mut placed = JoinSet::new();
    for plan in plans {
        placed.spawn(async move {
            let (number, speech, begun) = (plan.from_user.clone(), plan.speech.len(), Instant::now());
            (number, speech, caller::place_call(plan).await, begun.elapsed())
        });
        tokio::time::sleep(SPACING).await;
    }
    let (mut outcomes, mut standing) = (Vec::new(), Duration::ZERO);
    while let Some(ended) = placed.join_next().await {
        let (number, speech, outcome, stood) = ended.unwrap();
        let outcome = outcome.unwrap_or_else(|error| panic!("{number}: {error:#}"));
        assert_eq!(
            (outcome.status, outcome.ended_by),
            (200, EndedBy::Caller),
            "{number}: {}",
            outcome.phrase
        );
        assert_eq!(outcome.packets_unauthentic, 0, "{number}");
        assert!(outcome.heard_tone, "{number}");
        assert_eq!(outcome.spoken.as_millis(), speech as u128 / 8, "{number}");
        outcomes.push(outcome);
        standing += stood;
    }
    (outcomes, standing)
}

/// Every caller has one message, in the mailbox that diverted it, that is what was said. Gives the least correlation.
fn all_are_whole(server: &Server, mode: Mode, calls: usize, speech: &[i16]) -> f64 {
    let check = |mailbox: usize| {
        let address = format!("{}@{}", extension_of(mailbox), mode.word());
        let callers: Vec<_> = (mailbox..calls).step_by(MAILBOXES).map(caller_of).collect();
        let messages = server.messages(&address, callers.len());
        let by_caller: BTreeMap<_, _> =
            messages.iter().map(|message| (message["caller"].as_str().unwrap(), message)).collect();
        assert!(by_caller.keys().eq(&callers), "{address}: {:?}", by_caller.keys());
        by_caller.into_iter().fold(1.0_f64, |least, (caller, message)| {
            let found = align(speech, &server.exported_audio(&address, message));
            assert!(found.correlation >= 0.99, "{caller} in {address}: {found:?}");
            least.min(found.correlation)
        })
    };
    std::thread::scope(|scope| {
        let odd = scope.spawn(|| (1..MAILBOXES).step_by(2).map(check).fold(1.0, f64::min));
        let even = (0..MAILBOXES).step_by(2).map(check).fold(1.0, f64::min);
        odd.join().unwrap().min(even)
    })
}

/// What the calls cost while all of them spoke.
struct Cost {
    window: Duration,
    /// CPU of the server, microseconds a second and call.
    server: f64,
    /// CPU of this process, likewise.
    caller: f64,
    /// Memory of the server at the end of the window.
    resident_kib: u64,
}

impl Cost {
    /// The last call to speak opens the window, the first to fall silent closes it: there must be one, or the calls
    /// were not all at once.
    fn between(outcomes: &[CallOutcome], readings: &[[Reading; 2]]) -> Self {
        let begun = outcomes.iter().map(|outcome| outcome.spoke_from.unwrap());
        let ended = outcomes.iter().map(|outcome| outcome.spoke_from.unwrap() + outcome.spoken);
        let (from, to) = (begun.max().unwrap(), ended.min().unwrap());
        assert!(from < to, "the first call ended {:?} before the last one spoke", from - to);
        let within: Vec<_> = readings.iter().filter(|pair| pair[0].at >= from && pair[1].at <= to).collect();
        let [[server, caller], .., [server_later, caller_later]] = within.as_slice() else {
            panic!("{} readings while all calls spoke", within.len())
        };
        let per_call_second = |earlier: &Reading, later: &Reading| {
            micros(later.cpu - earlier.cpu) / (later.at - earlier.at).as_secs_f64() / outcomes.len() as f64
        };
        Self {
            window: server_later.at - server.at,
            server: per_call_second(server, server_later),
            caller: per_call_second(caller, caller_later),
            resident_kib: server_later.resident_kib,
        }
    }
}

fn report(figures: &serde_json::Value) {
    eprintln!("{figures:#}");
    if let Some(file) = std::env::var_os("UM_BENCH_REPORT") {
        let mut file = OpenOptions::new().append(true).create(true).open(file).unwrap();
        writeln!(file, "{figures}").unwrap();
    }
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

fn caller_of(number: usize) -> String {
    format!("2065{number:06}")
}

fn extension_of(number: usize) -> String {
    format!("{}", 4100 + number % MAILBOXES)
}

fn from_environment<N: FromStr>(name: &str, otherwise: N) -> N {
    std::env::var(name)
        .map_or(otherwise, |number| number.parse().unwrap_or_else(|_| panic!("{name}={number} is no number")))
}
