//! From what both sides saw of a test call to findings with cause and remedy, in the order of the call.

use admin_api::{Finding, FindingGrade, RouteTransport, TestCallPlan, TestCallRefusal};
use caller::{Alert, CallOutcome, EndedBy, Unreached};
use telephony::quality::Satisfaction;

use super::media::{Direction, from_server, sound, to_server};
use super::{KEYS, Placed};

/// Certificates that have fewer days left deserve a look.
const SOON: i64 = 30;

/// Every step up to the one that failed.
pub(super) fn findings(plan: &TestCallPlan, placed: &Placed) -> Vec<Finding> {
    let mut found = vec![planned(plan)];
    let outcome = match &placed.outcome {
        Ok(outcome) => outcome,
        Err(error) => {
            found.push(unanswered(plan, error));
            return found;
        }
    };
    found.push(connected(plan, outcome));
    found.extend(certificate(plan));
    if outcome.status >= 300 {
        let refusal = placed.report.as_ref().and_then(|report| report.refusal.as_ref());
        found.push(refused(plan, outcome, refusal));
        return found;
    }
    found.push(answered(outcome));
    found.extend(heard(outcome));
    found.extend(keys(outcome, placed));
    found.extend(directions(placed, outcome));
    found.push(ended(plan, outcome));
    found.push(match &placed.report {
        Some(_) => fine("nothing-left", "the test call has left no message behind".to_owned()),
        None => attention(
            "no-report",
            "the server has not told how the call ended".to_owned(),
            "look at `um events`".to_owned(),
        ),
    });
    found
}

fn planned(plan: &TestCallPlan) -> Finding {
    let what = format!(
        "gateway {} calls {} ({}) for mailbox {} of dial plan {} ({})",
        plan.gateway, plan.pilot, plan.mode, plan.extension, plan.dial_plan, plan.plan_mode
    );
    fine("plan", what)
}

fn connected(plan: &TestCallPlan, outcome: &CallOutcome) -> Finding {
    let over = transport_word(plan.transport);
    match &outcome.tls {
        Some(tls) => fine(
            "handshake",
            format!("{} takes the call over {} with {}", plan.target, tls.version, tls.cipher),
        ),
        None => fine("connection", format!("{} takes the call over {over}", plan.target)),
    }
}

fn certificate(plan: &TestCallPlan) -> Option<Finding> {
    let shown = &plan.certificate.as_ref()?.facts;
    let what = format!("the server presents {}, {} days left", shown.subject, shown.days_left);
    Some(match shown.days_left < SOON {
        true => attention("own-certificate", what, "renew it: `um cert check` tells what is due".to_owned()),
        false => fine("own-certificate", what),
    })
}

/// No final answer came.
fn unanswered(plan: &TestCallPlan, error: &anyhow::Error) -> Finding {
    let (target, words) = (plan.target, format!("{error:#}"));
    if let Some(alert) = Alert::of(error) {
        return fault(
            "handshake-refused",
            format!("the server ends the handshake with {alert}: {words}"),
            "run `um tls failures`: it tells why".to_owned(),
        );
    }
    match Unreached::of(error) {
        Some(Unreached::Connection(_)) => fault(
            "connection-refused",
            format!("nobody takes a connection at {target} ({}): {words}", transport_word(plan.transport)),
            "run `um status`: it tells what this server listens on".to_owned(),
        ),
        Some(Unreached::Handshake(_)) => fault(
            "handshake-failed",
            format!("a gateway that trusts what `um cert export` writes cannot shake hands: {words}"),
            "run `um cert explain`: it tells what is presented and why".to_owned(),
        ),
        Some(Unreached::ConnectionInTime(_) | Unreached::Answer(..)) => fault(
            "no-answer",
            format!("{target} did not answer: {words}"),
            "look at `um status` and at the firewall of this machine".to_owned(),
        ),
        None => fault("call-failed", words, "look at `um events` and `um trace`".to_owned()),
    }
}

/// The server said no: its own words know why better than the answer.
fn refused(plan: &TestCallPlan, outcome: &CallOutcome, refusal: Option<&TestCallRefusal>) -> Finding {
    let answer = format!("the INVITE is answered {} {}", outcome.status, outcome.phrase);
    match refusal {
        Some(refusal) => {
            fault(&refusal.diagnosis, format!("{answer}: {}", refusal.reason), refusal.remedy.clone())
        }
        None if outcome.status == 403 => fault(
            "not-recognised",
            format!("{answer}: the server took the test call for a stranger's"),
            format!("does gateway {} still exist? `um gateway list` tells; then test again", plan.gateway),
        ),
        None => fault("refused", answer, "look at `um events`".to_owned()),
    }
}

fn answered(outcome: &CallOutcome) -> Finding {
    let ms = outcome.answered_in.as_secs_f64() * 1e3;
    let profile = outcome.answer_profile.as_deref().unwrap_or("no media");
    let media = match &outcome.suite {
        Some(suite) => format!("{profile} with {suite}"),
        None => profile.to_owned(),
    };
    fine(
        "answer",
        format!("the INVITE is answered {} {} in {ms:.1} ms: {media}", outcome.status, outcome.phrase),
    )
}

fn heard(outcome: &CallOutcome) -> Vec<Finding> {
    if outcome.packets_heard == 0 {
        return vec![fault(
            "no-media",
            "no audio of the server came".to_owned(),
            "look at [media] address and ports in um.toml, and at the firewall of this machine".to_owned(),
        )];
    }
    let mut found = Vec::new();
    let sound = sound(&outcome.heard).as_secs_f64();
    found.push(match sound > 1.0 {
        true => fine("greeting", format!("a greeting is heard, {sound:.1} s of sound")),
        false => fault(
            "silent-greeting",
            format!("{} packets came, but nothing is to be heard in them", outcome.packets_heard),
            "look at the recorded name of the mailbox with `um mailbox show`, and at `um events`".to_owned(),
        ),
    });
    found.push(match outcome.heard_tone {
        true => fine("tone", "the record tone is heard".to_owned()),
        false => fault(
            "no-tone",
            "no record tone is heard: callers cannot leave a message".to_owned(),
            "look at `um events`: a disk that is nearly full takes no messages".to_owned(),
        ),
    });
    found
}

fn keys(outcome: &CallOutcome, placed: &Placed) -> Option<Finding> {
    let counted = placed.report.as_ref()?.digits;
    let pressed = KEYS.len();
    Some(match (outcome.takes_keys, outcome.heard_tone) {
        (false, _) => fault(
            "no-telephone-event",
            "the answer takes no telephone-event: keys of callers are not understood".to_owned(),
            "report this: the server always takes them".to_owned(),
        ),
        // Without a tone nothing was pressed.
        (true, false) => return None,
        (true, true) if usize::try_from(counted).is_ok_and(|counted| counted == pressed) => {
            fine("keys", format!("{counted} of {pressed} keys (RFC 4733) are understood"))
        }
        (true, true) => fault(
            "keys-lost",
            format!("{counted} of {pressed} keys (RFC 4733) are understood"),
            "look at the loss below".to_owned(),
        ),
    })
}

fn directions(placed: &Placed, outcome: &CallOutcome) -> Vec<Finding> {
    let to =
        placed.report.as_ref().and_then(to_server).map(|direction| ("to-server", "to the server", direction));
    let from = from_server(outcome).map(|direction| ("from-server", "from the server", direction));
    let mut found: Vec<Finding> = [to, from]
        .into_iter()
        .flatten()
        .map(|(word, name, direction)| quality(word, name, &direction))
        .collect();
    let media = placed.report.as_ref().and_then(|report| report.media);
    if placed.report.is_some() && media.is_none_or(|media| media.packets == 0) {
        let unauthentic = media.map_or(0, |media| media.unauthentic);
        found.push(fault(
            "no-media-received",
            format!("the server took none of our audio ({unauthentic} packets did not authenticate)"),
            "look at [media] ports in um.toml, and at the firewall of this machine".to_owned(),
        ));
    }
    found
}

fn quality(word: &str, name: &str, direction: &Direction) -> Finding {
    let what = format!(
        "audio {name}: {} packets, {} lost ({:.1} %), jitter {:.1} ms, MOS {:.2} ({})",
        direction.packets,
        direction.lost,
        direction.loss_percent,
        direction.jitter_ms,
        direction.mos,
        direction.satisfaction
    );
    match direction.satisfaction {
        Satisfaction::Very | Satisfaction::Satisfied => fine(word, what),
        Satisfaction::SomeDissatisfied | Satisfaction::ManyDissatisfied => attention(
            "audio-impaired",
            what,
            "look at the load of this machine: nothing else lies between the two ends of a test call"
                .to_owned(),
        ),
        Satisfaction::NearlyAllDissatisfied => fault(
            "audio-unusable",
            what,
            "look at the load of this machine: nothing else lies between the two ends of a test call"
                .to_owned(),
        ),
    }
}

fn ended(plan: &TestCallPlan, outcome: &CallOutcome) -> Finding {
    let because = outcome.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
    let trace = format!("look at `um trace --gateway {}`", plan.gateway);
    match outcome.ended_by {
        EndedBy::Caller => fine("bye", "BYE is answered".to_owned()),
        EndedBy::ByeUnanswered => fault("bye-unanswered", "BYE is not answered".to_owned(), trace),
        EndedBy::Server => {
            fault("ended-early", format!("the server ended the call before we did{because}"), trace)
        }
        EndedBy::ConnectionLost => {
            fault("connection-lost", "the connection closed under the call".to_owned(), trace)
        }
        EndedBy::Deadline | EndedBy::Refusal => {
            fault("too-long", "the call did not come to its end in a minute".to_owned(), trace)
        }
    }
}

fn transport_word(transport: RouteTransport) -> &'static str {
    match transport {
        RouteTransport::Udp => "UDP",
        RouteTransport::Tcp => "TCP",
        RouteTransport::Tls => "TLS",
    }
}

fn fine(diagnosis: &str, what: String) -> Finding {
    finding(FindingGrade::Fine, diagnosis, what, String::new())
}

fn attention(diagnosis: &str, what: String, remedy: String) -> Finding {
    finding(FindingGrade::Attention, diagnosis, what, remedy)
}

fn fault(diagnosis: &str, what: String, remedy: String) -> Finding {
    finding(FindingGrade::Fault, diagnosis, what, remedy)
}

fn finding(grade: FindingGrade, diagnosis: &str, what: String, remedy: String) -> Finding {
    Finding { diagnosis: diagnosis.to_owned(), grade, what, remedy }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use admin_api::{TestCallMedia, TestCallReport};
    use anyhow::Context;
    use caller::Reception;
    use dial_plan::VoipSecurity;

    use super::*;

    fn plan() -> TestCallPlan {
        TestCallPlan {
            gateway: "gw1".to_owned(),
            dial_plan: "hq".to_owned(),
            plan_mode: VoipSecurity::Unsecured,
            mode: VoipSecurity::Unsecured,
            transport: RouteTransport::Tcp,
            target: "127.0.0.1:5060".parse().unwrap(),
            domain: "um.test".to_owned(),
            certificate: None,
            pilot: "5000".to_owned(),
            extension: "4001".to_owned(),
        }
    }

    /// A call with which everything is right.
    fn right() -> (CallOutcome, TestCallReport) {
        let outcome = CallOutcome {
            status: 200,
            phrase: "OK".to_owned(),
            reason: None,
            warning: None,
            answer_profile: Some("RTP/AVP".to_owned()),
            suite: None,
            tls_version: None,
            tls: None,
            answered_in: Duration::from_millis(2),
            takes_keys: true,
            heard: [4000, -4000].repeat(8000),
            heard_tone: true,
            packets_heard: 300,
            reception: Reception::default(),
            reports_heard: 0,
            packets_unauthentic: 0,
            spoke_from: None,
            spoken: Duration::from_secs(3),
            ended_by: EndedBy::Caller,
            request_octets: 0,
            final_answer: Vec::new(),
        };
        let report = TestCallReport {
            call_id: "c1".to_owned(),
            refusal: None,
            suite: None,
            digits: 11,
            media: Some(TestCallMedia { packets: 500, lost: 0, jitter_ms: 0.5, unauthentic: 0 }),
            ended: "caller hung up".to_owned(),
        };
        (outcome, report)
    }

    fn wrong(placed: &Placed) -> Vec<String> {
        let found = findings(&plan(), placed);
        let wrong = found.into_iter().filter(|finding| finding.grade != FindingGrade::Fine);
        wrong
            .map(|finding| {
                assert!(!finding.remedy.is_empty(), "{finding:?}");
                finding.diagnosis
            })
            .collect()
    }

    #[test]
    fn each_thing_that_can_be_wrong_with_a_call_that_was_taken_has_its_word() {
        type Seed = fn(&mut CallOutcome, &mut TestCallReport);
        let rows: [(Option<&str>, Seed); 14] = [
            (None, |_, _| {}),
            (Some("no-media"), |outcome, _| outcome.packets_heard = 0),
            (Some("silent-greeting"), |outcome, _| outcome.heard = vec![0; 16_000]),
            (Some("no-tone"), |outcome, _| outcome.heard_tone = false),
            (Some("no-telephone-event"), |outcome, _| outcome.takes_keys = false),
            (Some("keys-lost"), |_, report| report.digits = 10),
            (Some("no-media-received"), |_, report| report.media = None),
            (Some("audio-impaired"), |outcome, _| outcome.reception.lost = 5),
            (Some("audio-unusable"), |outcome, _| outcome.reception.lost = 50),
            (Some("ended-early"), |outcome, _| outcome.ended_by = EndedBy::Server),
            (Some("connection-lost"), |outcome, _| outcome.ended_by = EndedBy::ConnectionLost),
            (Some("bye-unanswered"), |outcome, _| outcome.ended_by = EndedBy::ByeUnanswered),
            (Some("too-long"), |outcome, _| outcome.ended_by = EndedBy::Deadline),
            (Some("not-recognised"), |outcome, _| outcome.status = 403),
        ];
        for (expected, seed) in rows {
            let (mut outcome, mut report) = right();
            seed(&mut outcome, &mut report);

            let placed = Placed { outcome: Ok(outcome), report: Some(report) };

            assert_eq!(wrong(&placed), expected.into_iter().collect::<Vec<_>>());
        }
        assert_eq!(wrong(&Placed { outcome: Ok(right().0), report: None }), ["no-report"]);
    }

    #[test]
    fn call_that_came_to_no_answer_is_told_by_the_step_that_failed() {
        let target = "127.0.0.1:5061".parse().unwrap();
        let failed = |step: Unreached| Err::<CallOutcome, _>(std::io::Error::other("words")).context(step);
        let rows = [
            (failed(Unreached::Connection(target)), "connection-refused"),
            (failed(Unreached::Handshake(target)), "handshake-failed"),
            (failed(Unreached::ConnectionInTime(target)), "no-answer"),
            (failed(Unreached::Answer(target, Duration::from_secs(60))), "no-answer"),
            (Err(anyhow::anyhow!("else")), "call-failed"),
        ];
        for (outcome, expected) in rows {
            assert_eq!(wrong(&Placed { outcome, report: None }), [expected]);
        }
    }
}
