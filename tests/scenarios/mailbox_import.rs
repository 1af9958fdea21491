//! Ten thousand mailboxes from a file.

use std::time::{Duration, Instant};

use serde_json::Value;
use um_tests::Server;

/// The bound that the product promises for this many.
const BOUND: Duration = Duration::from_secs(10);
const ROWS: usize = 10_000;

/// Extensions 10000 to 19999, every tenth with an e-mail address and two numbers.
fn lines() -> Vec<String> {
    let row = |place: usize| {
        let extension = 10_000 + place;
        match place % 10 {
            0 => format!(
                "{extension},\"Example, Ada {place}\",ada{place}@example.com,+1425555{extension};88{extension}"
            ),
            _ => format!("{extension},Grace Example {place},,"),
        }
    };
    (0..ROWS).map(row).collect()
}

fn file(server: &Server, name: &str, lines: &[String]) -> String {
    server.file(name, &format!("extension,name,email,numbers\n{}\n", lines.join("\n")))
}

fn listed(server: &Server) -> Vec<Value> {
    let Value::Array(rows) = server.um_json(&["mailbox", "list"]) else { panic!("no array") };
    rows
}

#[test]
fn ten_thousand_mailboxes_are_imported_whole_within_ten_seconds_or_not_at_all_with_errors_by_line() {
    let server = Server::start();
    server.um_ok(&["dialplan", "create", "hq", "--extension-digits", "5"]);
    let good = lines();
    let mut bad = good.clone();
    // Lines of the file begin with the names of the columns.
    bad[17 - 2] = "1001,Too Short,,".to_owned();
    bad[5002 - 2] = bad[4002 - 2].clone();
    bad[10_001 - 2] = "19999,,,".to_owned();
    let (good, bad) = (file(&server, "good.csv", &good), file(&server, "bad.csv", &bad));

    let refused = server.um(&["mailbox", "import", &bad, "--dialplan", "hq"]);

    assert_eq!(refused.code, Some(1), "{refused:?}");
    for line in ["line 17: ", "line 5002: ", "line 10001: "] {
        assert!(refused.stderr.contains(line), "{line} is missing:\n{}", refused.stderr);
    }
    assert_eq!(refused.stderr.matches("line ").count(), 3, "{}", refused.stderr);
    assert_eq!(refused.stdout, "", "a PIN of a mailbox that was not made");
    assert_eq!(listed(&server), Vec::<Value>::new());

    server.um_ok(&["mailbox", "import", &good, "--dialplan", "hq", "--dry-run"]);
    assert_eq!(listed(&server), Vec::<Value>::new());

    let began = Instant::now();
    let pins = server.um_ok(&["mailbox", "import", &good, "--dialplan", "hq"]);
    let took = began.elapsed();

    assert!(took < BOUND, "the import took {took:?}");
    assert_eq!(pins.lines().count(), 1 + ROWS);
    assert!(pins.starts_with("mailbox,pin\n10000@hq,"), "{}", pins.lines().take(2).collect::<String>());
    let rows = listed(&server);
    assert_eq!(rows.len(), ROWS);
    let ada = rows.iter().find(|row| row["extension"] == "19990").unwrap();
    assert_eq!(ada["name"], "Example, Ada 9990");
    assert_eq!(ada["email"], "ada9990@example.com");
    assert_eq!(ada["numbers"], serde_json::json!(["+142555519990", "8819990"]));
    let grace = rows.iter().find(|row| row["extension"] == "19999").unwrap();
    assert_eq!((&grace["name"], &grace["dial_plan"]), (&"Grace Example 9999".into(), &"hq".into()));
    assert_eq!((&grace["email"], &grace["numbers"]), (&Value::Null, &serde_json::json!([])));

    let again = server.um(&["mailbox", "import", &good, "--dialplan", "hq"]);

    assert_eq!(again.code, Some(1), "{again:?}");
    assert!(again.stderr.contains("line 2: "), "{}", again.stderr);
    assert_eq!(listed(&server).len(), ROWS);
}
