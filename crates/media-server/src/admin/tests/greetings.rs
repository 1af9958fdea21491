//! Greetings, options, deleted messages, missed calls: as an administrator sees and changes them.
use mailbox::{MessageState, MissedCall, StoreRequestKind};
use serde_json::{Value, json};
use storage::wav_bytes;
use telephony::AudioCodec;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use super::Rig;

/// `PUT` of what is no JSON.
async fn put(rig: &Rig, path: &str, body: &[u8]) -> (u16, Value) {
    let head = format!(
        "PUT {path} HTTP/1.1\r\nHost: um\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let mut stream = UnixStream::connect(&rig.socket).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    // Refused for its size, a body is not read to its end.
    let _ = stream.write_all(body).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let status = std::str::from_utf8(&answer[9..12]).unwrap().parse().unwrap();
    (status, serde_json::from_slice(&answer[end + 4..]).unwrap())
}

const PERSONAL: &str = "/v1/mailboxes/4001/greetings/personal";

#[tokio::test(flavor = "multi_thread")]
async fn imported_greeting_is_listed_exported_as_it_was_and_removed() {
    let rig = Rig::start().await.with_hq().await;
    let wav = wav_bytes(AudioCodec::Pcma, &[7; 8000]);

    let (status, row) = put(&rig, PERSONAL, &wav).await;

    assert_eq!(status, 200, "{row}");
    assert_eq!(
        (&row["mailbox"], &row["greeting"], &row["length_seconds"], &row["codec"]),
        (&json!("4001@hq"), &json!("personal"), &json!(1.0), &json!("PCMA"))
    );
    assert_eq!(rig.get("/v1/mailboxes/4001/greetings").await.1, json!([row]));
    let (status, exported) = rig.ask_for_bytes("GET", &format!("{PERSONAL}/audio.wav"), &Value::Null).await;
    assert_eq!((status, exported), (200, wav));
    rig.done("DELETE", PERSONAL, Value::Null).await;
    assert_eq!(rig.get("/v1/mailboxes/4001/greetings").await.1, json!([]));
    let (status, answer) = rig.ask("DELETE", PERSONAL, &Value::Null).await;
    assert_eq!((status, &answer["message"]), (404, &json!("mailbox 4001@hq has no personal greeting")));
    let remedy = "give it one with `um mailbox greeting import 4001@hq personal FILE.wav`";
    assert_eq!(answer["remedy"], json!(remedy));
}

#[tokio::test(flavor = "multi_thread")]
async fn greeting_that_cannot_stand_is_refused_and_the_old_one_stays() {
    let rig = Rig::start().await.with_hq().await;
    put(&rig, PERSONAL, &wav_bytes(AudioCodec::Pcma, &[7; 8000])).await;
    let policy = "/v1/policies/hq%20Default%20Policy";
    rig.done("PATCH", policy, json!({"max_greeting_minutes": 1})).await;
    let long = wav_bytes(AudioCodec::Pcmu, &vec![0xff; 480_001]);
    let cut = &wav_bytes(AudioCodec::Pcmu, &[0xff; 800])[..400];

    for (wav, words) in [
        (&long[..], "the WAV file plays for 60.1 s, 60 s are allowed"),
        (cut, "the WAV file is broken"),
        (b"ID3\x04".as_slice(), "this is no WAV file"),
    ] {
        let (status, answer) = put(&rig, PERSONAL, wav).await;
        assert_eq!((status, &answer["object"]), (422, &json!("personal greeting of mailbox 4001@hq")));
        assert!(answer["message"].as_str().unwrap().starts_with(words), "{answer}");
        assert_ne!(answer["remedy"], json!(""));
    }
    let (status, answer) = put(&rig, "/v1/mailboxes/4001/greetings/funny", b"").await;
    assert_eq!((status, &answer["message"]), (404, &json!("there is no greeting called `funny`")));
    let kept = rig.get("/v1/mailboxes/4001/greetings").await.1;
    assert_eq!((&kept[0]["codec"], &kept[0]["length_seconds"]), (&json!("PCMA"), &json!(1.0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn file_beyond_the_longest_body_is_refused_in_json() {
    let rig = Rig::start().await.with_hq().await;

    let (status, answer) = put(&rig, PERSONAL, &vec![0; 97 * 1024 * 1024]).await;

    assert_eq!((status, &answer["code"]), (422, &json!("invalid")));
    assert!(answer["remedy"].as_str().unwrap().contains("sox IN.wav"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn options_are_shown_and_changed_one_by_one() {
    let rig = Rig::start().await.with_hq().await;
    let path = "/v1/mailboxes/4001/options";
    let shown = json!({"mailbox": "4001@hq", "language": null, "clock": "language", "away": null});
    assert_eq!(rig.get(path).await.1, shown);

    rig.done("PATCH", path, json!({"language": "en-US", "clock": "24"})).await;
    let away = rig.done("PATCH", path, json!({"away": {"from": "2026-12-24", "until": null}})).await;

    assert_eq!(
        away,
        json!({"mailbox": "4001@hq", "language": "en-US", "clock": "24",
               "away": {"from": "2026-12-24", "until": null}})
    );
    let back = rig.done("PATCH", path, json!({"back": true, "language": ""})).await;
    assert_eq!((&back["away"], &back["language"]), (&Value::Null, &Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn options_that_cannot_stand_are_refused_and_nothing_is_changed() {
    let rig = Rig::start().await.with_hq().await;
    let path = "/v1/mailboxes/4001/options";
    let backwards = json!({"clock": "24", "away": {"from": "2026-12-24", "until": "2026-12-23"}});

    for (patch, words) in [
        (json!({"clock": "24", "language": "xx-XX"}), "the server does not speak `xx-XX`"),
        (backwards, "the last day away, 2026-12-23, is before the first, 2026-12-24"),
        (json!({"clock": "24", "away": {}, "back": true}), "the owner cannot be away and back"),
    ] {
        let (status, code, message) = rig.refused("PATCH", path, patch).await;
        assert_eq!((status, code.as_str(), message.as_str()), (422, "invalid", words));
    }
    assert_eq!(rig.get(path).await.1["clock"], json!("language"));
}

#[tokio::test(flavor = "multi_thread")]
async fn mailbox_shows_its_messages_that_are_nearly_too_old_where_there_is_a_limit() {
    let rig = Rig::start().await.with_hq().await;
    let mailbox = rig.store.mailboxes(&storage::MailboxFilter::default()).unwrap()[0].id;
    let soon = async || rig.get("/v1/mailboxes/4001").await.1["deleted_soon"].clone();
    let limit = json!({"quota": {"max_message_age_days": 3650}});

    let without = soon().await;
    rig.done("PATCH", "/v1/policies/hq%20Default%20Policy", limit).await;
    let empty = soon().await;
    rig.leave_message(mailbox);

    assert_eq!((without, empty, soon().await), (Value::Null, json!(0), json!(1)));
    assert_eq!(rig.get("/v1/mailboxes").await.1[0].get("deleted_soon"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn deleted_message_is_listed_apart_and_restored_as_a_new_one() {
    let rig = Rig::start().await.with_hq().await;
    let mailbox = rig.store.mailboxes(&storage::MailboxFilter::default()).unwrap()[0].id;
    rig.leave_message(mailbox);
    let id = rig.store.messages(mailbox).unwrap()[0].id;
    rig.store.mark_message(mailbox, id, MessageState::Deleted, jiff::Timestamp::UNIX_EPOCH).unwrap();

    assert_eq!(rig.get("/v1/mailboxes/4001/messages").await.1, json!([]));
    let deleted = rig.get("/v1/mailboxes/4001/messages?deleted=true").await.1;
    assert_eq!(
        (&deleted[0]["state"], &deleted[0]["deleted_at"]),
        (&json!("deleted"), &json!("1970-01-01T00:00:00Z"))
    );
    let restored = rig.done("POST", &format!("/v1/mailboxes/4001/messages/{id}/restore"), Value::Null).await;
    assert_eq!((&restored["state"], &restored["deleted_at"]), (&json!("new"), &Value::Null));
    assert_eq!(rig.get("/v1/mailboxes/4001/messages").await.1, json!([restored]));
    let (status, code, message) =
        rig.refused("POST", &format!("/v1/mailboxes/4001/messages/{id}/restore"), Value::Null).await;
    assert_eq!((status, code.as_str()), (409, "conflict"));
    assert_eq!(message, format!("message {id} of mailbox 4001@hq is not deleted"));
}

#[tokio::test(flavor = "multi_thread")]
async fn missed_calls_are_listed_the_last_one_first_up_to_the_limit() {
    let rig = Rig::start().await.with_hq().await;
    let mailbox = rig.store.mailboxes(&storage::MailboxFilter::default()).unwrap()[0].id;
    for second in 0..2 {
        rig.submit(StoreRequestKind::NoteMissed(MissedCall {
            mailbox,
            at: jiff::Timestamp::from_second(second).unwrap(),
            caller: (second == 1).then(|| "+14255550123".to_owned()),
            caller_name: None,
            call_id: format!("call-{second}"),
        }));
    }
    let row = |at: &str, caller: Value, call_id: &str| json!({"mailbox": "4001@hq", "at": at, "caller": caller, "caller_name": null, "call_id": call_id});
    let last = row("1970-01-01T00:00:01Z", json!("+14255550123"), "call-1");
    let first = row("1970-01-01T00:00:00Z", Value::Null, "call-0");

    assert_eq!(rig.get("/v1/mailboxes/4001/missed-calls").await.1, json!([last, first]));
    assert_eq!(rig.get("/v1/mailboxes/4001/missed-calls?limit=1").await.1, json!([last]));
    assert_eq!(rig.get("/v1/missed-calls").await.1, json!([last, first]));
    assert_eq!(rig.get("/v1/missed-calls?limit=1").await.1, json!([last]));
    assert_eq!(rig.get("/v1/missed-calls?since=1970-01-01T00:00:01Z").await.1, json!([last]));
    assert_eq!(rig.get("/v1/missed-calls?dial_plan=hq&extension=4002").await.1, json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn missed_calls_of_an_extension_of_several_plans_are_in_one_order_and_one_limit() {
    let rig = Rig::start().await.with_hq().await;
    rig.done("POST", "/v1/dial-plans", json!({"name": "lab", "extension_digits": 4})).await;
    rig.enable("4001", "lab", "Grace").await;
    let mailboxes = rig.store.mailboxes(&storage::MailboxFilter::default()).unwrap();
    for (second, mailbox) in [(1, 0), (2, 1), (3, 0)] {
        rig.submit(StoreRequestKind::NoteMissed(MissedCall {
            mailbox: mailboxes[mailbox].id,
            at: jiff::Timestamp::from_second(second).unwrap(),
            caller: None,
            caller_name: None,
            call_id: "call".into(),
        }));
    }
    let told = async |path: &str| {
        let rows = rig.get(path).await.1;
        rows.as_array().unwrap().iter().map(|row| row["mailbox"].clone()).collect::<Vec<_>>()
    };

    assert_eq!(told("/v1/mailboxes/4001/missed-calls").await, ["4001@hq", "4001@lab", "4001@hq"]);
    assert_eq!(told("/v1/mailboxes/4001/missed-calls?limit=2").await, ["4001@hq", "4001@lab"]);
    assert_eq!(told("/v1/mailboxes/4001@lab/missed-calls").await, ["4001@lab"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn missed_calls_of_a_plan_that_is_not_there_are_refused_by_name() {
    let rig = Rig::start().await.with_hq().await;

    let (status, answer) = rig.ask("GET", "/v1/missed-calls?dial_plan=lab", &Value::Null).await;
    let letters = rig.ask("GET", "/v1/missed-calls?extension=ada", &Value::Null).await;

    assert_eq!((status, &answer["message"]), (404, &json!("there is no dial plan `lab`")));
    assert_eq!((letters.0, &letters.1["object"]), (422, &json!("mailbox ada")));
}
