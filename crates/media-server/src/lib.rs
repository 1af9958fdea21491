//! The server: sockets, clocks, tasks and threads around the machines of the lower layers.
//!
//! `listen` accepts, `flow` keeps what was accepted, `core` drives the one [`call_control::SignalingCore`], `media` runs
//! the media workers, `gateways` resolves addresses, `observe` writes events down, `admin` answers the command line,
//! `health` answers monitoring,
//! `config` reads `um.toml`. The one rule: nothing here decides about a call; it only carries.

pub mod admin;
pub mod config;
mod core;
mod flow;
mod gateways;
mod health;
mod http;
mod lamps;
mod listen;
mod media;
mod observe;
mod prompts;
mod provisioning;
mod server;
mod trust;

pub use observe::metrics::{METRICS, MetricForm, MetricKind, MetricPart};
pub use server::{ReadyFacts, ServeError, serve};
