//! Where gateways are: their addresses from the Site and from DNS, compiled into one address book.
mod asking;
pub mod dns;
pub mod examination;
pub mod examiner;
pub mod resolve;
pub mod route;
pub mod whereabouts;
