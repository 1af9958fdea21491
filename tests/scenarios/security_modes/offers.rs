//! Section 3: media of the offer against the plan's mode, every row for every mode over each of its transports.

use um_tests::{Mode, ScriptedGateway, ThreePlans};

use super::{CELLS, Expected, Refused, Said, Taken, media, name_of, word_of};
use crate::security_modes::suites::second_gateway;

/// A row of the table.
struct Row {
    offered: &'static str,
    lines: &'static [&'static str],
    /// What plans say that are Unsecured or SIPSecured.
    clear: Expected,
    /// What plans say that are Secured.
    secured: Expected,
}

const NO_SRTP: Expected = Refused(302, "turn SRTP off");
const WANTS_SRTP: Expected = Refused(302, "turn SRTP with SDES keys on");
const NO_KEYS: Expected = Refused(302, "by SDES");
const BAD_KEYS: Expected =
    Refused(302, "none of its a=crypto lines can be used (line 1: the key has 3 octets");
const DTLS: Expected = Refused(302, "DTLS-SRTP");
const CAPABILITIES: Expected = Refused(302, "capability negotiation, RFC 5939: turn that off on the gateway");

const AVP: &str = "m=audio {port} RTP/AVP 0";
const SAVP: &str = "m=audio {port} RTP/SAVP 0";
const KEYED: &str = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:*";
const BAD_KEY: &str = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAA";
const SCALE: &str =
    "a=cryptoscale:1 client AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^31|1:1";

#[rustfmt::skip]
const TABLE: &[Row] = &[
    Row { offered: "RTP/AVP", lines: &[AVP], clear: Taken(&["m=audio * RTP/AVP 0"]), secured: WANTS_SRTP },
    Row { offered: "RTP/AVP + crypto", lines: &[AVP, "{crypto}"],
        clear: Taken(&["m=audio * RTP/AVP 0"]), secured: Taken(&["m=audio * RTP/AVP 0", KEYED]) },
    Row { offered: "RTP/AVP + crypto + a=encryption", lines: &[AVP, "a=encryption:optional", "{crypto}"],
        clear: Taken(&["m=audio * RTP/AVP 0"]), secured: Taken(&["m=audio * RTP/SAVP 0", KEYED]) },
    Row { offered: "RTP/AVP + crypto + a=cryptoscale", lines: &[AVP, "{crypto}", SCALE],
        clear: Taken(&["m=audio * RTP/AVP 0"]), secured: Taken(&["m=audio * RTP/SAVP 0", KEYED]) },
    Row { offered: "RTP/AVP + a=encryption without crypto", lines: &[AVP, "a=encryption:required"],
        clear: Taken(&["m=audio * RTP/AVP 0"]), secured: WANTS_SRTP },
    Row { offered: "RTP/AVP + unusable crypto", lines: &[AVP, BAD_KEY],
        clear: Taken(&["m=audio * RTP/AVP 0"]), secured: BAD_KEYS },
    Row { offered: "RTP/AVPF", lines: &["m=audio {port} RTP/AVPF 8"],
        clear: Taken(&["m=audio * RTP/AVPF 8"]), secured: WANTS_SRTP },
    Row { offered: "RTP/AVPF + crypto", lines: &["m=audio {port} RTP/AVPF 8", "{crypto}"],
        clear: Taken(&["m=audio * RTP/AVPF 8"]), secured: Taken(&["m=audio * RTP/AVPF 8", KEYED]) },
    Row { offered: "RTP/SAVP + crypto", lines: &[SAVP, "{crypto}"],
        clear: NO_SRTP, secured: Taken(&["m=audio * RTP/SAVP 0", KEYED]) },
    Row { offered: "RTP/SAVPF + crypto", lines: &["m=audio {port} RTP/SAVPF 0", "{crypto}"],
        clear: NO_SRTP, secured: Taken(&["m=audio * RTP/SAVPF 0", KEYED]) },
    Row { offered: "RTP/SAVP", lines: &[SAVP], clear: NO_SRTP, secured: NO_KEYS },
    Row { offered: "RTP/SAVPF", lines: &["m=audio {port} RTP/SAVPF 0"], clear: NO_SRTP, secured: NO_KEYS },
    Row { offered: "RTP/SAVP + unusable crypto", lines: &[SAVP, BAD_KEY], clear: NO_SRTP, secured: BAD_KEYS },
    Row { offered: "RTP/SAVPF + unusable crypto", lines: &["m=audio {port} RTP/SAVPF 0", BAD_KEY],
        clear: NO_SRTP, secured: BAD_KEYS },
    Row { offered: "UDP/TLS/RTP/SAVP", lines: &["m=audio {port} UDP/TLS/RTP/SAVP 0", "a=setup:actpass"],
        clear: DTLS, secured: DTLS },
    Row { offered: "UDP/TLS/RTP/SAVPF", lines: &["m=audio {port} UDP/TLS/RTP/SAVPF 0", "a=setup:actpass"],
        clear: DTLS, secured: DTLS },
    Row { offered: "UDP/TLS/RTP/SAVP + crypto", lines: &["m=audio {port} UDP/TLS/RTP/SAVP 0", "{crypto}"],
        clear: DTLS, secured: DTLS },
    Row { offered: "several, both acceptable", lines: &["m=audio {port} RTP/AVP 8", "{crypto}", AVP, "{crypto}"],
        clear: Taken(&["m=audio * RTP/AVP 8", "m=audio 0 RTP/AVP 0"]),
        secured: Taken(&["m=audio * RTP/AVP 8", KEYED, "m=audio 0 RTP/AVP 0"]) },
    Row { offered: "several, SAVP before AVP + crypto", lines: &["m=audio {port} RTP/SAVP 8", "{crypto}", AVP, "{crypto}"],
        clear: Taken(&["m=audio 0 RTP/SAVP 8", "m=audio * RTP/AVP 0"]),
        secured: Taken(&["m=audio * RTP/SAVP 8", KEYED, "m=audio 0 RTP/AVP 0"]) },
    Row { offered: "several, AVP + crypto before SAVP", lines: &[AVP, "{crypto}", "m=audio {port} RTP/SAVP 8", "{crypto}"],
        clear: Taken(&["m=audio * RTP/AVP 0", "m=audio 0 RTP/SAVP 8"]),
        secured: Taken(&["m=audio 0 RTP/AVP 0", "m=audio * RTP/SAVP 8", KEYED]) },
    Row { offered: "several, AVPF + crypto before SAVPF",
        lines: &["m=audio {port} RTP/AVPF 0", "{crypto}", "m=audio {port} RTP/SAVPF 8", "{crypto}"],
        clear: Taken(&["m=audio * RTP/AVPF 0", "m=audio 0 RTP/SAVPF 8"]),
        secured: Taken(&["m=audio 0 RTP/AVPF 0", "m=audio * RTP/SAVPF 8", KEYED]) },
    Row { offered: "several, SAVP without keys before AVP + crypto", lines: &["m=audio {port} RTP/SAVP 8", AVP, "{crypto}"],
        clear: Taken(&["m=audio 0 RTP/SAVP 8", "m=audio * RTP/AVP 0"]),
        secured: Taken(&["m=audio 0 RTP/SAVP 8", "m=audio * RTP/AVP 0", KEYED]) },
    Row { offered: "several, the second of another address family",
        lines: &[AVP, "{crypto}", "m=audio {port} RTP/AVP 8", "c=IN IP6 2001:db8::1", "{crypto}"],
        clear: Taken(&["m=audio * RTP/AVP 0", "m=audio 0 RTP/AVP 8"]),
        secured: Taken(&["m=audio * RTP/AVP 0", KEYED, "m=audio 0 RTP/AVP 8"]) },
    Row { offered: "capabilities beside RTP/AVP",
        lines: &[AVP, "a=tcap:1 RTP/SAVP", "a=acap:1 crypto:1 X inline:x", "a=pcfg:1 t=1 a=1"],
        clear: Taken(&["m=audio * RTP/AVP 0"]), secured: CAPABILITIES },
    Row { offered: "capabilities beside RTP/AVP + crypto", lines: &[AVP, "{crypto}", "a=tcap:1 RTP/SAVP", "a=pcfg:1 t=1"],
        clear: Taken(&["m=audio * RTP/AVP 0"]), secured: Taken(&["m=audio * RTP/AVP 0", KEYED]) },
    Row { offered: "capabilities beside RTP/SAVP", lines: &[SAVP, "a=tcap:1 RTP/AVP", "a=pcfg:1 t=1"],
        clear: CAPABILITIES, secured: CAPABILITIES },
    Row { offered: "capabilities beside RTP/SAVP + crypto", lines: &[SAVP, "{crypto}", "a=tcap:1 RTP/AVP", "a=pcfg:1 t=1"],
        clear: CAPABILITIES, secured: Taken(&["m=audio * RTP/SAVP 0", KEYED]) },
    Row { offered: "only m=image", lines: &["m=image {port} udptl t38"],
        clear: Refused(399, "T.38"), secured: Refused(399, "T.38") },
    Row { offered: "other media beside audio",
        lines: &["m=video {port} RTP/AVP 96 97", AVP, "{crypto}", "m=image {port} udptl t38", "m=application 9 TCP/BFCP *"],
        clear: Taken(&["m=video 0 RTP/AVP 96 97", "m=audio * RTP/AVP 0", "m=image 0 udptl t38", "m=application 0 TCP/BFCP *"]),
        secured: Taken(&["m=video 0 RTP/AVP 96 97", "m=audio * RTP/AVP 0", KEYED, "m=image 0 udptl t38",
            "m=application 0 TCP/BFCP *"]) },
    Row { offered: "m=audio 0 alone", lines: &["m=audio 0 RTP/AVP 0", "{crypto}"],
        clear: Refused(399, "port 0"), secured: Refused(399, "port 0") },
    Row { offered: "m=audio 0 before a live one", lines: &["m=audio 0 RTP/AVP 8", AVP, "{crypto}"],
        clear: Taken(&["m=audio 0 RTP/AVP 8", "m=audio * RTP/AVP 0"]),
        secured: Taken(&["m=audio 0 RTP/AVP 8", "m=audio * RTP/AVP 0", KEYED]) },
    Row { offered: "hold by c=0.0.0.0", lines: &[AVP, "c=IN IP4 0.0.0.0"],
        clear: Taken(&["m=audio * RTP/AVP 0", "a=recvonly"]), secured: WANTS_SRTP },
    Row { offered: "hold by sendonly", lines: &[AVP, "a=sendonly"],
        clear: Taken(&["m=audio * RTP/AVP 0", "a=recvonly"]), secured: WANTS_SRTP },
    Row { offered: "hold by inactive", lines: &[AVP, "a=inactive"],
        clear: Taken(&["m=audio * RTP/AVP 0", "a=inactive"]), secured: WANTS_SRTP },
    Row { offered: "hold by c=0.0.0.0 + crypto", lines: &[AVP, "c=IN IP4 0.0.0.0", "{crypto}"],
        clear: Taken(&["m=audio * RTP/AVP 0", "a=recvonly"]),
        secured: Taken(&["m=audio * RTP/AVP 0", KEYED, "a=recvonly"]) },
    Row { offered: "hold by sendonly in SAVP + crypto", lines: &[SAVP, "a=sendonly", "{crypto}"],
        clear: NO_SRTP, secured: Taken(&["m=audio * RTP/SAVP 0", KEYED, "a=recvonly"]) },
    Row { offered: "hold by inactive in SAVP + crypto", lines: &[SAVP, "a=inactive", "{crypto}"],
        clear: NO_SRTP, secured: Taken(&["m=audio * RTP/SAVP 0", KEYED, "a=inactive"]) },
    Row { offered: "hold in SAVP without crypto", lines: &[SAVP, "a=sendonly"], clear: NO_SRTP, secured: NO_KEYS },
    Row { offered: "no codec of ours", lines: &["m=audio {port} RTP/AVP 18", "a=rtpmap:18 G729/8000", "{crypto}"],
        clear: Refused(305, "PCMU"), secured: Refused(305, "PCMU") },
    Row { offered: "comfort noise and digits with numbers of the offer",
        lines: &["m=audio {port} RTP/AVP 8 13 97", "a=rtpmap:97 telephone-event/8000", "{crypto}"],
        clear: Taken(&["m=audio * RTP/AVP 8 13 97"]), secured: Taken(&["m=audio * RTP/AVP 8 13 97", KEYED]) },
];

#[tokio::test]
async fn offer_is_held_against_the_mode_row_by_row_over_each_transport() {
    let three = ThreePlans::start();
    let mut said = Said::default();
    for (mode, transport) in CELLS {
        let mut gateway = ScriptedGateway::open(three.call(mode, transport)).await;
        for row in TABLE {
            let cell = format!("{} to {} over {}", row.offered, name_of(mode), word_of(transport));
            let expected = match mode {
                Mode::Unsecured | Mode::SipSecured => row.clear,
                Mode::Secured => row.secured,
            };
            hold_against(&mut gateway, &cell, row.lines, expected, &mut said).await;
        }
    }
    said.each_is_an_event(&three.server);
}

/// The gateway says `--srtp-answer savp`: that is about RTP/AVP with crypto, and nothing else.
#[tokio::test]
async fn gateway_that_wants_savp_gets_it_for_avp_with_crypto_alone() {
    let three = ThreePlans::start();
    let plan = second_gateway(&three, &["--srtp-answer", "savp"]);
    let mut gateway = ScriptedGateway::open(plan).await;
    let mut said = Said::default();
    for (lines, expected) in [
        (&[AVP, "{crypto}"] as &[&str], Taken(&["m=audio * RTP/SAVP 0", KEYED])),
        (&["m=audio {port} RTP/AVPF 0", "{crypto}"], Taken(&["m=audio * RTP/AVPF 0", KEYED])),
        (&[SAVP, "{crypto}"], Taken(&["m=audio * RTP/SAVP 0", KEYED])),
        (&[AVP], WANTS_SRTP),
    ] {
        hold_against(&mut gateway, lines[0], lines, expected, &mut said).await;
    }
    said.each_is_an_event(&three.server);
}

/// Places the call of one cell and ends it.
async fn hold_against(
    gateway: &mut ScriptedGateway,
    cell: &str,
    lines: &[&str],
    expected: Expected,
    said: &mut Said,
) {
    let invite = gateway.invite(&media(lines));

    let answer = gateway.ask(&invite).await;

    said.answer(cell, &answer, expected);
    if answer.status == 200 {
        gateway.hang_up(&mut um_tests::ScriptedDialog::of(&invite, &answer)).await;
    }
}
