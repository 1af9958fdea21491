//! The types of the management API: requests, replies, and the error with code and remedy.
//!
//! The API is HTTP/1.1 and JSON under `/v1` on a Unix socket. The one rule: what the server writes and what the `um`
//! command reads is the same type, and it stands here.
//!
//! ```
//! let error = admin_api::ApiError::new(
//!     admin_api::code::NOT_FOUND,
//!     "dial plan hq",
//!     "there is no dial plan `hq`",
//!     "run `um dialplan list` to see the names",
//! );
//! let json = serde_json::to_string(&error).unwrap();
//! assert_eq!(serde_json::from_str::<admin_api::ApiError>(&json).unwrap(), error);
//! ```
#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

mod address;
mod authority;
mod bundle;
mod call;
mod call_record;
mod certificate;
mod certificate_order;
mod directory;
mod error;
mod event;
mod failing_caller;
mod fault;
mod finding;
mod gateway;
mod gateway_probe;
mod gateway_test;
mod greeting_row;
mod lamp;
mod mailbox_pin;
mod mailbox_row;
mod message_row;
mod missed_call_row;
mod pin;
mod prompt;
mod provisioning;
mod route_test;
mod site;
mod status;
mod test_call;
mod tls_failure;
mod trace;
mod trust;

pub use address::{MailboxAddress, MailboxAddressError};
pub use authority::{
    AuthorityFacts, FoundAuthority, IssuedCertificate, IssuedRow, LeafOrder, Pkcs12Order, RevocationListText,
    RevokeOrder, RevokedCertificate, SecretText,
};
pub use bundle::{BundleFile, GatewayBundle};
pub use call::{CallQuery, LiveCall};
pub use call_record::{
    CallGrouping, CallRecordQuery, CallRecordRow, CallReportQuery, CallReportRow, PostureQuery,
    PostureReport, PostureRow, Used,
};
pub use certificate::{
    CertificateCandidate, CertificateDetails, CertificateExplanation, CertificateFacts, CertificateRow,
    PresentedCertificate, days_left,
};
pub use certificate_order::{
    CertificateChanged, ExpiryQuery, ExpiryRow, ExplainQuery, ExportPkcs12, ExportedFile, FileContent,
    GenerateCertificate, ImportCertificate, MadeSigningRequest, MakeSigningRequest, Password,
    PreferCertificate,
};
pub use directory::{DirectoryEntry, DirectoryFound, DirectoryQuery};
pub use error::{ApiError, ErrorDetail, code, remedy_apart};
pub use event::{EventQuery, EventRow};
pub use failing_caller::{CallersForgiven, FailingCallerQuery, FailingCallerRow, ForgiveQuery};
pub use fault::FaultOrder;
pub use finding::{Finding, FindingGrade};
pub use gateway::{DisableGateway, GatewayChange, GatewayDetails, GatewayDisabled, GatewayRow, NewGateway};
pub use gateway_probe::{GatewayProbe, PeerCertificate};
pub use gateway_test::{GatewayTest, GatewayTested};
pub use greeting_row::{AwayDays, ClockWord, GreetingName, GreetingRow, OptionsPatch, OptionsRow};
pub use lamp::{LampQuery, LampRow, LampsRefreshed};
pub use mailbox_pin::{PinFacts, SetPin, UnlockedMailbox};
pub use mailbox_row::{
    EnableMailbox, EnabledMailbox, ImportMailboxes, ImportRow, ImportedMailboxes, MadePin, MailboxPatch,
    MailboxQuery, MailboxRow,
};
pub use message_row::{DAMAGED_HEADER, MessageQuery, MessageRow};
pub use missed_call_row::{AllMissedCallsQuery, MissedCallQuery, MissedCallRow};
pub use pin::PinText;
pub use prompt::{AnnouncementRow, PromptImport, PromptQuery, PromptRow, PromptVoice};
pub use provisioning::{AddDevices, NewDeviceVendor, SetDeviceVendor, SetTemplate, TemplateFile};
pub use route_test::{
    RouteAnswer, RouteOutcome, RouteQuestion, RouteReached, RouteRefused, RouteTaken, RouteTransport,
};
pub use site::{ApplySite, Changed, Done, SiteApplied, Warning};
pub use status::{CallCounts, MediaFacts, ServerState, SipFacts, SiteFacts, StatusFacts, StoreFacts};
pub use test_call::{
    OpenTestLine, OpenedTestLine, ShownCertificate, TestCallMedia, TestCallPlan, TestCallQuestion,
    TestCallRefusal, TestCallReport,
};
pub use tls_failure::{SeenCertificate, TlsFailureQuery, TlsFailureRow};
pub use trace::{TraceQuery, TraceRow};
pub use trust::{
    ApprovePeer, CrlRow, CrlSource, NewTrustedRoots, PendingPeerRow, TrustFile, TrustHow, TrustedRootRow,
};
