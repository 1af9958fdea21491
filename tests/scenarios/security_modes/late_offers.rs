//! Section 3, "no SDP (late offer)": our 200 offers what the mode demands, and the ACK must answer it so.

use caller::Transport;
use um_tests::{Mode, ScriptedGateway, ThreePlans};

use super::{CELLS, essence, media, name_of, word_of};

/// What the ACK answers to our offer, and what becomes of the call.
struct Row {
    answered: &'static str,
    lines: &'static [&'static str],
    /// `None`: the call stands. Else our BYE says so, with these words.
    ended: Option<&'static str>,
}

const AVP: &str = "m=audio {port} RTP/AVP 0";
const SAVP: &str = "m=audio {port} RTP/SAVP 0";

/// What every Secured offer has: the suites of the plan, in our order.
const OFFERED: &[&str] = &[
    "a=crypto:1 AEAD_AES_256_GCM inline:*",
    "a=crypto:2 AEAD_AES_128_GCM inline:*",
    "a=crypto:3 AES_256_CM_HMAC_SHA1_80 inline:*",
    "a=crypto:4 AES_CM_128_HMAC_SHA1_80 inline:*",
    "a=crypto:5 AES_CM_128_HMAC_SHA1_32 inline:*",
];

const CHOSEN: &str = "a=crypto:4 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";
const OTHER_TAG: &str = "a=crypto:7 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";
const OTHER_SUITE: &str =
    "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";

#[rustfmt::skip]
const CLEAR: &[Row] = &[
    Row { answered: "the offered profile", lines: &[AVP], ended: None },
    Row { answered: "nothing", lines: &[], ended: Some("SIP;cause=488;text=") },
    Row { answered: "RTP/SAVP", lines: &[SAVP, CHOSEN], ended: Some("SIP;cause=488;text=") },
];

#[rustfmt::skip]
const SECURED: &[Row] = &[
    Row { answered: "the offered profile and one key line", lines: &[SAVP, CHOSEN], ended: None },
    Row { answered: "nothing", lines: &[], ended: Some("SIP;cause=488;text=") },
    Row { answered: "RTP/AVP", lines: &[AVP], ended: Some("SIP;cause=488;text=") },
    Row { answered: "no key", lines: &[SAVP], ended: Some("SIP;cause=488;text=") },
    Row { answered: "a tag that was not offered", lines: &[SAVP, OTHER_TAG], ended: Some("SIP;cause=488;text=") },
    Row { answered: "another suite under the tag", lines: &[SAVP, OTHER_SUITE], ended: Some("SIP;cause=488;text=") },
];

#[tokio::test]
async fn our_200_offers_what_the_mode_demands_and_the_ack_must_answer_it_so() {
    let three = ThreePlans::start();
    for (mode, transport) in CELLS {
        let rows = match mode {
            Mode::Unsecured | Mode::SipSecured => CLEAR,
            Mode::Secured => SECURED,
        };
        let mut gateway = ScriptedGateway::open(three.call(mode, transport)).await;
        for row in rows {
            let cell = format!("{} to {} over {}", row.answered, name_of(mode), word_of(transport));
            assert_row(&mut gateway, mode, row, &cell).await;
        }
    }
}

async fn assert_row(gateway: &mut ScriptedGateway, mode: Mode, row: &Row, cell: &str) {
    let invite = gateway.request("INVITE");
    let body = match row.lines {
        [] => String::new(),
        lines => gateway.offer(&media(lines), 1),
    };

    let (answer, mut dialog) = gateway.call_answered_in_ack(&invite, &body).await;

    let offered = essence(&answer);
    match mode {
        Mode::Unsecured | Mode::SipSecured => assert_eq!(offered, ["m=audio * RTP/AVP 0 8 13 101"], "{cell}"),
        Mode::Secured => {
            assert_eq!(offered, [&["m=audio * RTP/SAVP 0 8 13 101"], OFFERED].concat(), "{cell}")
        }
    }
    match row.ended {
        None => gateway.hang_up(&mut dialog).await,
        Some(words) => {
            let reason = gateway.take_bye().await;
            assert!(reason.starts_with(words), "{cell}: {reason}");
        }
    }
}

#[tokio::test]
async fn re_invite_without_sdp_gets_the_same_profile_and_the_same_key() {
    let three = ThreePlans::start();
    let mut gateway = ScriptedGateway::open(three.call(Mode::Secured, Transport::Tls)).await;
    let invite = gateway.invite(&media(&[SAVP, "{crypto}"]));
    let (answered, mut dialog) = gateway.call(&invite).await;
    let key = |body: &str| {
        let line = body.lines().find(|line| line.contains(" AES_CM_128_HMAC_SHA1_80 ")).map(str::to_owned);
        line.and_then(|line| line.split("inline:").nth(1).map(str::to_owned)).expect("a key")
    };

    let again = dialog.request("INVITE");
    let held = gateway.offer(&media(&[SAVP, "{crypto}", "a=sendonly"]), 2);
    let (offered, _) = gateway.call_answered_in_ack(&again, &held).await;

    assert!(offered.body().contains(" RTP/SAVP "), "{offered:?}");
    assert_eq!(key(&offered.body()), key(&answered.body()));
    gateway.hang_up(&mut dialog).await;
}
