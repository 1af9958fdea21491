//! The dial-plan manager: one validated [`Site`] holds dial plans and their modes, gateways, hunt groups and mailbox
//! policies; it is changed whole or not at all, and it says where a call goes.
//!
//! The one rule: a [`Site`] that exists is valid. Every way of making one checks it, and every refusal names its rule
//! and the command that mends it.
//!
//! ```
//! use dial_plan::{CallFacts, DialPlan, IpGateway, Name, Site, SiteChange, VoipSecurity};
//!
//! let mut plan = DialPlan::new(Name::parse("hq").unwrap(), 4);
//! plan.voip_security = VoipSecurity::Unsecured; // a new plan is Secured unless told otherwise
//! let gateway = IpGateway::new(Name::parse("gw1").unwrap(), "192.0.2.1".parse().unwrap());
//! let hq = plan.name.clone();
//! let (site, _) = Site::empty().apply(&SiteChange::CreateDialPlan(plan)).unwrap();
//! let (site, _) = site.apply(&SiteChange::CreateGateway { gateway, dial_plan: Some(hq) }).unwrap();
//!
//! let facts = CallFacts { gateways: &["gw1"], request_user: "5000", diversions: &["4001"], ..CallFacts::default() };
//! let route = site.route(&facts).unwrap();
//! assert_eq!(route.dial_plan.as_str(), "hq");
//! assert_eq!(route.candidates[0].rewritten, "4001");
//! ```
#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

mod address;
mod attendant;
mod called_number;
mod candidates;
mod change;
mod clear_pins;
mod clearable;
mod dialling_rules;
mod difference;
mod gateway;
mod hunt_group;
mod mask;
mod mode;
mod name;
mod object_kind;
mod peer_checks;
mod plan;
mod plan_greetings;
mod policy;
mod provisioning;
mod quota;
mod refusal;
mod routing;
mod site;
mod time_zone;
mod trust;
mod trusted_root;
mod validation;
mod warning;

pub use address::{AddressError, GatewayAddress, Host};
pub use attendant::{
    AttendantMenu, AttendantPatch, AutoAttendant, BadHours, BadKeyAction, BusinessHours, Holiday, HoursRange,
    KeyAction, KeyChange, KeyMapping, MenuChange, MenuKey, MenuNow, MenuTime, Moment, NameLookup, WeekMinute,
};
pub use called_number::canonical_user;
pub use candidates::{CandidateSource, MailboxCandidate};
pub use change::SiteChange;
pub use dialling_rules::{
    DialMask, DialMaskError, DialPermissions, DialPermissionsPatch, Dialled, DialledBy, DiallingRefusal,
    DiallingRule, DiallingScope, NumberHolder,
};
pub use gateway::{
    CallerIdSource, ClearTransport, GatewayPatch, GatewayStatus, IpGateway, PilotSource, Redirecting,
    SrtcpClear, SrtpAnswer, WhileSilent,
};
pub use hunt_group::HuntGroup;
pub use mask::{Mask, MaskError, NumberRule, Pilot};
pub use mode::{UnknownWord, VoipSecurity};
pub use name::{Name, NameError};
pub use object_kind::ObjectKind;
pub use peer_checks::{CrlCheck, TlsVerify};
pub use plan::{DialPlan, DialPlanPatch, KeyLayout, SrtpPrefer, SubscriberAccess, UriType};
pub use plan_greetings::{PlanGreetings, PlanGreetingsPatch};
pub use policy::{MailboxPolicy, PolicyPatch};
pub use provisioning::{
    BadProfilePath, BadTemplate, Device, DeviceClaims, DeviceId, DeviceIdError, DeviceVendor,
    DeviceVendorPatch, NamesBy, ProfileFormat, ProfileRequest, ProfileSetting, ProfileTemplate,
    TemplateChange, VendorRoot,
};
pub use quota::{MailboxQuota, QuotaPatch};
pub use refusal::SiteError;
pub use routing::{CallFacts, PlanService, Route, RouteRefusal};
pub use site::Site;
pub use time_zone::time_zone;
pub use trust::{AnchorKind, TrustAnchor, TrustChange};
pub use trusted_root::TrustedRoot;
pub use warning::SiteWarning;
