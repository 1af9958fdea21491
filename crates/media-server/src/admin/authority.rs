use std::sync::Arc;

use admin_api::{
    ApiError, AuthorityFacts, FoundAuthority, IssuedCertificate, IssuedRow, LeafOrder, Pkcs12Order,
    RevocationListText, RevokeOrder, RevokedCertificate, SecretText, code,
};
use axum::body::Bytes;
use axum::extract::State;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use cert_manager::{
    AuthorityError, AuthorityFolder, AuthorityFolderError, Identity, IssuedEntry, IssuedLeaf, KeyKind,
    LeafRequest, RevokeRefusal, check_export_password, export_pkcs12,
};
use jiff::Timestamp;
use ring::rand::{SecureRandom, SystemRandom};

use super::answer::{Answer, Refusal, blocking, body};
use super::authority_desk::AuthorityDeskError;
use super::certificate_desk::certificate_row;
use super::router::Desk;
use crate::trust::CertificateKeeper;

/// Letters and digits that nobody mistakes for one another; 32 of them, so that each is as likely as the next.
const PASSWORD_LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// Letters of a password that is made here: 100 bits.
const PASSWORD_LENGTH: usize = 20;

/// `GET /v1/authority`
pub(super) async fn show(State(desk): State<Arc<Desk>>) -> Answer<AuthorityFacts> {
    blocking(move || Ok(facts(&desk.state.trust.authority.open()?))).await
}

/// `POST /v1/authority`
pub(super) async fn found(State(desk): State<Arc<Desk>>, bytes: Bytes) -> Answer<AuthorityFacts> {
    let FoundAuthority { name, key } = body(&bytes)?;
    let key = key_kind(key.as_deref(), KeyKind::Rsa3072)?;
    let name = name.unwrap_or_else(|| format!("CA of {}", desk.state.board.state().2.domain));
    blocking(move || Ok(facts(&desk.state.trust.authority.found(&name, key, Timestamp::now())?))).await
}

/// `POST /v1/authority/certificates`
pub(super) async fn issue(State(desk): State<Arc<Desk>>, bytes: Bytes) -> Answer<IssuedCertificate> {
    let order: LeafOrder = body(&bytes)?;
    let key = key_kind(order.key.as_deref(), KeyKind::default())?;
    blocking(move || {
        if order.csr.is_some() && order.pkcs12.is_some() {
            return Err(Refusal(ApiError::new(
                code::INVALID,
                "CA",
                "the key of a signing request stays with its maker, so there is no PKCS#12 of it",
                "give --csr or --pfx, not both",
            )));
        }
        let password = order.pkcs12.as_ref().map(ExportPassword::of).transpose()?;
        let days = order.days.unwrap_or(LeafRequest::DEFAULT_DAYS);
        let request = LeafRequest { fqdn: &order.fqdn, csr: order.csr.as_deref(), days, key };
        let leaf = desk.state.trust.authority.issue(&request, Timestamp::now())?;
        answered(leaf, password)
    })
    .await
}

/// `POST /v1/authority/revoke`
pub(super) async fn revoke(State(desk): State<Arc<Desk>>, bytes: Bytes) -> Answer<RevokedCertificate> {
    let RevokeOrder { which } = body(&bytes)?;
    blocking(move || {
        let entry = desk.state.trust.authority.revoke(&which, Timestamp::now())?;
        let keeper = desk.state.trust.own.keeper();
        let notes = keeper.and_then(|keeper| no_more_shown(keeper, &entry)).into_iter().collect();
        Ok(RevokedCertificate { row: row(&entry), notes })
    })
    .await
}

/// What becomes of our own side, if it was the certificate that peers are shown.
fn no_more_shown(keeper: &CertificateKeeper, revoked: &IssuedEntry) -> Option<String> {
    if !keeper.presenting().shows(&revoked.sha256) {
        return None;
    }
    keeper.look(Timestamp::now());
    Some(match keeper.presenting().shows(&revoked.sha256) {
        false => "peers were shown this certificate by this server: they are shown the next best now, see `um cert explain`"
            .to_owned(),
        true => "peers are shown this certificate by this server still: `um cert explain` says why".to_owned(),
    })
}

/// `GET /v1/authority/crl`
pub(super) async fn crl(State(desk): State<Arc<Desk>>) -> Answer<RevocationListText> {
    blocking(move || {
        let authority = desk.state.trust.authority.open()?;
        let pem = authority.authority().crl_pem(Timestamp::now()).map_err(AuthorityFolderError::Authority);
        Ok(RevocationListText { pem: pem.map_err(AuthorityDeskError::from)? })
    })
    .await
}

impl From<AuthorityDeskError> for Refusal {
    fn from(error: AuthorityDeskError) -> Self {
        let code = match &error {
            AuthorityDeskError::None => code::NOT_FOUND,
            AuthorityDeskError::Folder(error) => match error {
                AuthorityFolderError::Exists { .. } => code::ALREADY_EXISTS,
                AuthorityFolderError::Authority(AuthorityError::BadName { .. })
                | AuthorityFolderError::Leaf(_) => code::INVALID,
                AuthorityFolderError::Authority(
                    AuthorityError::Broken { .. } | AuthorityError::Failed { .. },
                )
                | AuthorityFolderError::File { .. } => code::INTERNAL,
                AuthorityFolderError::Revoke(RevokeRefusal::Unknown { .. }) => code::NOT_FOUND,
                AuthorityFolderError::Revoke(RevokeRefusal::Ambiguous { .. }) => code::AMBIGUOUS,
                AuthorityFolderError::Revoke(RevokeRefusal::AlreadyRevoked { .. }) => code::CONFLICT,
            },
        };
        Self(ApiError::told(code, "CA", &error.to_string()))
    }
}

fn facts(authority: &AuthorityFolder) -> AuthorityFacts {
    let ca = authority.authority();
    AuthorityFacts {
        certificate: certificate_row(ca.facts()),
        pem: ca.certificate_pem(),
        file: authority.certificate_file().display().to_string(),
        issued: ca.list().iter().map(row).collect(),
    }
}

fn row(entry: &IssuedEntry) -> IssuedRow {
    let IssuedEntry { serial, fqdn, sha256, not_before, not_after, revoked } = entry.clone();
    IssuedRow { serial, fqdn, sha256, not_before, not_after, revoked }
}

fn key_kind(word: Option<&str>, default: KeyKind) -> Result<KeyKind, Refusal> {
    let Some(word) = word else { return Ok(default) };
    KeyKind::of_word(word).ok_or_else(|| {
        let words = KeyKind::ALL.map(KeyKind::word).join(", ");
        let message = format!("`{}` is no kind of key", word.escape_debug());
        Refusal(ApiError::new(code::INVALID, "CA", message, format!("use one of {words}")))
    })
}

/// The password of a PKCS#12 file.
enum ExportPassword {
    /// Its owner has it.
    Given(SecretText),
    /// Made here, and told once.
    Made(SecretText),
}

impl ExportPassword {
    fn of(order: &Pkcs12Order) -> Result<Self, Refusal> {
        match &order.password {
            Some(given) => {
                check_export_password(given.secret())
                    .map_err(|error| Refusal(ApiError::told(code::INVALID, "CA", &error.to_string())))?;
                Ok(Self::Given(given.clone()))
            }
            None => Self::make().map(Self::Made),
        }
    }

    fn make() -> Result<SecretText, Refusal> {
        let mut octets = [0; PASSWORD_LENGTH];
        SystemRandom::new().fill(&mut octets).map_err(|_| {
            Refusal(ApiError::new(code::INTERNAL, "CA", "the operating system gave no randomness", ""))
        })?;
        let letters = octets.iter().map(|octet| {
            let letter = PASSWORD_LETTERS.get(usize::from(octet % 32)).copied();
            char::from(letter.unwrap_or(b'a'))
        });
        Ok(SecretText::new(letters.collect()))
    }

    fn text(&self) -> &SecretText {
        match self {
            Self::Given(text) | Self::Made(text) => text,
        }
    }
}

/// What is sent of a certificate: its key in one form alone, and a password only if nobody has it yet.
fn answered(leaf: IssuedLeaf, password: Option<ExportPassword>) -> Result<IssuedCertificate, Refusal> {
    let internal = |words: String| Refusal(ApiError::told(code::INTERNAL, "CA", &words));
    let mut pkcs12 = None;
    if let (Some(password), Some(key)) = (&password, &leaf.key) {
        let identity =
            Identity::from_pem(&leaf.chain_pem, key.expose()).map_err(|error| internal(error.to_string()))?;
        let bytes = export_pkcs12(&identity, password.text().secret())
            .map_err(|error| internal(error.to_string()))?;
        pkcs12 = Some(SecretText::new(STANDARD.encode(bytes)));
    }
    Ok(IssuedCertificate {
        certificate: certificate_row(&leaf.facts),
        chain_pem: leaf.chain_pem,
        key_pem: leaf.key.filter(|_| pkcs12.is_none()).map(SecretText::from),
        pkcs12,
        password: match password {
            Some(ExportPassword::Made(text)) => Some(text),
            Some(ExportPassword::Given(_)) | None => None,
        },
        notes: leaf.notes,
    })
}
