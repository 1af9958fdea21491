use super::*;

const LOG_ON: [(&str, &str); 6] = [
    ("begin", "mailbox-welcome enter-your-extension"),
    ("41#", "STOP | AWAIT 5s | AWAIT 1s | enter-pin star-for-other-extension"),
    ("2580#", "STOP | AWAIT 5s | AWAIT 5s | AWAIT 5s | AWAIT 5s | ASK log-on 41 with 2580"),
    ("opened", "ASK messages of 41"),
    ("played", ""),
    ("waited", ""),
];

#[test]
fn owner_saves_one_message_deletes_another_and_changes_greeting_and_pin_in_the_exchange_layout() {
    let mut access = fresh(EXCHANGE);
    converse(&mut access, &LOG_ON);
    converse(
        &mut access,
        &[
            ("messages", "[name] you-have (2xNewMessages) (1xUrgentMessages) (1xSavedMessages) to-listen"),
            ("1", "new-message message-is-urgent message-from extension-number `42`"),
            ("played", "PLAY 11 8s"),
            ("played", "ASK Saved 11 of 41"),
            ("done", "to-next"),
            ("#", "STOP | AWAIT 1s"),
            ("waited", "new-message message-from `5550100`"),
            ("played", "PLAY 12 8s"),
            ("7", "STOP | ASK Deleted 12 of 41"),
            ("done", "message-is-deleted saved-message message-is-private message-from unknown-number"),
            ("*", "STOP | ASK messages of 41"),
            ("no messages", "no-messages to-listen"),
            ("6", "to-out-of-office"),
            ("2", "to-personal-greeting"),
            ("1", "[greeting 7] to-hear-greeting"),
            ("2", "record-after-tone pound-when-done [tone]"),
            ("played", "RECORD 300s Draft"),
            ("#", "STOP RECORDING"),
            ("recorded", "to-accept"),
            ("1", "STOP | ASK Personal of 41 4s"),
            ("Personal kept", "greeting-kept to-hear-greeting"),
            ("*", "to-personal-greeting"),
            ("*", "to-out-of-office"),
            ("3", "enter-new-pin"),
            ("97531#", "STOP | AWAIT 5s | AWAIT 5s | AWAIT 5s | AWAIT 5s | AWAIT 5s | enter-new-pin-again"),
            ("97531", "STOP | AWAIT 5s | AWAIT 5s | AWAIT 5s | AWAIT 5s | AWAIT 5s"),
            ("#", "ASK PIN of 41 to be 97531"),
            ("PIN set", "pin-changed to-out-of-office"),
            ("hangs up", "FINISHED"),
        ],
    );
}

#[test]
fn owner_saves_one_message_deletes_another_and_changes_greeting_and_pin_in_the_asterisk_layout() {
    let mut access = fresh(ASTERISK);
    converse(&mut access, &LOG_ON);
    converse(
        &mut access,
        &[
            (
                "messages",
                "[name] you-have (2xNewMessages) (1xUrgentMessages) (1xSavedMessages) to-listen-new",
            ),
            ("1", "new-message message-is-urgent message-from extension-number `42`"),
            ("played", "PLAY 11 8s"),
            ("9", "STOP | ASK Saved 11 of 41"),
            ("done", "message-is-saved to-hear-more"),
            ("6", "new-message message-from `5550100`"),
            ("played", "PLAY 12 8s"),
            ("played", "ASK Saved 12 of 41"),
            ("done", "to-hear-more"),
            ("7", "STOP | ASK Deleted 12 of 41"),
            ("done", "message-is-deleted to-hear-more"),
            ("#", "STOP | ASK messages of 41"),
            ("no messages", "no-messages to-listen-new"),
            ("0", "to-personal-greeting"),
            ("1", "[greeting 7] to-hear-greeting"),
            ("2", "record-after-tone pound-when-done [tone]"),
            ("played", "RECORD 300s Draft"),
            ("recorded, silent", "to-accept"),
            ("1", "STOP | ASK Personal of 41 4s"),
            ("Personal kept", "greeting-kept to-hear-greeting"),
            ("*", "to-personal-greeting"),
            ("5", "enter-new-pin"),
            ("97531#", "STOP | AWAIT 5s | AWAIT 5s | AWAIT 5s | AWAIT 5s | AWAIT 5s | enter-new-pin-again"),
            ("97531", "STOP | AWAIT 5s | AWAIT 5s | AWAIT 5s | AWAIT 5s | AWAIT 5s"),
            ("#", "ASK PIN of 41 to be 97531"),
            ("PIN set", "pin-changed to-personal-greeting"),
            ("*", "STOP | ASK messages of 41"),
            ("no messages", "no-messages to-listen-new"),
            ("#", "goodbye"),
            ("played", "HANG UP"),
        ],
    );
}
