//! The headers of a response that a transaction and a dialog need.
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use crate::header::{CSeq, NameAddr, Via};
use crate::message::failure::ParseFailure;
use crate::message::request_head::{Draft, Needs};
use crate::message::response::Response;
use crate::text::Text;

/// What a response says about its transaction and dialog.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ResponseHead {
    /// The topmost Via, which must be ours.
    pub via: Via,
    /// The From.
    pub from: NameAddr,
    /// The To.
    pub to: NameAddr,
    /// The Call-ID.
    pub call_id: Text,
    /// The CSeq, with the method of the request.
    pub cseq: CSeq,
    /// The first Contact: the remote target; `None` also if it cannot be read.
    pub contact: Option<NameAddr>,
    /// The Record-Route values from top to bottom; a UAC's route set is the reverse.
    pub record_routes: Vec<NameAddr>,
}

impl ResponseHead {
    /// Reads the head of a response.
    ///
    /// # Errors
    /// [`ParseFailure::Drop`], always: a response is never answered.
    pub fn read(response: &Response) -> Result<Self, ParseFailure> {
        let missing = |name: &str| ParseFailure::drop(format!("response without {name}"));
        let draft = Draft::read(&response.headers, Needs::default())
            .map_err(|refusal| ParseFailure::drop(refusal.detail()))?;
        Ok(Self {
            via: draft.via.ok_or_else(|| missing("Via"))?,
            from: draft.from.ok_or_else(|| missing("From"))?,
            to: draft.to.ok_or_else(|| missing("To"))?,
            call_id: draft.call_id.ok_or_else(|| missing("Call-ID"))?,
            cseq: draft.cseq.ok_or_else(|| missing("CSeq"))?,
            contact: draft.contact,
            record_routes: draft.record_routes,
        })
    }
}
