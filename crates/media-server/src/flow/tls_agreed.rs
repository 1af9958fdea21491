use call_control::TlsAgreed;
use tokio_rustls::rustls::{CommonState, ProtocolVersion};

/// What a handshake agreed on; `None` before its end.
pub fn tls_agreed(connection: &CommonState) -> Option<TlsAgreed> {
    let version = match connection.protocol_version()? {
        ProtocolVersion::TLSv1_2 => "TLS 1.2",
        ProtocolVersion::TLSv1_3 => "TLS 1.3",
        // No other one is ever offered or taken.
        _ => return None,
    };
    let cipher = connection.negotiated_cipher_suite()?.suite().as_str().unwrap_or("unknown");
    Some(TlsAgreed { version, cipher })
}
