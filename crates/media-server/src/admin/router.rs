use std::sync::Arc;

use admin_api::{ApiError, code};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{delete, get, post, put};
use tokio::sync::watch;

use super::answer::{Refusal, no_such_method, no_such_path};
use super::{
    AdminState, attendants, authority, bundle, call_records, calls, certificate_files, certificate_orders,
    certificates, dial_plans, doctor, events, faults, gateway_test, gateways, greetings, hunt_groups, lamps,
    mailbox_import, mailbox_pins, mailboxes, messages, metrics, missed_calls, pending_peers, phone_options,
    pin_guard, policies, prompts, provisioning, recorded_names, route_test, site, status, test_call,
    tls_failures, trace, trusted_roots,
};

/// The longest body: an import of 10,000 mailboxes has some 2 MB.
const LONGEST_BODY: usize = 16 * 1024 * 1024;

/// A revocation list of 32 MiB in PEM form.
const LONGEST_LIST: usize = 48 * 1024 * 1024;

/// Five minutes of 48 kHz, two channels, 24 bits; ten minutes of 16 bits and one channel have 58 MB.
const LONGEST_AUDIO: usize = 96 * 1024 * 1024;

/// What every request function gets.
pub(super) struct Desk {
    pub(super) state: AdminState,
    /// Turns true when the server stops: who waits for events stops waiting.
    pub(super) stopping: watch::Receiver<bool>,
}

impl Desk {
    /// A mistyped name is told of, instead of finding nothing.
    pub(super) fn known_gateway(&self, name: &str) -> Result<(), Refusal> {
        match self.state.site.current().gateway(name) {
            Some(_) => Ok(()),
            None => Err(Refusal(ApiError::new(
                code::NOT_FOUND,
                format!("gateway {name}"),
                format!("there is no gateway `{name}`"),
                "run `um gateway list` to see the names",
            ))),
        }
    }
}

/// Every path of the API.
pub(super) fn router(desk: Arc<Desk>) -> Router {
    Router::new()
        .route("/v1/status", get(status::show))
        .route("/v1/findings", get(doctor::examine))
        .route("/v1/dial-plans", get(dial_plans::list).post(dial_plans::create))
        .route(
            "/v1/dial-plans/{name}",
            get(dial_plans::show).patch(dial_plans::set).delete(dial_plans::remove),
        )
        .route("/v1/dial-plans/{name}/dialling-rules", post(dial_plans::add_rule))
        .route("/v1/dial-plans/{name}/dialling-rules/{group}/{mask}", delete(dial_plans::remove_rule))
        .route("/v1/dial-plans/{name}/directory", get(attendants::directory))
        .route("/v1/dial-plans/{name}/directory/{number}", get(attendants::holder))
        .route("/v1/attendants", get(attendants::list).post(attendants::create))
        .route(
            "/v1/attendants/{name}",
            get(attendants::show).patch(attendants::set).delete(attendants::remove),
        )
        .route("/v1/gateways", get(gateways::list).post(gateways::create))
        .route("/v1/gateways/{name}", get(gateways::show).patch(gateways::set).delete(gateways::remove))
        .route("/v1/gateways/{name}/disable", post(gateways::disable))
        .route("/v1/gateways/{name}/approve", post(pending_peers::approve))
        .route("/v1/pending-peers", get(pending_peers::list))
        .route("/v1/trust", get(trusted_roots::list).post(trusted_roots::add))
        .route("/v1/trust/{root}", get(trusted_roots::show).delete(trusted_roots::remove))
        .route(
            "/v1/trust/{root}/crl",
            put(trusted_roots::take_list).layer(DefaultBodyLimit::max(LONGEST_LIST)),
        )
        .route("/v1/trust/{root}/crl-source", put(trusted_roots::fetch_list))
        .route("/v1/provisioning/vendors", get(provisioning::list_vendors).post(provisioning::add_vendor))
        .route(
            "/v1/provisioning/vendors/{name}",
            get(provisioning::show_vendor)
                .patch(provisioning::set_vendor)
                .delete(provisioning::remove_vendor),
        )
        .route("/v1/provisioning/devices", get(provisioning::list_devices).post(provisioning::add_devices))
        .route(
            "/v1/provisioning/devices/{id}",
            get(provisioning::show_device).delete(provisioning::remove_device),
        )
        .route(
            "/v1/gateways/{name}/number-rules",
            get(gateways::number_rules).post(gateways::add_number_rule),
        )
        .route("/v1/gateways/{name}/number-rules/{from}", delete(gateways::remove_number_rule))
        .route("/v1/hunt-groups", get(hunt_groups::list).post(hunt_groups::create))
        .route("/v1/hunt-groups/{name}", delete(hunt_groups::remove))
        .route("/v1/policies", get(policies::list).post(policies::create))
        .route("/v1/policies/{name}", get(policies::show).patch(policies::set).delete(policies::remove))
        .route("/v1/mailboxes", get(mailboxes::list).post(mailboxes::enable))
        .route("/v1/mailboxes/import", post(mailbox_import::import))
        .route(
            "/v1/mailboxes/{address}",
            get(mailboxes::show).patch(mailboxes::set).delete(mailboxes::disable),
        )
        .route(
            "/v1/mailboxes/{address}/recorded-name",
            put(recorded_names::set).delete(recorded_names::remove),
        )
        .route("/v1/mailboxes/{address}/pin", put(mailbox_pins::set))
        .route("/v1/mailboxes/{address}/pin/reset", post(mailbox_pins::reset))
        .route("/v1/mailboxes/{address}/unlock", post(mailbox_pins::unlock))
        .route("/v1/mailboxes/{address}/greetings", get(greetings::list))
        .route(
            "/v1/mailboxes/{address}/greetings/{greeting}",
            put(greetings::set).delete(greetings::remove).layer(DefaultBodyLimit::max(LONGEST_AUDIO)),
        )
        .route("/v1/mailboxes/{address}/greetings/{greeting}/audio.wav", get(greetings::audio))
        .route("/v1/mailboxes/{address}/options", get(phone_options::show).patch(phone_options::set))
        .route("/v1/mailboxes/{address}/missed-calls", get(missed_calls::list))
        .route("/v1/pin-guard", get(pin_guard::list))
        .route("/v1/pin-guard/{gateway}", delete(pin_guard::clear))
        .route("/v1/missed-calls", get(missed_calls::list_all))
        .route("/v1/mailboxes/{address}/messages", get(messages::list))
        .route("/v1/mailboxes/{address}/messages/{id}/restore", post(messages::restore))
        .route("/v1/mailboxes/{address}/messages/{id}", get(messages::show).delete(messages::remove))
        .route("/v1/mailboxes/{address}/messages/{id}/audio.wav", get(messages::audio))
        .route("/v1/prompts", get(prompts::list))
        .route(
            "/v1/prompts/{language}/{key}",
            put(prompts::replace).delete(prompts::restore).layer(DefaultBodyLimit::max(LONGEST_AUDIO)),
        )
        .route("/v1/prompts/{language}/{key}/audio.wav", get(prompts::export))
        .route("/v1/announcements", get(prompts::announcements))
        .route(
            "/v1/announcements/{name}",
            put(prompts::keep_announcement)
                .delete(prompts::remove_announcement)
                .layer(DefaultBodyLimit::max(LONGEST_AUDIO)),
        )
        .route("/v1/announcements/{name}/audio.wav", get(prompts::export_announcement))
        .route("/v1/gateways/{name}/bundle", get(bundle::show))
        .route("/v1/authority", get(authority::show).post(authority::found))
        .route("/v1/authority/certificates", post(authority::issue))
        .route("/v1/authority/revoke", post(authority::revoke))
        .route("/v1/authority/crl", get(authority::crl))
        .route("/v1/certificates", get(certificates::list).post(certificate_orders::generate))
        .route("/v1/certificates/presented", get(certificates::presented))
        .route("/v1/certificates/expiry", get(certificates::expiry))
        .route("/v1/certificates/explain", get(certificates::explain))
        .route("/v1/certificates/preferred", put(certificate_orders::prefer))
        .route("/v1/certificates/requests", post(certificate_files::request))
        .route("/v1/certificates/import", post(certificate_files::import))
        .route("/v1/certificates/{thumbprint}/pkcs12", post(certificate_files::pkcs12))
        .route("/v1/certificates/reload", post(certificate_orders::reload))
        .route("/v1/certificates/{thumbprint}", get(certificates::show).delete(certificate_orders::remove))
        .route("/v1/certificates/{thumbprint}/activate", post(certificate_orders::activate))
        .route("/v1/certificates/{thumbprint}/deactivate", post(certificate_orders::deactivate))
        .route("/v1/test/route", post(route_test::route))
        .route("/v1/test/fault", post(faults::provoke))
        .route("/v1/test/gateway", post(gateway_test::gateway))
        .route("/v1/test/call", post(test_call::plan))
        .route("/v1/test/line", post(test_call::open))
        .route("/v1/test/line/{id}", get(test_call::report).delete(test_call::close))
        .route("/v1/calls", get(calls::list))
        .route("/v1/calls/{id}", get(calls::show).delete(calls::hang_up))
        .route("/v1/call-records", get(call_records::list))
        .route("/v1/reports/calls", get(call_records::report))
        .route("/v1/reports/posture", get(call_records::posture))
        .route("/v1/lamps", get(lamps::list))
        .route("/v1/lamps/refresh", post(lamps::refresh))
        .route("/v1/events", get(events::list))
        .route("/v1/tls/failures", get(tls_failures::list))
        .route("/v1/trace", get(trace::list))
        .route("/v1/metrics", get(metrics::show))
        .route("/v1/site", get(site::show).put(site::apply))
        .fallback(no_such_path)
        .method_not_allowed_fallback(no_such_method)
        .layer(DefaultBodyLimit::max(LONGEST_BODY))
        .with_state(desk)
}
