//! Does what the probes of gateways ask for, and tells them what came of it.
use std::{net::SocketAddr, sync::Arc, time::Instant};

use sip_signaling::{FlowId, Origin, PeerName, Response, Transport, UserKey};

use super::{SignalingCore, ways::Seeker};
use crate::{
    gateway_probe::{ProbeAttempt, ProbeOutput, Question},
    moment::Moment,
    vocabulary::{Flow, Output, PeerIdentity},
};

impl SignalingCore {
    /// The gateways of the Site are probed, unless the server is stopping.
    pub(super) fn follow_gateways(&mut self, now: Instant) {
        let Self { probes, site, service, .. } = self;
        if !service.draining {
            probes.follow(site, now);
        }
    }

    /// Until the probes ask for nothing more.
    pub(super) fn advance_probes(&mut self, at: Moment) {
        while let Some(output) = self.probes.poll_output() {
            match output {
                ProbeOutput::Open { attempt, gateway, transport, aim } => {
                    let order = self.endpoint.order_own_flow(gateway, transport, aim);
                    self.sought.insert(order.ticket, Seeker::Probe(attempt));
                    self.outputs.push_back(Output::OpenFlow(order));
                }
                ProbeOutput::Ask(question) => self.send_options(question, at),
                ProbeOutput::Abandon(transaction) => self.endpoint.abandon(transaction),
                ProbeOutput::Event(event) => self.outputs.push_back(Output::Event(event)),
                ProbeOutput::Report(report) => {
                    self.lamps.gateway_probed(&report, at);
                    self.outputs.push_back(Output::GatewayProbed(report));
                }
                ProbeOutput::Forget { gateway, class } => {
                    self.lamps.gateway_unprobed(&gateway, class);
                    self.outputs.push_back(Output::GatewayUnprobed { gateway, class });
                }
            }
        }
        self.drain_endpoint(None, at);
    }

    /// `arrival` is the flow on which the answer came.
    pub(super) fn probe_answered(
        &mut self,
        user: UserKey,
        response: &Response,
        arrival: Option<&Flow>,
        at: Moment,
    ) {
        let certificate = match arrival.map(|flow| &flow.peer) {
            Some(PeerIdentity::Certificate(certified)) => Some(Arc::clone(certified)),
            Some(PeerIdentity::Address) | None => None,
        };
        self.probes.answered(ProbeAttempt(user.0), response, certificate, at.now, at.date);
    }

    /// A way of our own to a gateway, with the address that it shows of us.
    ///
    /// # Errors
    /// There is no route, in words.
    pub(super) fn own_way(
        &self,
        gateway: PeerName,
        transport: Transport,
        flow: FlowId,
        remote: SocketAddr,
    ) -> Result<Origin, String> {
        let address = self.settings.local_route.source_towards(remote.ip());
        let address = address.ok_or_else(|| format!("this machine has no route to {}", remote.ip()))?;
        let ports = self.settings.sip_ports;
        let port = match transport {
            Transport::Udp | Transport::Tcp => ports.clear,
            Transport::Tls => ports.tls,
        };
        let local = SocketAddr::new(address, port.unwrap_or_default());
        Ok(Origin { flow, transport, local, remote, peers: Arc::from([gateway]) })
    }

    fn send_options(&mut self, question: Question, at: Moment) {
        let Question { attempt, gateway, target, flow, transport, remote } = question;
        let way = match self.own_way(gateway, transport, flow, remote) {
            Ok(way) => way,
            Err(reason) => return self.probes.no_way(attempt, &reason, at.now, at.date),
        };
        match self.endpoint.options(UserKey(attempt.0), target, &way, at.now) {
            Ok(transaction) => self.probes.asked(attempt, transaction),
            Err(refused) => self.probes.no_way(attempt, &refused.to_string(), at.now, at.date),
        }
    }
}
