//! `kill -9` at random moments of calls: what was acknowledged is there bit for bit, nothing half-written is listed,
//! and what was being recorded is recovered. `UM_KILLS` says how often in each series; five series run.

use std::{collections::BTreeMap, time::Duration};

use caller::{CallPlan, HangUp, Progress, StartSpeaking};
use serde_json::Value;
use tokio::{task::JoinSet, time::sleep};
use um_tests::{Server, align};

/// Kills in a series where the environment names no number: 50 in all.
const KILLS: usize = 10;
/// Calls that are up at each kill, begun one after the other, so that a kill meets every stage of a call.
const CALLS: usize = 4;
const APART: Duration = Duration::from_millis(700);
const SPEECH: Duration = Duration::from_secs(4);
/// A kill comes this long after the last call began, at most.
const LATEST: u64 = 3500;
/// What a kill may cost of a recording: a block is written when it is full (half a second), and some packets are under
/// way. The bound is one second; the caller's own buffers are the rest.
const LOST: Duration = Duration::from_millis(1250);
/// What lies between the tone and the first word.
const BEFORE_SPEECH: Duration = Duration::from_millis(600);

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_random_moments_loses_nothing_1_of_5() {
    series(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_random_moments_loses_nothing_2_of_5() {
    series(2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_random_moments_loses_nothing_3_of_5() {
    series(3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_random_moments_loses_nothing_4_of_5() {
    series(4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_random_moments_loses_nothing_5_of_5() {
    series(5).await;
}

/// A message as the server lists it, and its audio.
#[derive(Clone, Debug, PartialEq)]
struct Kept {
    listed: Value,
    audio: Vec<i16>,
}

async fn series(seed: u64) {
    let kills = std::env::var("UM_KILLS").map_or(KILLS, |kills| kills.parse().unwrap());
    let speech = caller::speech_like_noise(SPEECH);
    let mut moments = Moments(seed);
    let mut server = Server::start_with_mailbox();
    let mut acknowledged = BTreeMap::new();
    for round in 0..kills {
        let mut calls = JoinSet::new();
        let mut up: BTreeMap<String, Progress> = BTreeMap::new();
        for n in 0..CALLS {
            let mut plan = CallPlan::new(server.sip(), "4001");
            plan.from_user = format!("2065{round:03}{n:03}");
            plan.speech.clone_from(&speech);
            plan.start_speaking = StartSpeaking::SkipGreeting;
            plan.after = HangUp::After(Duration::from_millis(100));
            up.insert(plan.from_user.clone(), plan.progress.clone());
            calls.spawn(caller::place_call(plan));
            sleep(APART).await;
        }
        sleep(moments.next()).await;

        let listed = kept(&server);
        let spoken: BTreeMap<String, Duration> =
            up.into_iter().map(|(caller, progress)| (caller, progress.spoken())).collect();
        server.kill();
        calls.shutdown().await;
        server.start_again();

        acknowledged.extend(listed);
        let found = kept(&server);
        for (id, message) in &acknowledged {
            assert_eq!(
                found.get(id),
                Some(message),
                "round {round}: an acknowledged message is not as it was"
            );
        }
        for (id, message) in &found {
            assert_whole_as_far_as_it_goes(message, &speech, &format!("round {round}, message {id}"));
        }
        for (caller, spoken) in spoken {
            assert_recovered(&found, &caller, spoken, round);
        }
        acknowledged = found;
    }
}

/// Every message of the mailbox, by id.
fn kept(server: &Server) -> BTreeMap<i64, Kept> {
    let Value::Array(messages) = server.um_json(&["message", "list", "4001"]) else { panic!("no list") };
    let messages = messages.into_iter().map(|listed| {
        let audio = server.exported_audio("4001", &listed);
        (listed["id"].as_i64().unwrap(), Kept { listed, audio })
    });
    messages.collect()
}

/// What is listed plays as long as it says, and is the caller's speech from its beginning on.
fn assert_whole_as_far_as_it_goes(message: &Kept, speech: &[i16], what: &str) {
    let seconds = message.listed["length_seconds"].as_f64().unwrap();
    assert!((seconds - message.audio.len() as f64 / 8000.0).abs() < 0.05, "{what}: {}", message.listed);
    let before = usize::try_from(BEFORE_SPEECH.as_millis() * 8).unwrap();
    let words = message.audio.len().saturating_sub(before).min(speech.len());
    let found = align(&speech[..words], &message.audio);
    assert!(found.correlation >= 0.99, "{what}: {found:?} of {words} samples, {}", message.listed);
}

/// Whoever had spoken long enough has a message of all but the last second.
fn assert_recovered(found: &BTreeMap<i64, Kept>, caller: &str, spoken: Duration, round: usize) {
    if spoken < LOST + Duration::from_millis(1250) {
        return;
    }
    let lengths = found.values().filter(|message| message.listed["caller"] == *caller);
    let lengths: Vec<f64> = lengths.map(|message| message.audio.len() as f64 / 8000.0).collect();
    assert_eq!(lengths.len(), 1, "round {round}: {caller} had spoken {spoken:?}");
    assert!(
        lengths[0] >= (spoken - LOST).as_secs_f64(),
        "round {round}: {caller} had spoken {spoken:?}, {} s are kept",
        lengths[0]
    );
}

/// Moments that look random and are the same in every run (Knuth's MMIX generator).
struct Moments(u64);

impl Moments {
    fn next(&mut self) -> Duration {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Duration::from_millis((self.0 >> 33) % LATEST)
    }
}
