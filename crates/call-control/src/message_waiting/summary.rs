//! What a lamp is told: `application/simple-message-summary` (RFC 3842 5.2).
use bytes::Bytes;
use mailbox::MessageCounts;
use sip_signaling::SipBody;

/// The event package (RFC 3842 3.1).
pub(crate) const PACKAGE: &str = "message-summary";
/// The type of its bodies (RFC 3842 3.5).
pub(crate) const MEDIA_TYPE: &str = "application/simple-message-summary";

/// The summary of a mailbox that `account` is the URI of.
pub(super) fn summary(account: &str, counts: MessageCounts) -> SipBody {
    let waiting = if counts.is_waiting() { "yes" } else { "no" };
    let MessageCounts { new, new_urgent, old, old_urgent } = counts;
    let text = format!(
        "Messages-Waiting: {waiting}\r\nMessage-Account: {account}\r\n\
         Voice-Message: {new}/{old} ({new_urgent}/{old_urgent})\r\n"
    );
    SipBody { content_type: Bytes::from_static(MEDIA_TYPE.as_bytes()), bytes: Bytes::from(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lamp_is_lit_by_new_messages_alone_and_urgent_ones_stand_in_brackets() {
        let counts = MessageCounts { new: 2, new_urgent: 1, old: 8, old_urgent: 0 };

        let lit = summary("sip:1001@um.example.com", counts);
        let dark = summary("sip:1001@um.example.com", MessageCounts { new: 0, new_urgent: 0, ..counts });

        assert_eq!(&lit.content_type[..], b"application/simple-message-summary");
        assert_eq!(
            &lit.bytes[..],
            b"Messages-Waiting: yes\r\nMessage-Account: sip:1001@um.example.com\r\nVoice-Message: 2/8 (1/0)\r\n"
        );
        assert!(dark.bytes.starts_with(b"Messages-Waiting: no\r\n"));
        assert!(dark.bytes.ends_with(b"Voice-Message: 0/8 (0/0)\r\n"));
    }
}
