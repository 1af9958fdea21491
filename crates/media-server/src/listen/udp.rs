use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use bytes::Bytes;
use call_control::{Flow, Input, PeerIdentity};
use sip_signaling::{FlowId, Transport};
use tokio::net::UdpSocket;

use super::{canonical, local_towards};
use crate::core::Inbox;

/// A SIP message over UDP may fill a datagram.
const LARGEST_DATAGRAM: usize = 65_535;

/// Reads datagrams until the core is gone.
pub async fn read(socket: Arc<UdpSocket>, flow: FlowId, inbox: Inbox) {
    let Ok(bound) = socket.local_addr() else { return };
    let mut buffer = vec![0; LARGEST_DATAGRAM];
    let mut last_local: Option<(IpAddr, SocketAddr)> = None;
    loop {
        // ECONNREFUSED and the like tell of an earlier send; the socket lives on.
        let Ok((length, remote)) = socket.recv_from(&mut buffer).await else { continue };
        let Some(datagram) = buffer.get(..length) else { continue };
        let remote = canonical(remote);
        let local = match last_local {
            Some((peer, local)) if peer == remote.ip() => local,
            _ => local_towards(bound, remote.ip()),
        };
        last_local = Some((remote.ip(), local));
        let flow = Flow { id: flow, transport: Transport::Udp, local, remote, peer: PeerIdentity::Address };
        if inbox
            .offer_message(Input::Message { flow, bytes: Bytes::copy_from_slice(datagram) }, datagram)
            .is_gone()
        {
            return;
        }
    }
}
