use crate::RequestHead;

/// The id of a dialog: Call-ID and both tags (RFC 3261 12). Compared byte by byte; a peer without a tag (RFC 2543) has
/// the empty one.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct DialogKey {
    pub(crate) call_id: Box<str>,
    pub(crate) local_tag: Box<str>,
    pub(crate) remote_tag: Box<str>,
}

impl DialogKey {
    /// The dialog that a request without To tag makes when it is answered with `local_tag`.
    pub(crate) fn answered_with(head: &RequestHead, local_tag: &str) -> Self {
        Self {
            call_id: head.call_id.as_str().into(),
            local_tag: local_tag.into(),
            remote_tag: head.from.tag().unwrap_or_default().into(),
        }
    }

    /// The dialog that a request names; `None` without a To tag.
    pub(crate) fn of_request(head: &RequestHead) -> Option<Self> {
        head.to.tag().map(|tag| Self::answered_with(head, tag))
    }
}
