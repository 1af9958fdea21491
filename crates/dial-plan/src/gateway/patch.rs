use serde::{Deserialize, Serialize};

use super::{
    CallerIdSource, ClearTransport, GatewayStatus, IpGateway, PilotSource, Redirecting, SrtcpClear,
    SrtpAnswer, WhileSilent,
};
use crate::{
    address::{GatewayAddress, Host},
    peer_checks::{CrlCheck, TlsVerify},
    trust::TrustChange,
};

/// The settings of a gateway that may change; what is `None` stays. Number rules have changes of their own.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct GatewayPatch {
    /// See [`IpGateway::address`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<GatewayAddress>,
    /// The whole new list; an empty one means the gateway's own address again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connect: Option<Vec<Host>>,
    /// See [`IpGateway::port`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// See [`IpGateway::tls_port`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_port: Option<u16>,
    /// See [`IpGateway::transport`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transport: Option<ClearTransport>,
    /// See [`IpGateway::status`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<GatewayStatus>,
    /// See [`IpGateway::out_calls`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub out_calls: Option<bool>,
    /// See [`IpGateway::message_waiting`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_waiting: Option<bool>,
    /// See [`IpGateway::mwi_priority`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mwi_priority: Option<u8>,
    /// See [`IpGateway::symmetric_rtp`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub symmetric_rtp: Option<bool>,
    /// See [`IpGateway::media_timeout_seconds`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_timeout_seconds: Option<u32>,
    /// See [`IpGateway::media_while_silent`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_while_silent: Option<WhileSilent>,
    /// See [`IpGateway::answer_delay_ms`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer_delay_ms: Option<u16>,
    /// See [`IpGateway::redirecting`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirecting: Option<Redirecting>,
    /// See [`IpGateway::caller_id`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caller_id: Option<CallerIdSource>,
    /// See [`IpGateway::pilot_from`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pilot_from: Option<PilotSource>,
    /// See [`IpGateway::accept_cn`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accept_cn: Option<bool>,
    /// See [`IpGateway::srtcp_clear`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub srtcp_clear: Option<SrtcpClear>,
    /// See [`IpGateway::srtp_answer`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub srtp_answer: Option<SrtpAnswer>,
    /// See [`IpGateway::own_roots_only`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub own_roots_only: Option<bool>,
    /// See [`IpGateway::crl`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crl: Option<CrlCheck>,
    /// See [`IpGateway::tls_verify`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_verify: Option<TlsVerify>,
    /// See [`IpGateway::accept_server_eku`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accept_server_eku: Option<bool>,
    /// The new [`IpGateway::certificate_owner`]; an empty text takes the binding away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_owner: Option<String>,
    /// The new [`IpGateway::refer_domain`]; an empty text goes back to the gateway's Contact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refer_domain: Option<String>,
    /// What becomes of [`IpGateway::trust`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trust: Option<TrustChange>,
}

impl IpGateway {
    /// The gateway with the settings of `patch` in place of its own.
    #[must_use]
    pub fn patched(&self, patch: &GatewayPatch) -> Self {
        let mut gateway = self.clone();
        if let Some(address) = &patch.address {
            gateway.address = address.clone();
        }
        if let Some(connect) = &patch.connect {
            gateway.connect.clone_from(connect);
        }
        gateway.port = patch.port.unwrap_or(gateway.port);
        gateway.tls_port = patch.tls_port.unwrap_or(gateway.tls_port);
        gateway.transport = patch.transport.unwrap_or(gateway.transport);
        gateway.status = patch.status.unwrap_or(gateway.status);
        gateway.out_calls = patch.out_calls.unwrap_or(gateway.out_calls);
        gateway.message_waiting = patch.message_waiting.unwrap_or(gateway.message_waiting);
        gateway.mwi_priority = patch.mwi_priority.unwrap_or(gateway.mwi_priority);
        gateway.symmetric_rtp = patch.symmetric_rtp.unwrap_or(gateway.symmetric_rtp);
        gateway.media_timeout_seconds = patch.media_timeout_seconds.unwrap_or(gateway.media_timeout_seconds);
        gateway.media_while_silent = patch.media_while_silent.unwrap_or(gateway.media_while_silent);
        gateway.answer_delay_ms = patch.answer_delay_ms.unwrap_or(gateway.answer_delay_ms);
        gateway.redirecting = patch.redirecting.unwrap_or(gateway.redirecting);
        gateway.caller_id = patch.caller_id.unwrap_or(gateway.caller_id);
        gateway.pilot_from = patch.pilot_from.unwrap_or(gateway.pilot_from);
        gateway.accept_cn = patch.accept_cn.unwrap_or(gateway.accept_cn);
        gateway.srtcp_clear = patch.srtcp_clear.unwrap_or(gateway.srtcp_clear);
        gateway.srtp_answer = patch.srtp_answer.unwrap_or(gateway.srtp_answer);
        gateway.own_roots_only = patch.own_roots_only.unwrap_or(gateway.own_roots_only);
        gateway.crl = patch.crl.unwrap_or(gateway.crl);
        gateway.tls_verify = patch.tls_verify.unwrap_or(gateway.tls_verify);
        gateway.accept_server_eku = patch.accept_server_eku.unwrap_or(gateway.accept_server_eku);
        if let Some(owner) = &patch.certificate_owner {
            gateway.certificate_owner = (!owner.is_empty()).then(|| owner.clone());
        }
        if let Some(domain) = &patch.refer_domain {
            gateway.refer_domain = (!domain.is_empty()).then(|| domain.clone());
        }
        if let Some(trust) = &patch.trust {
            gateway.trust = trust.applied(&gateway.trust);
        }
        gateway
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::Name;

    #[test]
    fn an_empty_owner_takes_the_binding_away() {
        let mut gateway = IpGateway::new(Name::parse("gw1").unwrap(), "gw1.example.com".parse().unwrap());
        gateway.certificate_owner = Some("partner".to_owned());

        let patch: GatewayPatch = serde_json::from_str(r#"{"certificate_owner":""}"#).unwrap();
        let same: GatewayPatch = serde_json::from_str("{}").unwrap();

        assert_eq!(gateway.patched(&patch).certificate_owner, None);
        assert_eq!(gateway.patched(&same).certificate_owner.as_deref(), Some("partner"));
    }
}
