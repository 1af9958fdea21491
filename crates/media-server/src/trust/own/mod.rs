//! What this server shows to its peers: chosen from the store, swapped whole when that changes, without dropping a call.
//!
//! [`CertificateKeeper`] reads the folder and decides; [`Presenting`] is what each handshake goes by; [`keep`] looks for
//! changes; [`let_go`] closes connections that were made under a certificate that is shown no more.
mod decision;
mod hook;
mod keeper;
mod letting_go;
mod presenting;
mod revocation;
mod settings;
mod told;
mod watching;

pub use keeper::{CertificateKeeper, OwnCertificateError, StoreChange, StoreView};
pub use letting_go::let_go;
pub use presenting::{Arrival, Missing, Presenting};
pub use revocation::OwnRevocation;
pub use settings::OwnSettings;
pub use watching::{Reloading, keep};
