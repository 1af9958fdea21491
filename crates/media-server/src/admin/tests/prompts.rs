//! Prompts and recordings of the administrator's own.

use storage::wav_bytes;

use super::*;

const GOODBYE: &str = "/v1/prompts/fr-FR/goodbye";

/// `PUT` of a file.
async fn put(rig: &Rig, path: &str, file: &[u8]) -> (u16, Value) {
    let head = format!(
        "PUT {path} HTTP/1.1\r\nHost: um\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        file.len()
    );
    let mut stream = UnixStream::connect(&rig.socket).await.unwrap();
    stream.write_all(&[head.as_bytes(), file].concat()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let body = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
    let status = std::str::from_utf8(&answer[9..12]).unwrap().parse().unwrap();
    (status, serde_json::from_slice(&answer[body..]).unwrap())
}

async fn row(rig: &Rig, key: &str) -> Value {
    let rows = rig.get("/v1/prompts?language=fr-FR").await.1;
    rows.as_array().unwrap().iter().find(|row| row["key"] == key).unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn prompt_is_replaced_exported_and_restored() {
    let rig = Rig::start().await;
    let built_in = row(&rig, "goodbye").await;
    assert_eq!((&built_in["voice"], &built_in["text"]), (&json!("built-in"), &json!("Au revoir.")));
    let wav = wav_bytes(AudioCodec::Pcmu, &[0x55; 4000]);

    let (status, replaced) = put(&rig, GOODBYE, &wav).await;

    assert_eq!((status, &replaced["voice"]), (200, &json!("replaced")));
    assert_eq!(replaced["length_seconds"], 0.5);
    assert_eq!(row(&rig, "goodbye").await, replaced);
    assert_eq!(rig.ask_for_bytes("GET", &format!("{GOODBYE}/audio.wav"), &Value::Null).await.1, wav);
    rig.done("DELETE", GOODBYE, Value::Null).await;
    assert_eq!(row(&rig, "goodbye").await, built_in);
}

#[tokio::test(flavor = "multi_thread")]
async fn checked_file_is_judged_and_changes_nothing() {
    let rig = Rig::start().await;
    let wav = wav_bytes(AudioCodec::Pcma, &[0xd5; 800]);

    let taken = put(&rig, &format!("{GOODBYE}?check=true"), &wav).await;
    let broken = put(&rig, &format!("{GOODBYE}?check=true"), b"RIFF").await;

    assert_eq!(taken.0, 200);
    assert_eq!((broken.0, &broken.1["object"]), (422, &json!("prompt goodbye of fr-FR")));
    assert_eq!(row(&rig, "goodbye").await["voice"], "built-in");
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_languages_and_keys_are_refused_with_the_way_to_the_known_ones() {
    let rig = Rig::start().await;

    let language = rig.ask("GET", "/v1/prompts?language=tlh", &Value::Null).await;
    let key = rig.ask("DELETE", "/v1/prompts/fr-FR/hello", &Value::Null).await;

    assert_eq!((language.0, &language.1["message"]), (404, &json!("the server does not speak `tlh`")));
    assert_eq!(language.1["remedy"], "choose one of en-US, fr-FR, es-ES, zh-CN");
    assert_eq!((key.0, &key.1["message"]), (404, &json!("`hello` is no prompt of fr-FR")));
    assert_eq!(key.1["remedy"], "run `um prompt list fr-FR` to see the keys");
}

#[tokio::test(flavor = "multi_thread")]
async fn announcement_is_kept_listed_and_removed() {
    let rig = Rig::start().await;
    let wav = wav_bytes(AudioCodec::Pcmu, &[0x55; 8000]);

    let kept = put(&rig, "/v1/announcements/Closed%20today", &wav).await;

    assert_eq!(kept, (200, json!({"name": "Closed today", "length_seconds": 1.0})));
    assert_eq!(rig.get("/v1/announcements").await.1, json!([kept.1]));
    let audio = "/v1/announcements/Closed%20today/audio.wav";
    assert_eq!(rig.ask_for_bytes("GET", audio, &Value::Null).await.1, wav);
    rig.done("DELETE", "/v1/announcements/Closed%20today", Value::Null).await;
    let gone = rig.refused("DELETE", "/v1/announcements/Closed%20today", Value::Null).await;
    assert_eq!(gone, (404, "not-found".into(), "there is no announcement `Closed today`".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn plan_is_given_no_language_that_nobody_speaks() {
    let rig = Rig::start().await.with_hq().await;

    let refused = rig.refused("PATCH", "/v1/dial-plans/hq", json!({"language": "de-DE"})).await;
    rig.done("PATCH", "/v1/dial-plans/hq", json!({"language": "fr-FR"})).await;

    let words = "dial plan hq: the server does not speak `de-DE`";
    assert_eq!(refused, (422, "invalid".into(), words.into()));
    assert_eq!(rig.get("/v1/dial-plans/hq").await.1["language"], "fr-FR");
}

#[tokio::test(flavor = "multi_thread")]
async fn attendant_names_only_announcements_that_are_there_and_keeps_them_there() {
    let rig = Rig::start().await.with_hq().await;
    let attendant = json!({"name": "front", "dial_plan": "hq", "business": {"greeting": "Welcome"}});

    let too_early = rig.ask("POST", "/v1/attendants", &attendant).await;
    put(&rig, "/v1/announcements/Welcome", &wav_bytes(AudioCodec::Pcmu, &[0x55; 8000])).await;
    rig.done("POST", "/v1/attendants", attendant).await;
    let in_use = rig.refused("DELETE", "/v1/announcements/Welcome", Value::Null).await;
    rig.done("DELETE", "/v1/attendants/front", Value::Null).await;
    rig.done("DELETE", "/v1/announcements/Welcome", Value::Null).await;

    assert_eq!((too_early.0, &too_early.1["object"]), (404, &json!("attendant front")));
    assert_eq!(too_early.1["message"], "attendant front names the announcement `Welcome`, and there is none");
    assert_eq!(too_early.1["remedy"], "run `um prompt import FILE.wav --announcement Welcome` before");
    let words = "attendant `front` plays announcement `Welcome`";
    assert_eq!(in_use, (409, "in-use".into(), words.into()));
}

/// What a plan is given, and where its callers hear the recording.
#[tokio::test(flavor = "multi_thread")]
async fn plan_names_only_announcements_that_are_there_and_keeps_them_there() {
    let rig = Rig::start().await.with_hq().await;

    for setting in ["welcome", "announcement", "mailbox"] {
        let patch = json!({"greetings": {setting: "Welcome"}});
        let too_early = rig.ask("PATCH", "/v1/dial-plans/hq", &patch).await;
        put(&rig, "/v1/announcements/Welcome", &wav_bytes(AudioCodec::Pcmu, &[0x55; 8000])).await;
        rig.done("PATCH", "/v1/dial-plans/hq", patch).await;
        let in_use = rig.ask("DELETE", "/v1/announcements/Welcome", &Value::Null).await;
        rig.done("PATCH", "/v1/dial-plans/hq", json!({"greetings": {setting: ""}})).await;
        rig.done("DELETE", "/v1/announcements/Welcome", Value::Null).await;

        assert_eq!((too_early.0, &too_early.1["object"]), (404, &json!("dial plan hq")), "{setting}");
        assert_eq!(
            too_early.1["message"],
            "dial plan hq names the announcement `Welcome`, and there is none"
        );
        assert_eq!(too_early.1["remedy"], "run `um prompt import FILE.wav --announcement Welcome` before");
        assert_eq!((in_use.0, &in_use.1["code"]), (409, &json!("in-use")), "{setting}");
        assert_eq!(in_use.1["message"], "dial plan `hq` plays announcement `Welcome`");
        assert_eq!(
            in_use.1["remedy"],
            "take it from the dial plan before; `um dialplan show hq` shows where it stands"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn attendant_is_given_no_language_that_nobody_speaks() {
    let rig = Rig::start().await.with_hq().await;

    let attendant = json!({"name": "front", "dial_plan": "hq", "language": "tlh"});
    let refused = rig.refused("POST", "/v1/attendants", attendant).await;

    assert_eq!(refused, (422, "invalid".into(), "attendant front: the server does not speak `tlh`".into()));
}
