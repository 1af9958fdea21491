use std::collections::BTreeMap;

use um_tests::{Server, um_alone};

use crate::page::repository;

/// Every file of config/: each is loaded by a test here, `um.toml` by those of media-server's configuration too.
/// The dashboard and the alert rules are held against the metrics by media-server.
const SAMPLES: [&str; 7] = [
    "alert-rules.yml",
    "grafana-dashboard.json",
    "site-secured.toml",
    "site-sip-secured.toml",
    "site-unsecured.toml",
    "um.service",
    "um.toml",
];

fn path(sample: &str) -> String {
    repository().join("config").join(sample).to_str().unwrap().to_owned()
}

#[test]
fn every_file_of_the_samples_is_known_here() {
    let files = std::fs::read_dir(repository().join("config")).unwrap();
    let mut names: Vec<String> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();

    assert_eq!(names, SAMPLES);
}

/// Puts the sample site into an empty server and gives what it then is.
fn applied(sample: &str) -> serde_json::Value {
    let server = Server::start();

    let applied = server.um(&["site", "apply", &path(sample)]);

    assert_eq!(applied.code, Some(0), "{applied:?}");
    server.um_json(&["site", "export"])
}

#[test]
fn secured_sample_site_is_taken() {
    let site = applied("site-secured.toml");

    assert_eq!(site["dial_plans"][0]["voip_security"], "secured");
    let suites = ["AEAD_AES_256_GCM", "AES_CM_128_HMAC_SHA1_80"];
    assert_eq!(site["dial_plans"][0]["srtp_suites"], serde_json::json!(suites));
    assert_eq!(site["gateways"][0]["address"], "pbx.example.com");
}

#[test]
fn sip_secured_sample_site_is_taken() {
    let site = applied("site-sip-secured.toml");

    assert_eq!(site["dial_plans"][0]["voip_security"], "sip-secured");
    assert_eq!(site["gateways"][0]["address"], "gw.branch.example.com");
}

#[test]
fn unsecured_sample_site_is_taken_and_its_number_rule_works() {
    let server = Server::start();

    server.um_ok(&["site", "apply", &path("site-unsecured.toml")]);
    server.um_ok(&["mailbox", "enable", "4001", "--dialplan", "lab", "--name", "Ada Example"]);
    let route = server.um_ok(&["test", "route", "--gateway", "lab-gw", "--to", "+14255554001"]);

    assert!(route.lines().last().unwrap().starts_with("taken: mailbox 4001@lab"), "{route}");
}

#[test]
fn settings_of_the_sample_are_read_and_a_wrong_key_is_told_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let (settings, data) = (folder.path().join("um.toml"), folder.path().join("data"));
    let sample = std::fs::read_to_string(path("um.toml")).unwrap();
    std::fs::write(&settings, sample.replace("port = 5060", "prot = 5060")).unwrap();
    let place =
        |settings: &str| um_alone(&["status", "--config", settings, "--data-dir", data.to_str().unwrap()]);

    let right = place(&path("um.toml"));
    let wrong = place(settings.to_str().unwrap());

    assert_eq!(right.code, Some(2), "{right:?}");
    assert!(right.stderr.starts_with("error: no server answers at "), "{right:?}");
    assert_eq!(wrong.code, Some(2), "{wrong:?}");
    let line = sample.lines().position(|line| line == "port = 5060").unwrap() + 1;
    assert!(wrong.stderr.contains(&format!("um.toml:{line}: unknown field `prot`")), "{wrong:?}");
}

#[test]
fn service_unit_starts_a_command_that_um_has_and_waits_for_its_readiness() {
    let unit = std::fs::read_to_string(path("um.service")).unwrap();
    let settings: BTreeMap<&str, &str> =
        unit.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('=')).collect();
    let sections: Vec<&str> = unit.lines().filter(|line| line.starts_with('[')).collect();

    let words: Vec<&str> = settings["ExecStart"].split(' ').collect();
    // The words are parsed before `--help` is printed: an unknown one ends with 2.
    let parsed = um_alone(&[&words[1..], &["--help"]].concat());

    assert_eq!(sections, ["[Unit]", "[Service]", "[Install]"]);
    assert!(words[0].ends_with("/um"), "{words:?}");
    assert_eq!(words[1], "serve");
    assert_eq!(parsed.code, Some(0), "{parsed:?}");
    assert_eq!(settings["Type"], "notify");
    assert_eq!(settings["RestartPreventExitStatus"], "2");
    assert_eq!(settings["StateDirectory"], "um");
}

#[test]
fn image_is_built_by_the_shipped_script_and_runs_without_rights_what_um_understands() {
    let text = std::fs::read_to_string(repository().join("Dockerfile")).unwrap();
    let lines: Vec<(&str, &str)> =
        text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(' ')).collect();
    let of = |word: &str| -> Vec<&str> {
        lines.iter().filter(|(first, _)| *first == word).map(|(_, rest)| *rest).collect()
    };
    let toolchain = std::fs::read_to_string(repository().join("rust-toolchain.toml")).unwrap();
    let words = |line: &str| -> Vec<String> { serde_json::from_str(line).unwrap() };

    let served = words(of("CMD")[0]);
    let healthy = words(of("HEALTHCHECK")[0].split_once("CMD ").unwrap().1);
    let parsed = |words: &[String]| {
        let words: Vec<&str> = words.iter().map(String::as_str).chain(["--help"]).collect();
        um_alone(&words).code
    };

    assert_eq!(of("FROM"), ["rust:1.95-bookworm AS build", "debian:bookworm-slim"]);
    assert!(toolchain.contains("channel = \"1.95."), "{toolchain}");
    assert_eq!(of("USER"), ["um"]);
    assert_eq!(of("RUN")[0], "scripts/build-dist.sh /out");
    assert!(repository().join("scripts/build-dist.sh").is_file());
    assert_eq!((parsed(&served), &*healthy[0], parsed(&healthy[1..])), (Some(0), "um", Some(0)));
    assert_eq!(of("ENV"), ["UM_DATA_DIR=/var/lib/um"]);
    assert!(text.contains("--network host"));
}
