//! The table: each row a store, what is chosen from it on 2030-01-01, and what is said of each certificate.

use rcgen::ExtendedKeyUsagePurpose::{Any, ClientAuth, CodeSigning, ServerAuth};

use super::shelf::{Row, fixture, issued, own};
use crate::mint::{RSA_1024, SHA_1, VERSION_1, uri};

const LONG: &str = "a chosen: self-signed, valid until 2035-01-01T00:00:00Z";

pub fn rows() -> Vec<Row> {
    [order(), pinned(), dates_and_names(), keys_and_purposes(), flags(), successors(), owners()]
        .into_iter()
        .flatten()
        .collect()
}

fn order() -> Vec<Row> {
    vec![
        Row::of("empty", vec![]).chooses_none(&[]),
        Row::of("one that is self-signed", vec![own("a")]).chooses("a", &[LONG]),
        Row::of("key in the file of the certificate", vec![own("a").key_within()]).chooses("a", &[LONG]),
        Row::of("issued before self-signed, though it ends sooner", vec![own("a").until(2040), issued("b").until(2031)])
            .chooses("b", &[
                "b chosen: issued by a CA, valid until 2031-01-01T00:00:00Z",
                "a not needed: it is self-signed, the chosen one was issued by a CA",
            ]),
        Row::of("longest life among issued ones", vec![issued("a").until(2031), issued("b").until(2032)]).chooses("b", &[
            "b chosen: issued by a CA, valid until 2032-01-01T00:00:00Z",
            "a not needed: it is issued by a CA as well and ends before the chosen one, on 2031-01-01T00:00:00Z",
        ]),
        Row::of("longest life among self-signed ones", vec![own("a").until(2039), own("b").until(2038)]).chooses("a", &[
            "a chosen: self-signed, valid until 2039-01-01T00:00:00Z",
            "b not needed: it is self-signed as well and ends before the chosen one, on 2038-01-01T00:00:00Z",
        ]),
        Row::of("equal lives go by thumbprint", vec![own("a"), own("b")]).sorted_by_thumbprint().chooses("a", &[
            LONG,
            "b not needed: it lives as long as the chosen one, which comes first by thumbprint",
        ]),
        Row::of("equal lives go by thumbprint, not by file", vec![own("b"), own("a")]).sorted_by_thumbprint().chooses("b", &[
            "b chosen: self-signed, valid until 2035-01-01T00:00:00Z",
            "a not needed: it lives as long as the chosen one, which comes first by thumbprint",
        ]),
        Row::of("the same certificate in two files", vec![
            fixture("a", SHA_1).key_within(),
            fixture("b", SHA_1).key_within(),
        ])
        .for_host("gw1.example.com")
        .chooses("a", &[
            "a chosen: self-signed, valid until 2126-10-29T00:01:10Z",
            "b not needed: it is the chosen one once more, in another file",
        ]),
        Row::of("one of each class, ranked", vec![
            own("a").until(2033),
            issued("b").until(2031),
            own("c").until(2034),
            issued("d").until(2032),
        ])
        .chooses("d", &[
            "d chosen: issued by a CA, valid until 2032-01-01T00:00:00Z",
            "b not needed: it is issued by a CA as well and ends before the chosen one, on 2031-01-01T00:00:00Z",
            "c not needed: it is self-signed, the chosen one was issued by a CA",
            "a not needed: it is self-signed, the chosen one was issued by a CA",
        ]),
    ]
}

fn pinned() -> Vec<Row> {
    vec![
        Row::of("pinned before all classes", vec![own("a").until(2031), issued("b")]).pinned("a").chooses("a", &[
            "a chosen: named by `um cert use`, self-signed, valid until 2031-01-01T00:00:00Z",
            "b not needed: the chosen one is named by `um cert use`",
        ]),
        Row::of("pinned one has expired", vec![own("a"), issued("b").until(2029)]).pinned("b").chooses("a", &[
            LONG,
            "b passed over: it expired on 2029-01-01T00:00:00Z: import a new one (`um cert import FILE`), then `um cert \
             delete {b}`",
        ]),
        Row::of("pinned one is not in the store", vec![own("a")]).pinned("0".repeat(64).leak()).chooses("a", &[LONG]).with_faults(
            &["chosen: the certificate 0000000000000000000000000000000000000000000000000000000000000000 is not in this \
               folder: import it, or run `um cert use THUMBPRINT` with another"],
        ),
        Row::of("pinned is not even a thumbprint", vec![own("a")]).pinned("yes").chooses("a", &[LONG]).with_faults(&[
            "chosen: it holds no SHA-256 of a certificate: run `um cert use THUMBPRINT`",
        ]),
        Row::of("pinned one is not made for clientAuth", vec![issued("a").made_for(&[ServerAuth]), issued("b")])
            .pinned("a")
            .chooses("a", &[
                "a chosen: named by `um cert use`, issued by a CA, valid until 2035-01-01T00:00:00Z; it is not made for \
                 clientAuth: a gateway that asks for it will refuse our connections",
                "b not needed: the chosen one is named by `um cert use`",
            ]),
        Row::of("pinned one has ended, its successor goes on", vec![
            own("a").until(2029),
            own("b").flagged("inactive\nsuccessor-of = {a}"),
            issued("c"),
        ])
        .pinned("a")
        .chooses("b", &[
            "b chosen: named by `um cert use`, self-signed, valid until 2035-01-01T00:00:00Z; it has taken over from {a}, \
             which can be presented no more",
            "c not needed: the chosen one is named by `um cert use`",
            "a passed over: it expired on 2029-01-01T00:00:00Z: import a new one (`um cert import FILE`), then `um cert \
             delete {a}`",
        ]),
    ]
}

fn dates_and_names() -> Vec<Row> {
    vec![
        Row::of("expired", vec![own("a").until(2029)]).chooses_none(&[
            "a passed over: it expired on 2029-01-01T00:00:00Z: import a new one (`um cert import FILE`), then `um cert \
             delete {a}`",
        ]),
        Row::of("in its last second", vec![own("a").until(2030)])
            .chooses("a", &["a chosen: self-signed, valid until 2030-01-01T00:00:00Z"]),
        Row::of("not yet valid", vec![own("a").from(2031)]).chooses_none(&[
            "a passed over: it is not valid before 2031-01-01T00:00:00Z: wait until then, or set this server's clock right",
        ]),
        Row::of("in its first second", vec![own("a").from(2030)]).chooses("a", &[LONG]),
        Row::of("another name", vec![own("a").named(&["other.example.com"])]).chooses_none(&[
            "a passed over: it names other.example.com, not um.example.com: have it issued for um.example.com",
        ]),
        Row::of("several other names", vec![own("a").named(&["mail.example.com", "example.com"])]).chooses_none(&[
            "a passed over: it names mail.example.com, example.com, not um.example.com: have it issued for um.example.com",
        ]),
        Row::of("wildcard", vec![issued("a").named(&["*.example.com"])]).chooses_none(&[
            "a passed over: it names *.example.com, not um.example.com (SIP takes no wildcards, RFC 5922 7.2): have it \
             issued for um.example.com",
        ]),
        Row::of("CN alone", vec![own("a").named(&[]).cn("um.example.com")]).chooses_none(&[
            "a passed over: it names um.example.com in its CN alone, where peers do not look: have it issued with \
             um.example.com in the SAN",
        ]),
        Row::of("another name in the CN alone", vec![own("a").named(&[])]).chooses_none(&[
            "a passed over: it names a gateway, not um.example.com: have it issued for um.example.com",
        ]),
        Row::of("our name among others, in capitals", vec![own("a").named(&["example.com", "UM.Example.COM"])])
            .chooses("a", &[LONG]),
        Row::of("our name as a URI", vec![own("a").san(vec![uri("sip:um.example.com")])]).chooses("a", &[LONG]),
    ]
}

fn keys_and_purposes() -> Vec<Row> {
    let for_servers = || issued("a").made_for(&[ServerAuth]);
    vec![
        Row::of("weak key", vec![fixture("a", RSA_1024).without_key()]).for_host("gw1.example.com").chooses_none(&[
            "a passed over: its key is RSA 1024, the least is RSA 2048: have one issued for a key of `um cert csr`",
        ]),
        Row::of("no key", vec![issued("a").without_key()]).chooses_none(&[
            "a passed over: there is no private key to it: put the key beside it, in PEM form and without password",
        ]),
        Row::of("key of another", vec![issued("a").key_of_another()])
            .chooses_none(&["a passed over: the private key does not belong to the certificate"]),
        Row::of("key that cannot be read", vec![issued("a").broken_key(), own("b")]).chooses("b", &[
            "b chosen: self-signed, valid until 2035-01-01T00:00:00Z",
            "a passed over: the private key cannot be used (unexpected error: failed to parse private key as RSA, ECDSA, \
             or EdDSA): RSA of 2048 to 8192 bits or EC P-256, P-384 or P-521 is needed",
        ]),
        Row::of("X.509 version 1", vec![fixture("a", VERSION_1).key_within().flagged("owner = lab")])
            .for_owner("lab")
            .chooses_none(&[
                "a passed over: the certificate is X.509 version 1, which cannot be presented: have it issued as version 3",
            ]),
        Row::of("for clients alone", vec![own("a").made_for(&[ClientAuth])]).chooses_none(&[
            "a passed over: it is made for clientAuth, not for TLS servers: have it issued for serverAuth and clientAuth",
        ]),
        Row::of("for something else", vec![own("a").made_for(&[CodeSigning])]).chooses_none(&[
            "a passed over: it is made for codeSigning, not for TLS servers: have it issued for serverAuth and clientAuth",
        ]),
        Row::of("for anything", vec![own("a").made_for(&[Any])]).chooses("a", &[LONG]),
        Row::of("purpose not limited", vec![own("a").made_for(&[])]).chooses("a", &[LONG]),
        Row::of("for servers alone", vec![for_servers()]).chooses("a", &[
            "a chosen: issued by a CA, valid until 2035-01-01T00:00:00Z; it is not made for clientAuth: a gateway that asks \
             for it will refuse our connections",
        ]),
        Row::of("for servers alone, and another for both", vec![for_servers(), own("b").until(2031)])
            .chooses("a", &[
                "a chosen: issued by a CA, valid until 2035-01-01T00:00:00Z; it is not made for clientAuth: where we connect, \
                 {b} is presented instead",
                "b chosen where we connect: self-signed, valid until 2031-01-01T00:00:00Z; the chosen one is not made for \
                 clientAuth, this one is; `um cert deactivate {b}` presents the chosen one everywhere",
            ])
            .but_dials_with("b"),
        Row::of("revoked", vec![issued("a"), own("b")]).revoked("a").chooses("b", &[
            "b chosen: self-signed, valid until 2035-01-01T00:00:00Z",
            "a passed over: it was revoked by its issuer (CN=Company Root): import a new one (`um cert import FILE`), then \
             `um cert delete {a}`",
        ]),
    ]
}

fn flags() -> Vec<Row> {
    vec![
        Row::of("inactive", vec![issued("a").flagged("inactive"), own("b")]).chooses("b", &[
            "b chosen: self-signed, valid until 2035-01-01T00:00:00Z",
            "a passed over: it is inactive: `um cert activate {a}` makes it a candidate",
        ]),
        Row::of("inactive and pinned", vec![own("a").flagged("inactive")]).pinned("a").chooses_none(&[
            "a passed over: it is inactive: `um cert activate {a}` makes it a candidate",
        ]),
        Row::of("flags that cannot be read", vec![own("a").flagged("# mine\nowner: partner")])
            .chooses_none(&["a passed over: it is inactive: `um cert activate {a}` makes it a candidate"])
            .with_faults(&[
                "a.flags: line 2: `owner: partner` is no flag: write `inactive`, `owner = NAME` or `successor-of = SHA256`; \
                 until then the certificate is inactive",
            ]),
        Row::of("an owner's is not ours", vec![issued("a").flagged("owner = partner"), own("b")]).chooses("b", &[
            "b chosen: self-signed, valid until 2035-01-01T00:00:00Z",
            "a passed over: it is the owner `partner`'s: presented to the gateways that are bound to `partner` alone",
        ]),
        Row::of("an owner's is not ours even if pinned", vec![issued("a").flagged("owner = partner")])
            .pinned("a")
            .chooses_none(&[
                "a passed over: it is the owner `partner`'s: presented to the gateways that are bound to `partner` alone",
            ]),
    ]
}

fn successors() -> Vec<Row> {
    let waiting = |name| own(name).until(2036).flagged("inactive\nsuccessor-of = {a}");
    let expired = "a passed over: it expired on 2029-12-01T00:00:00Z: import a new one (`um cert import FILE`), then `um cert \
                   delete {a}`";
    let ended = |name| own(name).with(|p| p.not_after = rcgen::date_time_ymd(2029, 12, 1));
    let took_over = "b chosen: self-signed, valid until 2036-01-01T00:00:00Z; it has taken over from {a}, which can be \
                     presented no more";
    vec![
        Row::of("waiting successor", vec![own("a"), waiting("b")]).chooses("a", &[
            LONG,
            "b waiting: it succeeds {a}, which is valid until 2035-01-01T00:00:00Z, and takes over then: give it to the \
             gateways (`um cert export --waiting --to FILE`), then `um cert activate {b}`",
        ]),
        Row::of("successor whose predecessor has expired", vec![ended("a"), waiting("b")]).chooses("b", &[took_over, expired]),
        Row::of("successor whose predecessor is gone", vec![waiting("b").flagged(&format!(
            "inactive\nsuccessor-of = {}",
            "0".repeat(64)
        ))])
        .chooses("b", &[
            "b chosen: self-signed, valid until 2036-01-01T00:00:00Z; it has taken over from 00000000, which can be presented \
             no more",
        ]),
        Row::of("successor whose predecessor was deactivated", vec![own("a").flagged("inactive"), waiting("b")]).chooses(
            "b",
            &[took_over, "a passed over: it is inactive: `um cert activate {a}` makes it a candidate"],
        ),
        Row::of("successor that was activated", vec![own("a"), own("b").until(2036).flagged("successor-of = {a}")])
            .chooses("b", &[
                "b chosen: self-signed, valid until 2036-01-01T00:00:00Z",
                "a not needed: it is self-signed as well and ends before the chosen one, on 2035-01-01T00:00:00Z",
            ]),
        Row::of(
            "successor of one that waits itself",
            vec![own("a"), waiting("b"), own("c").until(2040).flagged("inactive\nsuccessor-of = {b}")],
        )
        .chooses(
            "a",
            &[
                LONG,
                "b waiting: it succeeds {a}, which is valid until 2035-01-01T00:00:00Z, and takes over then: give it to \
                 the gateways (`um cert export --waiting --to FILE`), then `um cert activate {b}`",
                "c waiting: it succeeds {b}, which is valid until 2036-01-01T00:00:00Z, and takes over then: give it to \
                 the gateways (`um cert export --waiting --to FILE`), then `um cert activate {c}`",
            ],
        ),
        Row::of("successor without its key", vec![own("a"), waiting("b").without_key()]).chooses(
            "a",
            &[
                LONG,
                "b passed over: there is no private key to it: put the key beside it, in PEM form and without password",
            ],
        ),
        Row::of("successor of a successor that has taken over", vec![
            ended("a"),
            waiting("b"),
            own("c").until(2040).flagged("inactive\nsuccessor-of = {b}"),
        ])
        .chooses("b", &[
            took_over,
            expired,
            "c waiting: it succeeds {b}, which is valid until 2036-01-01T00:00:00Z, and takes over then: give it to the \
             gateways (`um cert export --waiting --to FILE`), then `um cert activate {c}`",
        ]),
    ]
}

fn owners() -> Vec<Row> {
    let of = |name, year| own(name).named(&["elsewhere.example.net"]).until(year).flagged("owner = partner");
    vec![
        Row::of("an owner's go by life alone, under whatever name", vec![
            of("a", 2034),
            issued("b").until(2031).flagged("owner = partner"),
            issued("c"),
        ])
        .for_owner("partner")
        .chooses("a", &[
            "a chosen: self-signed, valid until 2034-01-01T00:00:00Z",
            "b not needed: it ends before the chosen one, on 2031-01-01T00:00:00Z",
            "c passed over: it has no owner, so it is not `partner`'s",
        ]),
        Row::of("an owner's that are not yet valid, expired or inactive do not count", vec![
            of("a", 2034).flagged("owner = partner\ninactive"),
            of("b", 2029),
            of("c", 2050).from(2031),
            of("d", 2031),
        ])
        .for_owner("partner")
        .chooses("d", &[
            "d chosen: self-signed, valid until 2031-01-01T00:00:00Z",
            "a passed over: it is inactive: `um cert activate {a}` makes it a candidate",
            "b passed over: it expired on 2029-01-01T00:00:00Z: import a new one (`um cert import FILE`), then `um cert \
             delete {b}`",
            "c passed over: it is not valid before 2031-01-01T00:00:00Z: wait until then, or set this server's clock right",
        ]),
        Row::of("another owner's, spelled otherwise", vec![of("a", 2034).flagged("owner = Partner")])
            .for_owner("partner")
            .chooses_none(&["a passed over: it is the owner `Partner`'s, not `partner`'s"]),
        Row::of("um cert use is about ours alone", vec![of("a", 2031), of("b", 2032)]).for_owner("partner").pinned("a").chooses(
            "b",
            &[
                "b chosen: self-signed, valid until 2032-01-01T00:00:00Z",
                "a not needed: it ends before the chosen one, on 2031-01-01T00:00:00Z",
            ],
        ),
    ]
}
