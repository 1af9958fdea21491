//! The caller against a TLS server of rustls' own making.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise, its helpers too")]

use std::{net::SocketAddr, sync::Arc};

use caller::{
    Alert, CallPlan, CertificateRequest, Line, TestAuthority, TestIdentity, TlsPlan, TlsVersion, Validity,
};
use rustls::{
    RootCertStore, ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::WebPkiClientVerifier,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

/// The answer to a request: its own Via, as its branch is what a caller knows the answer by.
fn ok_to(request: &[u8]) -> String {
    let request = std::str::from_utf8(request).unwrap();
    let via = request.lines().find(|line| line.starts_with("Via:")).unwrap();
    format!(
        "SIP/2.0 200 Fine\r\n{via}\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\nCall-ID: 1\r\n\
         CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
    )
}

/// A server `um.test` that answers one request of anybody whom `root` vouches for; gives its own certificate too.
async fn server(root: &TestAuthority) -> (SocketAddr, String) {
    let own = TestIdentity::self_signed(&CertificateRequest::named("um.test")).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(root.certificate_pem().as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier.build().unwrap())
        .with_single_cert(
            vec![CertificateDer::from_pem_slice(own.certificate_pem().as_bytes()).unwrap()],
            PrivateKeyDer::from_pem_slice(own.key_pem().as_bytes()).unwrap(),
        )
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        if let Ok(mut stream) = acceptor.accept(stream).await {
            let mut request = [0; 2048];
            let length = stream.read(&mut request).await.unwrap();
            stream.write_all(ok_to(&request[..length]).as_bytes()).await.unwrap();
            stream.shutdown().await.unwrap();
        }
    });
    (address, own.certificate_pem().to_owned())
}

async fn ask(
    root: &TestAuthority,
    identity: Option<TestIdentity>,
    name: &str,
    version: TlsVersion,
) -> anyhow::Result<u16> {
    let (address, certificate) = server(root).await;
    let mut tls = TlsPlan::new(identity, &certificate, name);
    tls.version = Some(version);
    let mut line = Line::open(CallPlan::new(address, "5000").over_tls(tls)).await?;
    assert_eq!(line.tls_version(), Some(version));
    let answer = line.options().await?;
    assert_eq!(line.receive().await.unwrap(), None);
    Ok(answer.status)
}

#[tokio::test]
async fn trusted_identity_is_answered_and_a_refused_one_is_told_the_alert_in_both_versions() {
    let root = TestAuthority::new("Root").unwrap();
    let other = TestAuthority::new("Other").unwrap();
    let request = CertificateRequest::named("gw1.test");
    let identities = [
        Some(root.issue(&request).unwrap()),
        None,
        Some(root.issue(&request.clone().holding(Validity::Expired)).unwrap()),
        Some(other.issue(&request).unwrap()),
    ];
    for version in [TlsVersion::Tls12, TlsVersion::Tls13] {
        let mut got = Vec::new();
        for identity in &identities {
            let asked = ask(&root, identity.clone(), "um.test", version).await;
            got.push(asked.map_err(|error| Alert::of(&error)));
        }

        assert_eq!(
            got,
            [Ok(200), Err(Some(Alert(116))), Err(Some(Alert(45))), Err(Some(Alert(48)))],
            "{version:?}"
        );
    }
}

#[tokio::test]
async fn server_with_another_name_is_not_spoken_to() {
    let root = TestAuthority::new("Root").unwrap();
    let identity = root.issue(&CertificateRequest::named("gw1.test")).unwrap();

    let error = ask(&root, Some(identity), "elsewhere.test", TlsVersion::Tls13).await.unwrap_err();

    assert_eq!(Alert::of(&error), None);
    assert!(format!("{error:#}").contains("not valid for name"), "{error:#}");
}
