//! The management API: HTTP/1.1 and JSON under `/v1` on a Unix socket, for the server's own user and root.
//!
//! A file an object; each request is answered from the store, from the Site in force ([`SiteHolder`]) or from the
//! [`Board`], none of which asks the signalling core. The one rule: nothing here changes a call; orders go to the core
//! through [`CoreControl`].

mod answer;
mod attendant_numbers;
mod attendants;
mod authority;
mod authority_desk;
mod board;
mod bundle;
mod call_records;
mod call_report;
mod calls;
mod certificate_desk;
mod certificate_files;
mod certificate_orders;
mod certificates;
mod dial_plans;
mod doctor;
mod events;
mod faults;
mod gateway_probes;
mod gateway_test;
mod gateways;
mod greetings;
mod hunt_groups;
mod lamps;
mod listener;
mod mailbox_import;
mod mailbox_pins;
mod mailboxes;
mod messages;
mod metrics;
mod missed_calls;
mod order;
mod pending_peers;
mod phone_options;
mod pin_guard;
mod pins;
mod policies;
mod posture;
mod prompts;
mod provisioning;
mod recorded_names;
mod route_test;
mod router;
mod site;
mod site_holder;
mod spoken;
mod status;
mod store_order;
mod test_call;
mod test_call_plan;
mod test_line_desk;
mod tls_failures;
mod trace;
mod trust;
mod trust_desk;
mod trusted_roots;
mod wav;

use std::sync::Arc;

use call_control::{CallKey, PanicPlace};
use storage::Store;

use crate::{
    gateways::examiner::Examiner,
    observe::{EventFeed, Observed},
    prompts::PromptShelf,
};

pub use authority_desk::{AuthorityDesk, AuthorityDeskError};
pub use board::Board;
pub use certificate_desk::CertificateDesk;
pub use listener::{AdminError, AdminServer, start};
pub use site_holder::{ChangeError, NewRevision, SiteHolder};
pub use test_line_desk::TestLineDesk;
pub use trust_desk::TrustDesk;

/// What the management API works on.
#[derive(Clone)]
pub struct AdminState {
    /// Mailboxes, messages, events.
    pub store: Store,
    /// The configuration in force.
    pub site: Arc<SiteHolder>,
    /// Live calls and facts of the process.
    pub board: Arc<Board>,
    /// Every event as it is kept; wakes `um events --follow`.
    pub events: EventFeed,
    /// Orders to the signalling core.
    pub core: Arc<dyn CoreControl>,
    /// Certificates, and whom they are asked of.
    pub trust: TrustDesk,
    /// Failed handshakes, traced messages, counters.
    pub observed: Observed,
    /// Looks at gateways when somebody asks.
    pub examiner: Arc<Examiner>,
    /// Hands out the test line.
    pub test_line: Arc<TestLineDesk>,
    /// What is spoken.
    pub prompts: Arc<PromptShelf>,
    /// Whether tests may provoke faults.
    pub fault_injection: bool,
}

/// Orders to the signalling core. Called from blocking threads, so an implementor may wait for room in a queue.
pub trait CoreControl: Send + Sync {
    /// Ends one call; what was recorded is kept.
    ///
    /// # Errors
    /// [`CoreGone`] if the server is stopping.
    fn hang_up(&self, call: CallKey) -> Result<(), CoreGone>;

    /// Ends every call of a gateway.
    ///
    /// # Errors
    /// [`CoreGone`] if the server is stopping.
    fn hang_up_gateway(&self, gateway: &str) -> Result<(), CoreGone>;

    /// Has every lamp told again.
    ///
    /// # Errors
    /// [`CoreGone`] if the server is stopping.
    fn refresh_lamps(&self) -> Result<(), CoreGone>;

    /// Provokes a panic (see [`ServerConfig::fault_injection`](crate::config::ServerConfig::fault_injection)).
    ///
    /// # Errors
    /// [`CoreGone`] if the server is stopping.
    fn panic(&self, place: PanicPlace) -> Result<(), CoreGone>;
}

/// The signalling core has ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the server is stopping: ask again when it is back")]
pub struct CoreGone;

#[cfg(test)]
mod tests;
