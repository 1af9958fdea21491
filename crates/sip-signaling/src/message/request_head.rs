//! The headers that a transaction and a dialog need, read in one walk.
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use bytes::Bytes;

use crate::grammar::GrammarError;
use crate::header::{CSeq, Header, HeaderName, Headers, NameAddr, TypedHeader, Values, Via};
use crate::limits::{MAX_OPTION_TAGS, MAX_RECORD_ROUTES, MAX_VIA};
use crate::message::failure::{Fault, ParseFailure};
use crate::message::request::Request;
use crate::method::Method;
use crate::scanner::{decimal, is_whole_token};
use crate::text::Text;

/// What a request says about its transaction and dialog. Clones share the storage of the message.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RequestHead {
    /// The topmost Via.
    pub via: Via,
    /// The From.
    pub from: NameAddr,
    /// The To.
    pub to: NameAddr,
    /// The Call-ID, compared byte by byte.
    pub call_id: Text,
    /// The CSeq; its method is that of the request.
    pub cseq: CSeq,
    /// The first Contact; `None` also for `*`.
    pub contact: Option<NameAddr>,
    /// The option tags of Require, in order.
    pub require: Vec<Text>,
    /// The option tags of Supported, in order; what is no token is passed over.
    pub supported: Vec<Text>,
    /// The Record-Route values from top to bottom: the route set of a UAS, in this order (RFC 3261 12.1.1). What cannot
    /// be read is passed over.
    pub record_routes: Vec<NameAddr>,
    /// Max-Forwards; `None` also if it cannot be read. 0 is processed: 483 is a proxy's answer.
    pub max_forwards: Option<u32>,
    /// Headers that were malformed and passed over, for an event. Only those that this head is about, and lines without a
    /// name.
    pub passed_over: Vec<HeaderName>,
}

impl RequestHead {
    /// Reads the head of a request.
    ///
    /// # Errors
    /// [`ParseFailure::Drop`] if Via, From, To, Call-ID or CSeq is missing or the request is an ACK;
    /// [`ParseFailure::Answer`] with `400` if one of them is malformed or stands there twice, if the method of CSeq is
    /// another, and if Contact or Require is malformed in a request that needs it: Contact in INVITE, UPDATE, SUBSCRIBE,
    /// NOTIFY, REFER and REGISTER, Require everywhere but in ACK and CANCEL (RFC 3261 20.32). Every other malformed header is
    /// passed over.
    pub fn read(request: &Request) -> Result<Self, ParseFailure> {
        Draft::read(&request.headers, Needs::of(&request.method))
            .and_then(|draft| draft.finish(request))
            .map_err(|refusal| refusal.into_failure(request))
    }

    /// Whether `tag` stands in Require.
    pub fn requires(&self, tag: &str) -> bool {
        self.require.iter().any(|option| option.eq_ignore_ascii_case(tag))
    }

    /// Whether `tag` stands in Supported or Require.
    pub fn supports(&self, tag: &str) -> bool {
        self.requires(tag) || self.supported.iter().any(|option| option.eq_ignore_ascii_case(tag))
    }
}

/// Why a head cannot be used.
pub(super) enum Refusal {
    /// A needed header does not stand there.
    Missing(&'static str),
    /// A needed header is malformed.
    Fault(Fault, Option<GrammarError>),
}

impl Refusal {
    fn into_failure(self, request: &Request) -> ParseFailure {
        match self {
            Self::Missing(name) => ParseFailure::drop(format!("{} without {name}", request.method)),
            Self::Fault(fault, error) => {
                fault.into_failure(request.method.as_str().as_bytes(), &request.headers, error)
            }
        }
    }

    pub(super) fn detail(&self) -> String {
        match self {
            Self::Missing(name) => format!("response without {name}"),
            Self::Fault(fault, Some(error)) => format!("{}, {error}", fault.phrase()),
            Self::Fault(fault, None) => fault.phrase().to_owned(),
        }
    }

    fn malformed(phrase: &'static str, value: &Bytes) -> impl FnOnce(GrammarError) -> Self {
        move |error| Self::Fault(Fault::bad_request(phrase, value, value), Some(error))
    }

    fn fault(phrase: &'static str, value: &Bytes) -> Self {
        Self::Fault(Fault::bad_request(phrase, value, value), None)
    }
}

/// Which of the headers that only some messages need must be well-formed.
#[derive(Clone, Copy, Default)]
pub(super) struct Needs {
    contact: bool,
    require: bool,
}

impl Needs {
    fn of(method: &Method) -> Self {
        let contact = match method {
            Method::Invite
            | Method::Update
            | Method::Subscribe
            | Method::Notify
            | Method::Refer
            | Method::Register => true,
            Method::Ack
            | Method::Bye
            | Method::Cancel
            | Method::Options
            | Method::Prack
            | Method::Info
            | Method::Publish
            | Method::Message
            | Method::Other(_) => false,
        };
        Self { contact, require: !matches!(method, Method::Ack | Method::Cancel) }
    }
}

/// The needed headers as found so far.
#[derive(Default)]
pub(super) struct Draft {
    needs: Needs,
    passed_over: Vec<HeaderName>,
    pub(super) via: Option<Via>,
    via_count: usize,
    pub(super) from: Option<NameAddr>,
    pub(super) to: Option<NameAddr>,
    pub(super) call_id: Option<Text>,
    pub(super) cseq: Option<CSeq>,
    pub(super) contact: Option<NameAddr>,
    require: Vec<Text>,
    supported: Vec<Text>,
    pub(super) record_routes: Vec<NameAddr>,
    max_forwards: Option<u32>,
}

impl Draft {
    pub(super) fn read(headers: &Headers, needs: Needs) -> Result<Self, Refusal> {
        let mut draft = Self { needs, ..Self::default() };
        for header in headers {
            draft.take(header)?;
        }
        Ok(draft)
    }

    fn take(&mut self, header: &Header) -> Result<(), Refusal> {
        let value = header.value();
        match header.name() {
            HeaderName::Via => self.take_vias(value),
            HeaderName::From => once(&mut self.from, value, "Several From", || {
                NameAddr::parse(value).map_err(Refusal::malformed("Bad From", value))
            }),
            HeaderName::To => once(&mut self.to, value, "Several To", || {
                NameAddr::parse(value).map_err(Refusal::malformed("Bad To", value))
            }),
            HeaderName::CallId => once(&mut self.call_id, value, "Several Call-ID", || read_call_id(value)),
            HeaderName::CSeq => once(&mut self.cseq, value, "Several CSeq", || {
                CSeq::parse(value).map_err(Refusal::malformed("Bad CSeq", value))
            }),
            HeaderName::Contact => self.take_contact(value),
            HeaderName::Require => self.take_require(value),
            HeaderName::Supported => {
                self.take_supported(value);
                Ok(())
            }
            HeaderName::RecordRoute => self.take_record_routes(value),
            HeaderName::MaxForwards => {
                let hops = decimal(value);
                self.pass_over_unless(hops.is_some(), HeaderName::MaxForwards);
                self.max_forwards = self.max_forwards.or(hops);
                Ok(())
            }
            HeaderName::Malformed => {
                self.pass_over_unless(false, HeaderName::Malformed);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn take_vias(&mut self, line: &Bytes) -> Result<(), Refusal> {
        for value in Values::new(line) {
            if self.via.is_none() {
                self.via = Some(Via::parse(&value).map_err(Refusal::malformed("Bad Via", &value))?);
            }
            self.via_count = self.via_count.saturating_add(1);
            if self.via_count > MAX_VIA {
                return Err(Refusal::Fault(Fault::limit("Too Many Via"), None));
            }
        }
        Ok(())
    }

    fn take_contact(&mut self, line: &Bytes) -> Result<(), Refusal> {
        if self.contact.is_some() || line.as_ref() == b"*" {
            return Ok(());
        }
        let Some(value) = Values::new(line).next() else {
            return Ok(());
        };
        match NameAddr::parse(&value) {
            Ok(contact) => self.contact = Some(contact),
            Err(error) if self.needs.contact => return Err(Refusal::malformed("Bad Contact", &value)(error)),
            Err(_) => self.pass_over_unless(false, HeaderName::Contact),
        }
        Ok(())
    }

    fn take_supported(&mut self, line: &Bytes) {
        for value in Values::new(line) {
            let is_taken = is_whole_token(&value) && self.supported.len() < MAX_OPTION_TAGS;
            self.pass_over_unless(is_taken, HeaderName::Supported);
            self.supported.extend(Some(value).filter(|_| is_taken).and_then(Text::from_utf8));
        }
    }

    /// Notes a header that could not be used, once for its name.
    fn pass_over_unless(&mut self, is_used: bool, name: HeaderName) {
        if !is_used && !self.passed_over.contains(&name) {
            self.passed_over.push(name);
        }
    }

    fn take_require(&mut self, line: &Bytes) -> Result<(), Refusal> {
        for value in Values::new(line) {
            let tag = Some(value.clone()).filter(|tag| is_whole_token(tag)).and_then(Text::from_utf8);
            match tag {
                Some(tag) if self.require.len() < MAX_OPTION_TAGS => self.require.push(tag),
                _ if !self.needs.require => self.pass_over_unless(false, HeaderName::Require),
                Some(_) => return Err(Refusal::Fault(Fault::limit("Too Many Require"), None)),
                None => return Err(Refusal::fault("Bad Require", &value)),
            }
        }
        Ok(())
    }

    fn take_record_routes(&mut self, line: &Bytes) -> Result<(), Refusal> {
        for value in Values::new(line) {
            let route = NameAddr::parse(&value).ok();
            self.pass_over_unless(route.is_some(), HeaderName::RecordRoute);
            self.record_routes.extend(route);
            if self.record_routes.len() > MAX_RECORD_ROUTES {
                return Err(Refusal::Fault(Fault::limit("Too Many Record-Route"), None));
            }
        }
        Ok(())
    }

    fn finish(self, request: &Request) -> Result<RequestHead, Refusal> {
        let via = self.via.ok_or(Refusal::Missing("Via"))?;
        let cseq = self.cseq.ok_or(Refusal::Missing("CSeq"))?;
        let head = RequestHead {
            via,
            from: self.from.ok_or(Refusal::Missing("From"))?,
            to: self.to.ok_or(Refusal::Missing("To"))?,
            call_id: self.call_id.ok_or(Refusal::Missing("Call-ID"))?,
            cseq,
            contact: self.contact,
            require: self.require,
            supported: self.supported,
            record_routes: self.record_routes,
            max_forwards: self.max_forwards,
            passed_over: self.passed_over,
        };
        match head.cseq.method == request.method {
            true => Ok(head),
            false => Err(Refusal::Fault(Fault::limit("CSeq Of Another Method"), None)),
        }
    }
}

/// Reads a header that may stand there once only.
fn once<T>(
    slot: &mut Option<T>,
    value: &Bytes,
    twice: &'static str,
    read: impl FnOnce() -> Result<T, Refusal>,
) -> Result<(), Refusal> {
    if slot.is_some() {
        return Err(Refusal::fault(twice, value));
    }
    *slot = Some(read()?);
    Ok(())
}

fn read_call_id(value: &Bytes) -> Result<Text, Refusal> {
    let is_word = !value.is_empty() && value.iter().all(|byte| *byte > b' ' && *byte != 0x7f);
    Some(value.clone())
        .filter(|_| is_word)
        .and_then(Text::from_utf8)
        .ok_or_else(|| Refusal::fault("Bad Call-ID", value))
}
