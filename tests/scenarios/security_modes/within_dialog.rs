//! Sections 0 (rule 3) and 3 inside a call: what would leave the mode gets 488, what comes from elsewhere 403, and the
//! session goes on as it was.

use caller::Transport;
use um_tests::{Mode, ScriptedDialog, ScriptedGateway, ThreePlans};

use super::{
    CELLS, Expected, Refused, Said, Taken, essence, media, name_of, suites::second_gateway, word_of,
};

/// An offer inside a call.
struct Row {
    offered: &'static str,
    lines: &'static [&'static str],
    expected: Expected,
}

const AVP: &str = "m=audio {port} RTP/AVP 0";
const SAVP: &str = "m=audio {port} RTP/SAVP 0";
const KEYED: &str = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:*";

/// In a call whose media is clear.
#[rustfmt::skip]
const CLEAR: &[Row] = &[
    Row { offered: "RTP/SAVP + crypto", lines: &[SAVP, "{crypto}"], expected: Refused(302, "turn SRTP off") },
    Row { offered: "RTP/SAVPF + crypto", lines: &["m=audio {port} RTP/SAVPF 0", "{crypto}"], expected: Refused(302, "turn SRTP off") },
    Row { offered: "RTP/SAVP", lines: &[SAVP], expected: Refused(302, "turn SRTP off") },
    Row { offered: "DTLS", lines: &["m=audio {port} UDP/TLS/RTP/SAVPF 0"], expected: Refused(302, "DTLS-SRTP") },
    Row { offered: "only m=image", lines: &["m=image {port} udptl t38"], expected: Refused(399, "T.38") },
    Row { offered: "m=audio 0 alone", lines: &["m=audio 0 RTP/AVP 0"], expected: Refused(399, "port 0") },
    Row { offered: "no codec of ours", lines: &["m=audio {port} RTP/AVP 18"], expected: Refused(305, "PCMU") },
    Row { offered: "hold", lines: &[AVP, "a=sendonly"], expected: Taken(&["m=audio * RTP/AVP 0", "a=recvonly"]) },
    Row { offered: "resume", lines: &[AVP], expected: Taken(&["m=audio * RTP/AVP 0"]) },
    Row { offered: "another codec, crypto unused", lines: &["m=audio {port} RTP/AVP 8", "{crypto}"],
        expected: Taken(&["m=audio * RTP/AVP 8"]) },
    Row { offered: "fax beside audio", lines: &[AVP, "m=image {port} udptl t38"],
        expected: Taken(&["m=audio * RTP/AVP 0", "m=image 0 udptl t38"]) },
];

/// In a call with SRTP.
#[rustfmt::skip]
const SECURED: &[Row] = &[
    Row { offered: "RTP/AVP", lines: &[AVP], expected: Refused(302, "turn SRTP with SDES keys on") },
    Row { offered: "RTP/AVPF", lines: &["m=audio {port} RTP/AVPF 0"], expected: Refused(302, "turn SRTP with SDES keys on") },
    Row { offered: "RTP/SAVP", lines: &[SAVP], expected: Refused(302, "by SDES") },
    Row { offered: "unusable crypto", lines: &[SAVP, "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAA"],
        expected: Refused(302, "none of its a=crypto lines can be used") },
    Row { offered: "hold without crypto", lines: &[SAVP, "a=sendonly"], expected: Refused(302, "by SDES") },
    Row { offered: "hold by c=0.0.0.0 as RTP/AVP", lines: &[AVP, "c=IN IP4 0.0.0.0"],
        expected: Refused(302, "turn SRTP with SDES keys on") },
    Row { offered: "DTLS", lines: &["m=audio {port} UDP/TLS/RTP/SAVPF 0"], expected: Refused(302, "DTLS-SRTP") },
    Row { offered: "only m=image", lines: &["m=image {port} udptl t38"], expected: Refused(399, "T.38") },
    Row { offered: "m=audio 0 alone", lines: &["m=audio 0 RTP/SAVP 0", "{crypto}"], expected: Refused(399, "port 0") },
    Row { offered: "hold", lines: &[SAVP, "a=inactive", "{crypto}"], expected: Taken(&["m=audio * RTP/SAVP 0", KEYED, "a=inactive"]) },
    Row { offered: "resume", lines: &[SAVP, "{crypto}"], expected: Taken(&["m=audio * RTP/SAVP 0", KEYED]) },
    Row { offered: "another suite", lines: &[SAVP, "a=crypto:9 AEAD_AES_128_GCM inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubA=="],
        expected: Taken(&["m=audio * RTP/SAVP 0", "a=crypto:9 AEAD_AES_128_GCM inline:*"]) },
];

#[tokio::test]
async fn offer_that_would_leave_the_mode_is_488_and_the_session_goes_on_as_it_was() {
    let three = ThreePlans::start();
    let mut said = Said::default();
    for (mode, transport) in CELLS {
        let (first, rows) = match mode {
            Mode::Unsecured | Mode::SipSecured => (media(&[AVP]), CLEAR),
            Mode::Secured => (media(&[SAVP, "{crypto}"]), SECURED),
        };
        let mut gateway = ScriptedGateway::open(three.call(mode, transport)).await;
        for method in ["INVITE", "UPDATE"] {
            let (answered, mut dialog) = call(&mut gateway, &first).await;
            let mut last = (gateway.offer(&first, 1), answered.body());
            for (row, version) in rows.iter().zip(2..) {
                let cell =
                    format!("{method} with {} to {} over {}", row.offered, name_of(mode), word_of(transport));
                let offer = gateway.offer(&media(row.lines), version);
                let answer = ask_within(&mut gateway, &mut dialog, method, &offer).await;

                said.answer(&cell, &answer, row.expected);

                if answer.status == 200 {
                    last = (offer, answer.body());
                }
                // A refresh with the offer that was taken last gets the same octets: nothing has changed.
                let refreshed = ask_within(&mut gateway, &mut dialog, method, &last.0).await;
                assert_eq!(
                    (refreshed.status, refreshed.body()),
                    (200, last.1.clone()),
                    "{cell}: the refresh"
                );
            }
            gateway.hang_up(&mut dialog).await;
        }
    }
    said.each_is_an_event(&three.server);
}

async fn call(gateway: &mut ScriptedGateway, lines: &str) -> (caller::Answer, ScriptedDialog) {
    let invite = gateway.invite(lines);
    gateway.call(&invite).await
}

async fn ask_within(
    gateway: &mut ScriptedGateway,
    dialog: &mut ScriptedDialog,
    method: &'static str,
    offer: &str,
) -> caller::Answer {
    let mut request = dialog.request(method);
    request.body = offer.to_owned();
    gateway.ask(&request).await
}

/// The key that a `200` answers with.
fn key(body: &str) -> String {
    let line = body.lines().find(|line| line.starts_with("a=crypto:")).unwrap();
    line.split_once("inline:").unwrap().1.to_owned()
}

#[tokio::test]
async fn our_key_stays_while_suite_and_mki_stay_and_every_call_has_its_own() {
    let three = ThreePlans::start();
    let mut gateway = ScriptedGateway::open(three.call(Mode::Secured, Transport::Tls)).await;
    let lines = media(&[SAVP, "{crypto}"]);
    let (first, mut dialog) = call(&mut gateway, &lines).await;

    let held = gateway.offer(&media(&[SAVP, "a=sendonly", "{crypto}"]), 2);
    let held = ask_within(&mut gateway, &mut dialog, "INVITE", &held).await;
    let marked = gateway.offer(&lines.replace("CnVubGVz", "CnVubGVz|1:1"), 3);
    let marked = ask_within(&mut gateway, &mut dialog, "INVITE", &marked).await;
    gateway.hang_up(&mut dialog).await;
    let (other, mut dialog) = call(&mut gateway, &lines).await;
    gateway.hang_up(&mut dialog).await;

    assert_eq!(key(&held.body()), key(&first.body()));
    assert_eq!(essence(&marked)[1], "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:*|1:1");
    let marked = key(&marked.body());
    assert_ne!(marked.trim_end_matches("|1:1"), key(&first.body()));
    assert_ne!(key(&other.body()), key(&first.body()));
}

#[tokio::test]
async fn request_of_another_gateway_or_of_the_other_transport_class_is_403_and_the_call_goes_on() {
    let three = ThreePlans::start();
    let other = second_gateway(&three, &[]);
    for (mode, transport) in CELLS {
        let lines = match mode {
            Mode::Unsecured | Mode::SipSecured => media(&[AVP]),
            Mode::Secured => media(&[SAVP, "{crypto}"]),
        };
        let across = match transport {
            Transport::Udp | Transport::Tcp => Transport::Tls,
            Transport::Tls => Transport::Udp,
        };
        let mut gateway = ScriptedGateway::open(three.call(mode, transport)).await;
        let (_, mut dialog) = call(&mut gateway, &lines).await;
        for plan in [three.call(mode, across), other.clone()] {
            let cell =
                format!("{} from {} over {}", word_of(transport), plan.local_ip, word_of(plan.transport));
            let mut elsewhere = ScriptedGateway::open(plan).await;
            // REFER and an unknown Require would be 405 and 420 to the call's own gateway: rule 5 comes behind.
            for (method, require) in [("BYE", None), ("REFER", None), ("UPDATE", Some("Require: telepathy"))]
            {
                let mut request = dialog.request(method);
                request.headers.extend(require.map(str::to_owned));

                let answer = elsewhere.ask(&request).await;

                Said::default().refusal(&format!("{method} {cell}"), &answer, (403, 399, 21));
            }
        }
        gateway.hang_up(&mut dialog).await;
    }
}
