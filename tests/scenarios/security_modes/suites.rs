//! Section 4: which of the offered key lines is answered, and how; what a plan narrows, reorders and prefers.

use caller::{CallPlan, CertificateRequest, TestIdentity, TlsPlan, Transport};
use um_tests::{DOMAIN, Mode, ScriptedDialog, ScriptedGateway, ThreePlans};

use super::{Expected, Refused, Said, Taken, media};

/// A key line of an offer, or several.
struct Row {
    offered: &'static str,
    lines: &'static [&'static str],
    expected: Expected,
}

const SAVP: &str = "m=audio {port} RTP/SAVP 0";
const TAKEN: &str = "m=audio * RTP/SAVP 0";
const AES_128: &str = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";
const AES_128_SHORT: &str =
    "a=crypto:2 AES_CM_128_HMAC_SHA1_32 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";
const AES_256: &str = "a=crypto:3 AES_256_CM_HMAC_SHA1_80 \
    inline:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==";
const GCM_128: &str = "a=crypto:4 AEAD_AES_128_GCM inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubA==";
const GCM_256: &str =
    "a=crypto:5 AEAD_AES_256_GCM inline:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
const CLEAR_SRTCP: &str =
    "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz UNENCRYPTED_SRTCP";

/// A plan as it is made: every suite, the order of the offerer.
#[rustfmt::skip]
const EVERY_SUITE: &[Row] = &[
    Row { offered: "the first line is taken under its tag", lines: &[SAVP, AES_128_SHORT, AES_128, GCM_256],
        expected: Taken(&[TAKEN, "a=crypto:2 AES_CM_128_HMAC_SHA1_32 inline:*"]) },
    Row { offered: "AES 256", lines: &[SAVP, AES_256], expected: Taken(&[TAKEN, "a=crypto:3 AES_256_CM_HMAC_SHA1_80 inline:*"]) },
    Row { offered: "GCM 128", lines: &[SAVP, GCM_128], expected: Taken(&[TAKEN, "a=crypto:4 AEAD_AES_128_GCM inline:*"]) },
    Row { offered: "GCM 256", lines: &[SAVP, GCM_256], expected: Taken(&[TAKEN, "a=crypto:5 AEAD_AES_256_GCM inline:*"]) },
    Row { offered: "the old spelling is answered as offered",
        lines: &[SAVP, "a=crypto:7 AES_CM_256_HMAC_SHA1_80 inline:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"],
        expected: Taken(&[TAKEN, "a=crypto:7 AES_CM_256_HMAC_SHA1_80 inline:*"]) },
    Row { offered: "MKI and lifetime: the MKI is answered",
        lines: &[SAVP, "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20|1:4"],
        expected: Taken(&[TAKEN, "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:*|1:4"]) },
    Row { offered: "MKI without lifetime",
        lines: &[SAVP, "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|17:1"],
        expected: Taken(&[TAKEN, "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:*|17:1"]) },
    Row { offered: "a decimal lifetime, and no MKI is answered",
        lines: &[SAVP, "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|1048576"],
        expected: Taken(&[TAKEN, "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:*"]) },
    Row { offered: "WSH and KDR=0 are accepted",
        lines: &[SAVP, "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz KDR=0 WSH=64"],
        expected: Taken(&[TAKEN, "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:*"]) },
    Row { offered: "missing padding is accepted",
        lines: &[SAVP, "a=crypto:4 AEAD_AES_128_GCM inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubA"],
        expected: Taken(&[TAKEN, "a=crypto:4 AEAD_AES_128_GCM inline:*"]) },
    Row { offered: "a line with a short key is discarded, and it alone",
        lines: &[SAVP, "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAA", GCM_128],
        expected: Taken(&[TAKEN, "a=crypto:4 AEAD_AES_128_GCM inline:*"]) },
    Row { offered: "a line that is no base64 is discarded",
        lines: &[SAVP, "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVub!!!", GCM_128],
        expected: Taken(&[TAKEN, "a=crypto:4 AEAD_AES_128_GCM inline:*"]) },
    Row { offered: "a line with an unknown mandatory parameter is discarded",
        lines: &[SAVP, "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz NEWS=1", GCM_128],
        expected: Taken(&[TAKEN, "a=crypto:4 AEAD_AES_128_GCM inline:*"]) },
    Row { offered: "a line whose lifetime is out of range is discarded",
        lines: &[SAVP, "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^49", GCM_128],
        expected: Taken(&[TAKEN, "a=crypto:4 AEAD_AES_128_GCM inline:*"]) },
    Row { offered: "a line whose tag stands already is discarded",
        lines: &[SAVP, "a=crypto:1 F8_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz", AES_128, GCM_256],
        expected: Taken(&[TAKEN, "a=crypto:5 AEAD_AES_256_GCM inline:*"]) },
    Row { offered: "UNENCRYPTED_SRTP", lines: &[SAVP, "a=crypto:1 AES_CM_128_HMAC_SHA1_80 \
        inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz UNENCRYPTED_SRTP"], expected: Refused(302, "UNENCRYPTED_SRTP") },
    Row { offered: "UNAUTHENTICATED_SRTP", lines: &[SAVP, "a=crypto:1 AES_CM_128_HMAC_SHA1_80 \
        inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz UNAUTHENTICATED_SRTP"], expected: Refused(302, "UNAUTHENTICATED_SRTP") },
    Row { offered: "UNENCRYPTED_SRTCP alone", lines: &[SAVP, CLEAR_SRTCP], expected: Refused(302, "--srtcp-clear allow") },
    Row { offered: "UNENCRYPTED_SRTCP before a line without", lines: &[SAVP, CLEAR_SRTCP, GCM_128],
        expected: Taken(&[TAKEN, "a=crypto:4 AEAD_AES_128_GCM inline:*"]) },
    Row { offered: "an unknown suite", lines: &[SAVP, "a=crypto:1 NULL_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"],
        expected: Refused(302, "the suite NULL_HMAC_SHA1_80 is unknown") },
];

/// A plan that allows `AES_CM_128_HMAC_SHA1_80` before `AEAD_AES_128_GCM`, in the order of the offerer.
#[rustfmt::skip]
const NARROW: &[Row] = &[
    Row { offered: "the first that the plan allows", lines: &[SAVP, AES_128_SHORT, GCM_128, AES_128],
        expected: Taken(&[TAKEN, "a=crypto:4 AEAD_AES_128_GCM inline:*"]) },
    Row { offered: "none that the plan allows", lines: &[SAVP, AES_128_SHORT, GCM_256],
        expected: Refused(302, "the dial plan allows AES_CM_128_HMAC_SHA1_80, AEAD_AES_128_GCM") },
];

/// The same with `--srtp-prefer own`.
#[rustfmt::skip]
const OWN_ORDER: &[Row] = &[
    Row { offered: "the plan's first", lines: &[SAVP, AES_128_SHORT, GCM_128, AES_128],
        expected: Taken(&[TAKEN, "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:*"]) },
    Row { offered: "the plan's second, the first is not offered", lines: &[SAVP, AES_128_SHORT, GCM_128],
        expected: Taken(&[TAKEN, "a=crypto:4 AEAD_AES_128_GCM inline:*"]) },
];

#[tokio::test]
async fn key_line_is_chosen_by_the_order_of_the_offer_and_by_what_the_plan_allows() {
    let three = ThreePlans::start();
    let set = |args: &[&str]| three.server.um_ok(&[&["dialplan", "set", "secured"], args].concat());
    let mut gateway = ScriptedGateway::open(three.call(Mode::Secured, Transport::Tls)).await;
    let mut said = Said::default();

    answers(&mut gateway, EVERY_SUITE, &mut said).await;
    set(&["--srtp-suites", "AES_CM_128_HMAC_SHA1_80,AEAD_AES_128_GCM"]);
    answers(&mut gateway, NARROW, &mut said).await;
    set(&["--srtp-prefer", "own"]);
    answers(&mut gateway, OWN_ORDER, &mut said).await;

    said.each_is_an_event(&three.server);
    let shown = three.server.um_json(&["dialplan", "show", "secured"]);
    let suites = serde_json::json!(["AES_CM_128_HMAC_SHA1_80", "AEAD_AES_128_GCM"]);
    assert_eq!((&shown["srtp_suites"], &shown["srtp_prefer"]), (&suites, &"own".into()));
}

#[tokio::test]
async fn srtcp_in_the_clear_is_taken_where_the_gateway_says_so() {
    let three = ThreePlans::start();
    let mut gateway = ScriptedGateway::open(second_gateway(&three, &["--srtcp-clear", "allow"])).await;
    let expected = Taken(&[TAKEN, "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:* UNENCRYPTED_SRTCP"]);
    let rows = [Row { offered: "UNENCRYPTED_SRTCP", lines: &[SAVP, CLEAR_SRTCP, GCM_128], expected }];

    answers(&mut gateway, &rows, &mut Said::default()).await;
}

/// What is exported holds the plan's suites, and a file without one is refused whole.
#[test]
fn suites_of_a_plan_travel_in_the_file_of_the_site_and_none_is_refused() {
    let three = ThreePlans::start();
    let server = &three.server;
    let before = server.um_ok(&["site", "export"]);
    let every = "srtp_suites = [\"AEAD_AES_256_GCM\", \"AEAD_AES_128_GCM\", \"AES_256_CM_HMAC_SHA1_80\", \
                 \"AES_CM_128_HMAC_SHA1_80\", \"AES_CM_128_HMAC_SHA1_32\"]\nsrtp_prefer = \"offer\"\n";
    assert_eq!(before.matches(every).count(), 3, "{before}");
    let narrow = "srtp_suites = [\"AEAD_AES_128_GCM\"]\nsrtp_prefer = \"own\"\n";

    let none = server.um(&[
        "site",
        "apply",
        &server.file("none.toml", &before.replace(every, "srtp_suites = []\n")),
    ]);
    server.um_ok(&["site", "apply", &server.file("narrow.toml", &before.replace(every, narrow))]);

    assert_eq!(none.code, Some(1), "{none:?}");
    assert!(none.stderr.contains("srtp_suites is an empty list, allowed is at least one of"), "{none:?}");
    let shown = server.um_ok(&["dialplan", "show", "secured"]);
    assert!(shown.contains("AEAD_AES_128_GCM\n") && shown.contains("own\n"), "{shown}");
}

async fn answers(gateway: &mut ScriptedGateway, rows: &[Row], said: &mut Said) {
    for Row { offered, lines, expected } in rows {
        let invite = gateway.invite(&media(lines));

        let answer = gateway.ask(&invite).await;

        said.answer(offered, &answer, *expected);
        if answer.status == 200 {
            gateway.hang_up(&mut ScriptedDialog::of(&invite, &answer)).await;
        }
    }
}

/// A call to the Secured plan from another gateway, `gw2`, which is made with these settings.
pub(super) fn second_gateway(three: &ThreePlans, settings: &[&str]) -> CallPlan {
    let identity = TestIdentity::self_signed(&CertificateRequest::named("gw2.test")).unwrap();
    let pin = three.server.file("gw2.pem", identity.certificate_pem());
    let create =
        ["gateway", "create", "gw2", "--address", "gw2.test", "--dialplan", "secured", "--trust", &pin];
    three.server.um_ok(&[&create, settings].concat());
    let mut plan = three.call(Mode::Secured, Transport::Tls);
    plan.tls = Some(TlsPlan::new(Some(identity), &three.server.certificate(), DOMAIN));
    plan.local_ip = "127.0.0.2".parse().unwrap();
    plan
}
