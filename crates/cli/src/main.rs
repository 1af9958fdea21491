//! The `um` command: starts the server, and talks to the running one over its local socket.
//!
//! stdout is data, stderr is talk. Exit codes: 0 done, 1 the answer is no, 2 could not run.

mod attendant;
mod bundle;
mod ca;
mod calls;
mod cert;
mod certificate_file;
mod client;
mod completions;
mod csv;
mod demo;
mod device_file;
mod dialling;
mod dialplan;
mod docs;
mod doctor;
mod events;
mod failure;
mod gateway;
mod gateway_probes;
mod greeting;
mod huntgroup;
mod mailbox;
mod mailbox_file;
mod mailbox_pin;
mod message;
mod mwi;
mod new_file;
mod phone_options;
mod pin_entry;
mod pin_guard;
mod policy;
mod prompt;
mod provisioning;
mod report;
mod reports;
mod serve;
mod site;
mod status;
mod test;
mod test_call;
mod test_gateway;
mod tls;
mod trace;
mod trust;
mod trust_options;
mod voice_folder;
mod words;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::client::Place;
use crate::failure::Failure;

/// Version and commit, as `um --version` prints them.
const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (", env!("UM_COMMIT"), ")");

/// A secure Unified Messaging server: takes voice messages from PBXes and IP gateways.
#[derive(Debug, Parser)]
#[command(name = "um", version = VERSION, infer_subcommands = false, max_term_width = 100)]
pub(crate) struct Um {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    command: Command,
}

/// What `um` can do.
#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server in the foreground until SIGTERM or SIGINT.
    Serve,
    /// Show the running server: state, ports, calls, configuration, store.
    Status(report::Format),
    /// List all that deserves a look, with what mends it: the server's own state, the configuration, gateways, certificates,
    /// lamps, PINs. Exit 1 if calls fail by something of it.
    Doctor(report::Format),
    /// Dial plans: one set of mailboxes with one security mode.
    #[command(subcommand)]
    Dialplan(dialplan::DialPlanCommand),
    /// Gateways: the PBXes and IP gateways that send us calls.
    #[command(subcommand)]
    Gateway(gateway::GatewayCommand),
    /// Hunt groups: which pilot number of a gateway belongs to which dial plan.
    #[command(subcommand)]
    Huntgroup(huntgroup::HuntGroupCommand),
    /// Mailbox policies: PIN rules that the mailboxes of a plan share.
    #[command(subcommand)]
    Policy(policy::PolicyCommand),
    /// Auto attendants: menus that answer a pilot number, by the hour and the day.
    #[command(subcommand)]
    Attendant(attendant::AttendantCommand),
    /// Mailboxes. EXT is an extension, or EXT@PLAN where several plans have it.
    #[command(subcommand)]
    Mailbox(mailbox::MailboxCommand),
    /// Callers with wrong PINs: after too many, for a day, theirs are refused unread.
    #[command(subcommand)]
    PinGuard(pin_guard::PinGuardCommand),
    /// Voice messages.
    #[command(subcommand)]
    Message(message::MessageCommand),
    /// What callers hear: the built-in voices, and audio of your own in their place.
    #[command(subcommand)]
    Prompt(prompt::PromptCommand),
    /// Certificates: what this server shows to its peers, and why.
    #[command(subcommand)]
    Cert(cert::CertCommand),
    /// A small CA for gateways: certificates for both sides of mutual TLS.
    #[command(subcommand)]
    Ca(ca::CaCommand),
    /// Trusted CAs and their revocation lists: whose certificates are taken for gateways'.
    #[command(subcommand)]
    Trust(trust::TrustCommand),
    /// Telephones that fetch their settings over HTTPS with the certificate of their vendor.
    #[command(subcommand)]
    Provisioning(provisioning::ProvisioningCommand),
    /// Calls that are up, and those that are over.
    #[command(subcommand)]
    Calls(calls::CallsCommand),
    /// What calls add up to, and what they were really protected by.
    #[command(subcommand)]
    Report(reports::ReportCommand),
    /// Message waiting: the lamps of telephones.
    #[command(subcommand)]
    Mwi(mwi::MwiCommand),
    /// What happened: starts, refusals, stored messages; docs/events.md lists the kinds.
    Events(events::Events),
    /// TLS with gateways: the handshakes that failed.
    #[command(subcommand)]
    Tls(tls::TlsCommand),
    /// Show the last 1,000 SIP messages of each gateway, decrypted, with keys, credentials and digits blanked.
    Trace(trace::Trace),
    /// Print counters and gauges in the text format of Prometheus.
    Metrics,
    /// Questions to the running server that change nothing.
    #[command(subcommand)]
    Test(test::TestCommand),
    /// The whole configuration as one TOML file.
    #[command(subcommand)]
    Site(site::SiteCommand),
    /// Start a throw-away server, place a real call for each way in, and print what came of it.
    Demo(demo::Demo),
    /// Print a completion script for a shell.
    Completions(completions::Completions),
    /// Print the reference pages from the tables in the program.
    #[command(subcommand, hide = true)]
    Docs(docs::DocsCommand),
}

fn main() -> ExitCode {
    let um = Um::parse();
    match run(um) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.tell(),
    }
}

fn run(um: Um) -> Result<(), Failure> {
    let place = um.place;
    match um.command {
        Command::Serve => on_all_cores(serve::run(&place)),
        Command::Demo(demo) => on_all_cores(demo::run_demo(demo)),
        Command::Completions(completions) => completions.run(),
        Command::Docs(docs) => docs.run(),
        Command::Status(format) => on_one_core(status::run(&place.client()?, format)),
        Command::Doctor(format) => on_one_core(doctor::run(&place.client()?, format)),
        Command::Dialplan(command) => on_one_core(command.run(&place.client()?)),
        Command::Gateway(command) => on_one_core(command.run(&place.client()?)),
        Command::Huntgroup(command) => on_one_core(command.run(&place.client()?)),
        Command::Policy(command) => on_one_core(command.run(&place.client()?)),
        Command::Attendant(command) => on_one_core(command.run(&place.client()?)),
        Command::Mailbox(command) => on_one_core(command.run(&place.client()?)),
        Command::PinGuard(command) => on_one_core(command.run(&place.client()?)),
        Command::Message(command) => on_one_core(command.run(&place.client()?)),
        Command::Prompt(command) => on_one_core(command.run(&place.client()?)),
        Command::Cert(command) => on_one_core(command.run(&place.client()?)),
        Command::Ca(command) => on_one_core(command.run(&place.client()?)),
        Command::Trust(command) => on_one_core(command.run(&place.client()?)),
        Command::Provisioning(command) => on_one_core(command.run(&place.client()?)),
        Command::Calls(command) => on_one_core(command.run(&place.client()?)),
        Command::Report(command) => on_one_core(command.run(&place.client()?)),
        Command::Mwi(command) => on_one_core(command.run(&place.client()?)),
        Command::Events(events) => on_one_core(events.run(&place.client()?)),
        Command::Tls(command) => on_one_core(command.run(&place.client()?)),
        Command::Trace(trace) => on_one_core(trace.run(&place.client()?)),
        Command::Metrics => on_one_core(metrics(&place.client()?)),
        Command::Test(command) => on_one_core(command.run(&place.client()?)),
        Command::Site(command) => on_one_core(command.run(&place.client()?)),
    }
}

/// `um metrics`
async fn metrics(client: &client::Client) -> Result<(), Failure> {
    report::text(&client.text(&client::path(&["metrics"])).await?)
}

/// A command that asks the server and prints the answer.
fn on_one_core(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| no_runtime(&error))?.block_on(work)
}

/// The server itself.
fn on_all_cores(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|error| no_runtime(&error))?.block_on(work)
}

fn no_runtime(error: &std::io::Error) -> Failure {
    Failure::could_not_run(
        format!("the runtime cannot start: {error}"),
        "check the limits of this user (ulimit -a)",
    )
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn command_table_is_sound() {
        Um::command().debug_assert();
    }

    #[test]
    fn version_names_version_and_commit() {
        assert!(VERSION.starts_with(concat!(env!("CARGO_PKG_VERSION"), " (")), "{VERSION}");
    }
}
