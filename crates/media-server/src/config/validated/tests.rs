use super::*;

fn load(text: &str) -> Result<ServerConfig, ConfigError> {
    ServerConfig::from_text(text, Path::new("um.toml"), &Overrides::default())
}

fn mistake(text: &str) -> String {
    load(text).unwrap_err().to_string()
}

#[test]
fn empty_file_gives_the_documented_defaults() {
    let config = load("").unwrap();

    assert_eq!(config.data_dir, Path::new("/var/lib/um"));
    assert_eq!(config.admin.socket, Path::new("/var/lib/um/um.sock"));
    assert_eq!((config.sip.port, config.sip.tls_port, config.sip.udp), (5060, 5061, true));
    assert_eq!(config.sip.startup_mode, StartupMode::Dual);
    assert_eq!(config.sip.probe_interval, Duration::from_secs(60));
    assert_eq!(config.sip.listen, ["0.0.0.0".parse::<IpAddr>().unwrap(), "::".parse().unwrap()]);
    assert_eq!(config.media.ports, PortRange::Between { first: 20_000, last: 29_999 });
    assert_eq!(config.media.address, MediaAddress::Auto);
    assert_eq!(config.media.io, MediaIo::Auto);
    assert_eq!(config.shutdown.drain, Duration::from_secs(30));
    assert_eq!(config.log, LogConfig { filter: "info".to_owned(), format: LogFormat::Text });
}

#[test]
fn sample_file_of_the_repository_loads_to_the_defaults() {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/um.toml");

    let config = ServerConfig::load(Some(&sample), &Overrides::default()).unwrap();

    let mut defaults = load("").unwrap();
    defaults.file = Some(sample);
    assert_eq!(config, defaults);
}

#[test]
fn every_key_of_the_sample_is_accepted_when_its_comment_sign_is_removed() {
    let sample = include_str!("../../../../../config/um.toml");
    let spoken: String = sample
        .lines()
        .map(|line| match line.strip_prefix("#") {
            Some(rest) if rest.starts_with(|c: char| c.is_ascii_lowercase()) && rest.contains(" = ") => rest,
            _ => line,
        })
        .flat_map(|line| [line, "\n"])
        .collect();

    let config = load(&spoken).unwrap();

    assert_eq!(config.sip.domain, "um.example.com");
    assert_eq!(config.sip.contact_host.as_deref(), Some("192.0.2.10"));
    assert_eq!(config.media.advertise, Some("203.0.113.10".parse().unwrap()));
    assert_eq!(config.dns.hosts["gw1.example.com"], "127.0.0.1".parse::<IpAddr>().unwrap());
    assert_eq!(config.admin.socket, Path::new("/run/um/um.sock"));
}

#[test]
fn probe_interval_is_a_time_of_at_most_a_day_and_zero_turns_probes_off() {
    let interval = |word: &str| {
        load(&format!("[sip]\nprobe_interval = \"{word}\"\n")).map(|config| config.sip.probe_interval)
    };

    assert_eq!(interval("0s").unwrap(), Duration::ZERO);
    assert_eq!(interval("24h").unwrap(), Duration::from_secs(86_400));
    for word in ["25h", "often", "-1s", "60"] {
        let words = interval(word).unwrap_err().to_string();
        assert!(words.starts_with("um.toml:2: "), "{words}");
        assert!(words.contains("sip.probe_interval") && words.contains("\"0s\" sends no probes"), "{words}");
    }
}

#[test]
fn unknown_key_is_named_with_its_line_and_the_keys_that_exist() {
    let words = mistake("[sip]\nport = 5060\nprot = 5070\n");

    assert!(words.starts_with("um.toml:3: unknown field `prot`, expected one of"), "{words}");
    assert!(words.contains("`tls_port`"), "{words}");
}

#[test]
fn value_of_the_wrong_kind_is_told_with_its_line() {
    let words = mistake("[sip]\nport = \"many\"\n");

    assert_eq!(words, "um.toml:2: invalid type: string \"many\", expected u16");
}

#[test]
fn port_above_65535_is_refused_with_its_line() {
    let words = mistake("\n[sip]\ntls_port = 70000\n");

    assert!(words.starts_with("um.toml:3: "), "{words}");
    assert!(words.contains("70000"), "{words}");
}

#[test]
fn startup_mode_names_what_is_allowed() {
    assert_eq!(
        mistake("[sip]\nstartup_mode = \"tsl\"\n"),
        "um.toml:2: sip.startup_mode = \"tsl\" is not possible: allowed are \"dual\", \"tls\" and \"tcp\""
    );
}

#[test]
fn port_range_with_an_odd_start_says_why() {
    assert_eq!(
        mistake("[media]\nports = \"20001-20100\"\n"),
        "um.toml:2: media.ports = \"20001-20100\" is not possible: the first port must be even: \
         RTP takes the even one of each pair (RFC 3550 11)"
    );
}

#[test]
fn wildcard_is_no_address_for_sdp() {
    assert!(
        mistake("[media]\naddress = \"0.0.0.0\"\n").contains("media.address = \"0.0.0.0\" is not possible")
    );
    assert!(mistake("[media]\nadvertise = \"::\"\n").contains("media.advertise = \"::\" is not possible"));
}

#[test]
fn media_io_is_one_of_three_words() {
    let io = |word: &str| load(&format!("[media]\nio = \"{word}\"\n")).unwrap().media.io;

    assert_eq!([io("auto"), io("io_uring"), io("epoll")], [MediaIo::Auto, MediaIo::IoUring, MediaIo::Epoll]);
    assert_eq!(
        mistake("[media]\nio = \"uring\"\n"),
        "um.toml:2: media.io = \"uring\" is not possible: allowed are \"auto\", \"io_uring\" and \"epoll\""
    );
}

#[test]
fn listen_takes_bracketed_addresses_and_refuses_names_and_repetition() {
    let config = load("[sip]\nlisten = [\"127.0.0.1\", \"[::1]\"]\n").unwrap();

    assert_eq!(config.sip.listen, ["127.0.0.1".parse::<IpAddr>().unwrap(), "::1".parse().unwrap()]);
    assert!(
        mistake("[sip]\nlisten = [\n\"127.0.0.1\",\n\"eth0\"]\n")
            .starts_with("um.toml:4: sip.listen = \"eth0\"")
    );
    assert!(mistake("[sip]\nlisten = [\"::1\", \"[::1]\"]\n").contains("each once"));
    assert!(mistake("[sip]\nlisten = []\n").contains("name at least one address"));
}

#[test]
fn drain_reads_units_and_refuses_more_than_an_hour() {
    assert_eq!(load("[server]\ndrain = \"2m\"\n").unwrap().shutdown.drain, Duration::from_secs(120));
    assert_eq!(load("[server]\ndrain = \"0s\"\n").unwrap().shutdown.drain, Duration::ZERO);
    assert!(mistake("[server]\ndrain = \"2h\"\n").contains("at most one hour"));
    assert!(mistake("[server]\ndrain = \"soon\"\n").contains("at most one hour"));
}

#[test]
fn log_level_that_is_a_typing_mistake_is_refused() {
    assert!(mistake("[log]\nlevel = \"inof\"\n").contains("allowed are error, warn, info"));
    assert_eq!(
        load("[log]\nlevel = \"info,media_server=debug\"\n").unwrap().log.filter,
        "info,media_server=debug"
    );
}

#[test]
fn command_line_wins_over_the_file_and_the_socket_follows_the_data_folder() {
    let text = "data_dir = \"/srv/um\"\n";
    let overrides = Overrides { data_dir: Some("/tmp/elsewhere".into()), socket: None };

    let config = ServerConfig::from_text(text, Path::new("um.toml"), &overrides).unwrap();

    assert_eq!(config.data_dir, Path::new("/tmp/elsewhere"));
    assert_eq!(config.admin.socket, Path::new("/tmp/elsewhere/um.sock"));
    assert_eq!(load(text).unwrap().admin.socket, Path::new("/srv/um/um.sock"));
}

#[test]
fn missing_file_is_told_by_its_path() {
    let error =
        ServerConfig::load(Some(Path::new("/nonexistent/um.toml")), &Overrides::default()).unwrap_err();

    assert_eq!(error.to_string(), "the configuration file /nonexistent/um.toml cannot be read");
}

#[test]
fn one_port_for_clear_sip_and_tls_is_refused_where_both_would_open() {
    assert_eq!(
        mistake("[sip]\nport = 5061\n"),
        "um.toml:2: sip.port = 5061 is not possible: sip.port and sip.tls_port must differ, clear SIP and TLS \
         cannot share a port"
    );
    assert!(mistake("[sip]\nport = 7000\ntls_port = 7000\n").starts_with("um.toml:3: sip.tls_port = 7000"));
    assert!(load("[sip]\nport = 7000\ntls_port = 7000\nstartup_mode = \"tls\"\n").is_ok());
    assert!(load("[sip]\nport = 0\ntls_port = 0\n").is_ok());
}

#[test]
fn certificate_key_is_rsa_unless_p_256_is_asked_for() {
    assert_eq!(load("").unwrap().sip.certificate_key, KeyKind::Rsa2048);
    assert_eq!(load("[sip]\ncertificate_key = \"p-256\"\n").unwrap().sip.certificate_key, KeyKind::P256);
    assert_eq!(
        mistake("[sip]\ncertificate_key = \"ed25519\"\n"),
        "um.toml:2: sip.certificate_key = \"ed25519\" is not possible: allowed are \"rsa-2048\", \"rsa-3072\", \
         \"p-256\" and \"p-384\""
    );
}
