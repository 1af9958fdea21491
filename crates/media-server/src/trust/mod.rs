//! Trust: our own certificate, whom the Site trusts, and what the certificate of a connection is worth.
mod attempt;
mod crl_fetch;
mod crl_keeper;
mod crl_serve;
mod crl_shelf;
mod encounters;
mod expiry_watch;
mod own;
mod peers;
mod pending;
mod reminding;
mod root_folder;
mod standing;
mod watch;

pub use attempt::{Attempt, Broken, Shaken};
pub use crl_fetch::fetch;
pub use crl_keeper::keep_lists;
pub use crl_serve::{Published, serve_list};
pub use crl_shelf::{CrlShelf, CrlTrouble};
pub use encounters::Encounters;
pub use expiry_watch::{ExpirySources, watch_expiry};
pub use own::{
    Arrival, CertificateKeeper, Missing, OwnCertificateError, OwnRevocation, OwnSettings, Presenting,
    Reloading, StoreChange, StoreView, keep, let_go,
};
pub use peers::{KnownRoot, PeerTrust, RootOrigin, TEST_PEER};
pub use pending::{PendingPeer, Sighting};
pub use reminding::remind;
pub use root_folder::company_roots;
pub use standing::{CertificateStanding, PeerStanding};
pub use watch::{Enabled, watch_connections};

/// Folder of our own certificates inside the data folder.
pub const CERTIFICATES: &str = "certificates";
/// Folder of the company's root certificates inside the data folder: they count for every gateway.
pub const TRUSTED_ROOTS: &str = "trusted-roots";
/// Folder of the revocation lists inside the data folder.
pub const REVOCATION_LISTS: &str = "crls";
