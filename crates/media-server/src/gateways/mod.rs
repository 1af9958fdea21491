//! Where gateways are: their addresses from the Site and from DNS, compiled into one address book.
pub mod resolve;
pub mod route;
pub mod whereabouts;
