//! Header lines: the ordered list, and one file per family of values.

mod cseq;
mod diversion;
mod event;
mod list;
mod media_type;
mod name;
mod name_addr;
mod privacy;
mod reason;
mod reliable;
mod session_timer;
mod values;
mod via;
mod warning;

pub use cseq::CSeq;
pub use diversion::{Diversion, HistoryInfo, Party, RemotePartyId};
pub use event::{EventPackage, Expires, SubscriptionState};
pub use list::{Header, Headers, TypedHeader};
pub use media_type::MediaType;
pub use name::HeaderName;
pub use name_addr::NameAddr;
pub use privacy::Privacy;
pub use reason::Reason;
pub use reliable::{RAck, RSeq};
pub use session_timer::{MinSe, Refresher, SessionExpires};
pub use values::Values;
pub use via::Via;
pub use warning::Warning;

pub(crate) use name_addr::to_tag;
