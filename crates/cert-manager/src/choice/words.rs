//! What `um cert explain` says of a candidate.

use jiff::Timestamp;

use super::{
    Class, Fit, Wanted,
    usable::{self, Judge},
};
use crate::{facts::CertificateFacts, store::Candidate};

/// Digits of a thumbprint that are shown in a sentence; [`crate::CertificateStore::find`] takes as many.
const SHORT: usize = 8;

pub(super) fn chosen(judge: &Judge<'_>, found: &Fit<'_>, dialing: Option<&Fit<'_>>) -> String {
    let facts = &found.candidate.facts;
    let named = if found.class == Class::Preferred { "named by `um cert use`, " } else { "" };
    let mut words = format!("{named}{}, valid until {}", kind(facts), facts.not_after);
    if let Some(predecessor) = judge.taken_over(found.candidate) {
        words.push_str(&format!(
            "; it has taken over from {}, which can be presented no more",
            short(predecessor)
        ));
    }
    if !usable::allows(facts, "clientAuth") {
        words.push_str("; it is not made for clientAuth: ");
        match dialing.filter(|dialing| !dialing.is(found)) {
            Some(dialing) => words.push_str(&format!(
                "where we connect, {} is presented instead",
                short(&dialing.candidate.facts.sha256)
            )),
            None => words.push_str("a gateway that asks for it will refuse our connections"),
        }
    }
    words
}

pub(super) fn for_dialing(found: &Fit<'_>) -> String {
    let facts = &found.candidate.facts;
    let kind = kind(facts);
    format!(
        "{kind}, valid until {}; the chosen one is not made for clientAuth, this one is; `um cert deactivate {}` presents \
         the chosen one everywhere",
        facts.not_after,
        short(&facts.sha256)
    )
}

pub(super) fn outranked(found: &Fit<'_>, best: &Fit<'_>) -> String {
    let (facts, best_facts) = (&found.candidate.facts, &best.candidate.facts);
    if facts.sha256 == best_facts.sha256 {
        return "it is the chosen one once more, in another file".to_owned();
    }
    match (found.class, best.class) {
        (Class::Issued | Class::SelfSigned, Class::Preferred) => {
            return "the chosen one is named by `um cert use`".to_owned();
        }
        (Class::SelfSigned, Class::Issued) => {
            return "it is self-signed, the chosen one was issued by a CA".to_owned();
        }
        _ => {}
    }
    if facts.not_after == best_facts.not_after {
        return "it lives as long as the chosen one, which comes first by thumbprint".to_owned();
    }
    let ends = format!("ends before the chosen one, on {}", facts.not_after);
    match found.class {
        Class::Owned => format!("it {ends}"),
        Class::Preferred | Class::Issued | Class::SelfSigned => {
            format!("it is {} as well and {ends}", kind(facts))
        }
    }
}

pub(super) fn of_another(candidate: &Candidate, wanted: &Wanted<'_>) -> String {
    match (&candidate.flags.owner, wanted.owner) {
        (Some(owner), None) => {
            format!(
                "it is the owner `{owner}`'s: presented to the gateways that are bound to `{owner}` alone"
            )
        }
        (Some(owner), Some(wanted)) => format!("it is the owner `{owner}`'s, not `{wanted}`'s"),
        (None, wanted) => format!("it has no owner, so it is not `{}`'s", wanted.unwrap_or_default()),
    }
}

pub(super) fn inactive(facts: &CertificateFacts) -> String {
    format!("it is inactive: `um cert activate {}` makes it a candidate", short(&facts.sha256))
}

pub(super) fn waiting(facts: &CertificateFacts, predecessor: &CertificateFacts) -> String {
    format!(
        "it succeeds {}, which is valid until {}, and takes over then: give it to the gateways (`um cert export --waiting \
         --to FILE`), then `um cert activate {}`",
        short(&predecessor.sha256),
        predecessor.not_after,
        short(&facts.sha256)
    )
}

pub(super) fn outside_of_life(facts: &CertificateFacts, now: Timestamp) -> Option<String> {
    if now < facts.not_before {
        return Some(format!(
            "it is not valid before {}: wait until then, or set this server's clock right",
            facts.not_before
        ));
    }
    (now > facts.not_after).then(|| {
        format!(
            "it expired on {}: import a new one (`um cert import FILE`), then `um cert delete {}`",
            facts.not_after,
            short(&facts.sha256)
        )
    })
}

pub(super) fn misnamed(facts: &CertificateFacts, fqdn: &str) -> String {
    let bare = facts.dns_names.is_empty() && facts.uris.is_empty() && facts.addresses.is_empty();
    if bare && facts.common_name.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(fqdn)) {
        return format!(
            "it names {fqdn} in its CN alone, where peers do not look: have it issued with {fqdn} in the SAN"
        );
    }
    let names = facts.names().join(", ");
    if names.is_empty() {
        return format!("it names nobody: have it issued for {fqdn}");
    }
    let wildcard = if names.contains("*.") { " (SIP takes no wildcards, RFC 5922 7.2)" } else { "" };
    format!("it names {names}, not {fqdn}{wildcard}: have it issued for {fqdn}")
}

pub(super) fn weak(facts: &CertificateFacts, least: usize) -> String {
    let (key, algorithm) = (&facts.key, &facts.key.algorithm);
    format!("its key is {key}, the least is {algorithm} {least}: have one issued for a key of `um cert csr`")
}

pub(super) fn not_for_servers(facts: &CertificateFacts) -> String {
    let purposes = facts.purposes.join(", ");
    format!("it is made for {purposes}, not for TLS servers: have it issued for serverAuth and clientAuth")
}

pub(super) fn revoked(facts: &CertificateFacts) -> String {
    format!(
        "it was revoked by its issuer ({}): import a new one (`um cert import FILE`), then `um cert delete {}`",
        facts.issuer,
        short(&facts.sha256)
    )
}

fn kind(facts: &CertificateFacts) -> &'static str {
    if facts.self_signed { "self-signed" } else { "issued by a CA" }
}

fn short(sha256: &str) -> &str {
    sha256.get(..SHORT).unwrap_or(sha256)
}
