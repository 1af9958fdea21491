use super::*;

const DOCUMENT: &str = r#"revision = 7

[[dial_plans]]
name = "hq"
extension_digits = 4
uri_type = "tel-extn"
voip_security = "sip-secured"
srtp_suites = ["AES_CM_128_HMAC_SHA1_80", "AEAD_AES_256_GCM"]
srtp_prefer = "own"
max_call_minutes = 30
max_recording_minutes = 20
recording_idle_seconds = 5
input_failures = 3
logon_failures = 3
operator = "4000"
language = "en-US"
time_zone = "UTC"
key_layout = "exchange"

[[gateways]]
name = "gw1"
address = "gw1.example.com"
connect = ["10.0.0.5"]
port = 5060
tls_port = 5061
transport = "auto"
status = "enabled"
out_calls = true
message_waiting = true
mwi_priority = 100
symmetric_rtp = false
media_timeout_seconds = 120
media_while_silent = "sparse"
answer_delay_ms = 300
redirecting = "original"
caller_id = "asserted"
pilot_from = "request-uri"
accept_cn = false
srtcp_clear = "deny"
srtp_answer = "avp"
own_roots_only = false
crl = "soft"
tls_verify = "required"
accept_server_eku = false
trust = []

[[gateways.number_rules]]
from = "+1425555xxxx"
to = "xxxx"

[[hunt_groups]]
name = "gw1 Default Group"
gateway = "gw1"
dial_plan = "hq"

[[hunt_groups]]
name = "voicemail"
gateway = "gw1"
dial_plan = "hq"
pilot = "*xxxx"

[[policies]]
name = "hq Default Policy"
dial_plan = "hq"
min_pin_length = 6
pin_lifetime_days = 60
pin_history = 5
logon_failures_before_reset = 5
max_logon_attempts = 15
allow_common_patterns = false
max_greeting_minutes = 5
allow_message_waiting = true
"#;

#[test]
fn the_toml_of_a_site_is_stable_and_comes_back_the_same() {
    let site: Site = toml::from_str(DOCUMENT).unwrap();

    assert_eq!(toml::to_string(&site).unwrap(), DOCUMENT);
    assert_eq!(site.revision, 7);
    assert_eq!(site.warnings(), []);
}

#[test]
fn json_carries_the_same_site() {
    let site: Site = toml::from_str(DOCUMENT).unwrap();

    let text = serde_json::to_string(&site).unwrap();

    assert_eq!(serde_json::from_str::<Site>(&text).unwrap(), site);
}

#[test]
fn a_short_document_gets_defaults_and_the_default_policy() {
    let site: Site = toml::from_str("[[dial_plans]]\nname = \"hq\"\nextension_digits = 4\n").unwrap();

    assert_eq!(site.default_policy("hq").unwrap().name.as_str(), "hq Default Policy");
    assert_eq!(toml::from_str::<Site>("").unwrap(), Site::empty());
}

#[test]
fn unknown_keys_are_refused_by_name_everywhere() {
    for document in [
        "secret = 1\n",
        "[[dial_plans]]\nname = \"hq\"\nextension_digits = 4\nsecret = 1\n",
        "[[gateways]]\nname = \"g\"\naddress = \"g.example.com\"\nsecret = 1\n",
        "[[gateways]]\nname = \"g\"\naddress = \"g.example.com\"\nnumber_rules = [{ from = \"1\", to = \"2\", secret = 1 }]\n",
        "[[hunt_groups]]\nname = \"h\"\ngateway = \"g\"\ndial_plan = \"hq\"\nsecret = 1\n",
        "[[policies]]\nname = \"p\"\ndial_plan = \"hq\"\nsecret = 1\n",
    ] {
        let error = toml::from_str::<Site>(document).unwrap_err().to_string();

        assert!(error.contains("secret"), "{error}");
    }
}

#[test]
fn an_invalid_document_is_refused_with_the_rule() {
    let dangling = "[[hunt_groups]]\nname = \"h\"\ngateway = \"gw9\"\ndial_plan = \"hq\"\n";
    let twice = "[[dial_plans]]\nname = \"hq\"\nextension_digits = 4\n[[dial_plans]]\nname = \"hq\"\nextension_digits = 4\n";
    let bad_rule = "[[gateways]]\nname = \"g\"\naddress = \"g.example.com\"\nnumber_rules = [{ from = \"1\", to = \"x\" }]\n";
    let message = |document| toml::from_str::<Site>(document).unwrap_err().to_string();

    assert!(message(dangling).contains("hunt group `h` names gateway `gw9`, which does not exist"));
    assert!(message(twice).contains("there is a dial plan `hq` already"));
    assert!(message(bad_rule).contains("gateway `g`: `x` has 1 x but `1` only 0"));
}

#[test]
fn gateways_are_found_by_any_address_they_are_reached_at() {
    let site: Site = toml::from_str(DOCUMENT).unwrap();

    assert_eq!(site.gateways_at("::ffff:10.0.0.5".parse().unwrap()).count(), 1);
    assert_eq!(site.gateways_at("10.0.0.6".parse().unwrap()).count(), 0);
}

#[test]
fn the_plans_of_a_gateway_are_those_its_hunt_groups_lead_to() {
    let site: Site = toml::from_str(DOCUMENT).unwrap();

    let plans: Vec<&str> = site.dial_plans_of("gw1").map(|plan| plan.name.as_str()).collect();

    assert_eq!(plans, ["hq", "hq"]);
}
