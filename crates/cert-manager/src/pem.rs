use base64::{Engine as _, engine::general_purpose::STANDARD};
use rustls::pki_types::{
    CertificateDer, PrivateKeyDer,
    pem::{self, PemObject},
};

/// Characters of base64 in a line (RFC 7468 section 2).
const LINE: usize = 64;

/// The certificates of a text, in its order; other sections are passed over.
pub(crate) fn certificates(text: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    CertificateDer::pem_slice_iter(text.as_bytes())
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| format!("the PEM text is broken: {}", fault(&error)))
}

/// What is wrong with a PEM text, in words.
pub(crate) fn fault(error: &pem::Error) -> String {
    // The first line of a section in a file, whatever stands there.
    let shown = |line: &[u8]| String::from_utf8_lossy(line).trim().escape_debug().collect::<String>();
    match error {
        pem::Error::MissingSectionEnd { end_marker } => {
            format!("it is cut off: END {} is missing", shown(end_marker))
        }
        pem::Error::IllegalSectionStart { line } => {
            format!("no section begins with `{}`", shown(line))
        }
        pem::Error::Base64Decode(detail) => format!("its letters are no base64: {detail}"),
        other => other.to_string(),
    }
}

/// The first private key of a text.
pub(crate) fn private_key(text: &str) -> Option<PrivateKeyDer<'static>> {
    PrivateKeyDer::from_pem_slice(text.as_bytes()).ok()
}

/// The text form of a certificate.
pub fn certificate_text(der: &[u8]) -> String {
    text("CERTIFICATE", der)
}

/// The text form of a request to a CA.
pub(crate) fn request_text(der: &[u8]) -> String {
    text("CERTIFICATE REQUEST", der)
}

/// The text form of a revocation list.
pub(crate) fn revocation_list_text(der: &[u8]) -> String {
    text("X509 CRL", der)
}

/// The text form of a private key in PKCS #8.
pub(crate) fn pkcs8_text(der: &[u8]) -> String {
    text("PRIVATE KEY", der)
}

/// The text form of a private key.
pub(crate) fn private_key_text(key: &PrivateKeyDer<'_>) -> String {
    match key {
        PrivateKeyDer::Pkcs1(key) => text("RSA PRIVATE KEY", key.secret_pkcs1_der()),
        PrivateKeyDer::Sec1(key) => text("EC PRIVATE KEY", key.secret_sec1_der()),
        other => text("PRIVATE KEY", other.secret_der()),
    }
}

fn text(label: &str, der: &[u8]) -> String {
    let mut text = format!("-----BEGIN {label}-----\n");
    for (place, character) in STANDARD.encode(der).chars().enumerate() {
        if place > 0 && place.is_multiple_of(LINE) {
            text.push('\n');
        }
        text.push(character);
    }
    text.push_str(&format!("\n-----END {label}-----\n"));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_text_has_lines_of_64_characters_and_reads_back() {
        let der = [7; 50];

        let text = certificate_text(&der);

        let lines: Vec<usize> = text.lines().map(str::len).collect();
        assert_eq!(lines, [27, 64, 4, 25]);
        assert_eq!(certificates(&text).unwrap(), [CertificateDer::from(der.to_vec())]);
    }

    #[test]
    fn text_that_is_cut_off_says_what_is_missing() {
        let text: String = certificate_text(&[7; 50]).chars().take(60).collect();

        assert_eq!(
            certificates(&text).unwrap_err(),
            "the PEM text is broken: it is cut off: END CERTIFICATE is missing"
        );
    }

    #[test]
    fn text_with_a_broken_section_is_refused_whole() {
        let text = format!(
            "{}-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n",
            certificate_text(&[7])
        );

        assert!(certificates(&text).unwrap_err().starts_with("the PEM text is broken"));
    }
}
