//! The card of keys that an administrator hands out, `docs/phone-keys.md`: written from the layouts and the English
//! texts. After a change of either: `UPDATE_PHONE_KEYS=1 cargo test -p ivr phone_keys`.
use std::{collections::BTreeMap, fmt::Write as _};

use super::*;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

const HEAD: &str = "\
# The keys of subscriber access

What a subscriber can press, in the layouts of `um dialplan set NAME --key-layout exchange|asterisk`. This page is
written from the layouts themselves. Keys written together are pressed within a second of each other; a key that begins
another order, as `1` begins `11`, waits that second. What is in *italics* works, and the menu does not say so.
";

fn texts() -> BTreeMap<String, String> {
    let file = std::fs::read_to_string(format!("{FOLDER}/prompts/en-US/access.toml")).unwrap();
    let lines = file.lines().filter_map(|line| line.split_once(" = \""));
    lines.map(|(key, text)| (key.to_owned(), text.trim_end_matches('"').to_owned())).collect()
}

fn menus(layout: KeyLayout) -> [(&'static str, &'static [Row]); 11] {
    [
        ("Main menu", layout.main),
        ("While a message is heard", layout.playing),
        ("After a message", layout.message),
        ("Personal options", layout.options),
        ("Greetings", layout.greetings),
        ("One greeting", layout.greeting),
        ("After a greeting was recorded", layout.greeting_review),
        ("After a message was recorded", layout.message_review),
        ("After a recipient was entered", layout.recipient),
        ("Before a message is forwarded", layout.introduction),
        ("Times", layout.clock),
    ]
}

fn card() -> String {
    let texts = texts();
    let mut card = String::from(HEAD);
    for (name, layout) in [("exchange", KeyLayout::exchange()), ("asterisk", KeyLayout::asterisk_like())] {
        write!(card, "\n## {name}\n").unwrap();
        for (menu, rows) in menus(layout).into_iter().filter(|(_, rows)| !rows.is_empty()) {
            write!(card, "\n### {menu}\n\n| keys | |\n|---|---|\n").unwrap();
            for row in rows {
                let text = texts[row.action.words().as_str()].trim_end_matches(", press");
                let text = if row.told == Told::Never { format!("*{text}*") } else { text.to_owned() };
                writeln!(card, "| `{}` | {text} |", row.keys).unwrap();
            }
        }
    }
    card
}

#[test]
fn phone_keys_of_the_documentation_are_those_of_the_layouts() {
    let path = format!("{FOLDER}/docs/phone-keys.md");
    let card = card();
    if std::env::var_os("UPDATE_PHONE_KEYS").is_some() {
        std::fs::write(&path, &card).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap();

    assert!(
        written == card,
        "docs/phone-keys.md is not of this code: UPDATE_PHONE_KEYS=1 cargo test -p ivr phone_keys"
    );
}
