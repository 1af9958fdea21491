//! docs/security-modes.md 1b over the real server: whom a message says has called.

use std::time::Duration;

use caller::CallPlan;
use serde_json::Value;
use um_tests::{ScriptedGateway, Server};

use crate::numbers::{AUDIO, LAST, ORIGINAL, server};

/// Who calls, by the headers; From shows 2065550100 unless it says otherwise.
struct Identity {
    what: &'static str,
    from: &'static str,
    user: &'static str,
    headers: &'static [&'static str],
    /// Number and name as the message shows them.
    caller: Option<(&'static str, Option<&'static str>)>,
}

const FROM: &str = "2065550100";

#[rustfmt::skip]
const IDENTITIES: &[Identity] = &[
    Identity { what: "From", from: ORIGINAL, user: FROM, headers: &[], caller: Some((FROM, None)) },
    Identity { what: "P-Asserted-Identity, tel before sip", from: ORIGINAL, user: FROM,
        headers: &["P-Asserted-Identity: \"Alan\" <sip:alan@pbx>, \"Alan T.\" <tel:+12065550111>"],
        caller: Some(("+12065550111", Some("Alan T."))) },
    Identity { what: "P-Asserted-Identity, sip alone", from: ORIGINAL, user: FROM,
        headers: &["P-Asserted-Identity: \"Alan\" <sip:2065550112@pbx>", "Remote-Party-ID: <sip:2065550113@pbx>"],
        caller: Some(("2065550112", Some("Alan"))) },
    Identity { what: "Remote-Party-ID of the calling party", from: ORIGINAL, user: FROM,
        headers: &["Remote-Party-ID: <sip:2065550114@pbx>;party=called",
            "Remote-Party-ID: \"Edsger\" <sip:2065550115@pbx>;party=calling;screen=yes;privacy=off"],
        caller: Some(("2065550115", Some("Edsger"))) },
    Identity { what: "a malformed P-Asserted-Identity", from: ORIGINAL, user: FROM,
        headers: &["P-Asserted-Identity: \"Alan", "Remote-Party-ID: <sip:2065550116@pbx>;party=calling"],
        caller: Some(("2065550116", None)) },
    Identity { what: "--caller-id from", from: LAST, user: FROM,
        headers: &["P-Asserted-Identity: <tel:+12065550117>"], caller: Some((FROM, None)) },
    Identity { what: "Privacy: id", from: ORIGINAL, user: FROM,
        headers: &["P-Asserted-Identity: <tel:+12065550118>", "Privacy: id"], caller: None },
    Identity { what: "Privacy: user;critical", from: ORIGINAL, user: FROM, headers: &["Privacy: user;critical"],
        caller: None },
    Identity { what: "Privacy: header", from: LAST, user: FROM, headers: &["Privacy: header"], caller: None },
    Identity { what: "Privacy: none", from: ORIGINAL, user: FROM, headers: &["Privacy: none"],
        caller: Some((FROM, None)) },
    Identity { what: "anonymous", from: ORIGINAL, user: "anonymous",
        headers: &["P-Asserted-Identity: <tel:+12065550119>"], caller: None },
];

/// Leaves a message in a mailbox of its own.
async fn leave(server: &Server, identity: &Identity, mailbox: &str) {
    let mut plan = CallPlan::new(server.sip(), "5000");
    plan.local_ip = identity.from.parse().unwrap();
    plan.from_user = identity.user.to_owned();
    plan.diversion = Some(mailbox.to_owned());
    let mut gateway = ScriptedGateway::open(plan).await;
    let mut invite = gateway.invite(AUDIO);
    invite.headers.extend(identity.headers.iter().map(ToString::to_string));

    let (answer, mut dialog) = gateway.call(&invite).await;
    let mut voice = gateway.voice(&answer);
    voice.wait_for_tone().await;
    voice.say(&caller::speech_like_noise(Duration::from_secs(2))).await;
    gateway.hang_up(&mut dialog).await;
}

#[tokio::test]
async fn message_shows_who_called_or_that_it_was_withheld_row_by_row() {
    let server = server();
    let mailboxes: Vec<String> = (0..IDENTITIES.len()).map(|place| (4100 + place).to_string()).collect();
    for mailbox in &mailboxes {
        server.um_ok(&["mailbox", "enable", mailbox, "--dialplan", "hq", "--name", "Ada Example"]);
    }

    let half = IDENTITIES.len().div_ceil(2);
    let calls = |from: usize, to: usize| {
        let (server, mailboxes) = (&server, &mailboxes);
        async move {
            for place in from..to {
                leave(server, &IDENTITIES[place], &mailboxes[place]).await;
            }
        }
    };
    tokio::join!(calls(0, half), calls(half, IDENTITIES.len()));

    for (identity, mailbox) in IDENTITIES.iter().zip(&mailboxes) {
        let message = server.messages(mailbox, 1).remove(0);
        let (number, name) = match identity.caller {
            Some((number, name)) => (Value::from(number), name.map_or(Value::Null, Value::from)),
            None => (Value::Null, Value::Null),
        };
        let shown = (&message["caller"], &message["caller_name"]);
        assert_eq!(shown, (&number, &name), "{}: {message}", identity.what);
    }
}
