//! What the end-to-end tests stand on: the rig that runs the real `um`, and the ear that compares recordings.
//!
//! The one rule: a test sees the server only as its users do, over the wire and through the `um` command.

mod correlation;
mod meter;
mod program;
mod rig;
mod scripted;
mod secrets;
mod three_plans;
mod voice;

pub use correlation::{Alignment, align, recognise};
pub use meter::{Meter, Reading};
pub use program::{Ran, um_alone, um_binary};
pub use rig::{DOMAIN, FaultInjection, Server};
pub use scripted::{ScriptedDialog, ScriptedGateway, ScriptedRequest, answer_to};
pub use secrets::{Secrets, Writing};
pub use three_plans::{Mode, ThreePlans};
pub use voice::Voice;
