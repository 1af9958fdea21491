use std::fmt;

/// How much an event asks of the administrator.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Severity {
    /// For the record.
    Information,
    /// Works, but somebody should look.
    Warning,
    /// A call, a message or a peer was refused or lost something.
    Error,
}

impl Severity {
    /// The word in tables and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Information => "information",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One row of the event catalogue. The id is stable for ever: Exchange UM's own number where it had one, ours from
/// 2000 on, never used again.
#[derive(Debug, Eq, PartialEq)]
pub struct EventKind {
    /// The stable number.
    pub id: u16,
    /// A short stable name in kebab case.
    pub name: &'static str,
    /// How much it asks.
    pub severity: Severity,
    /// What happened, one sentence.
    pub summary: &'static str,
    /// What to do about it; empty where nothing is to be done.
    pub remedy: &'static str,
}

/// Something that happened, told by a machine that does not log. `observe` in the server writes it to the log, the
/// database and the metrics.
#[derive(Clone, PartialEq)]
pub struct Event {
    /// Which row of the catalogue.
    pub kind: &'static EventKind,
    /// Facts by name, in the order of telling. Never key material, PINs or unescaped peer bytes.
    pub fields: Vec<(&'static str, String)>,
    /// A remedy for this very case, where the catalogue's is too general.
    pub remedy: Option<String>,
}

impl Event {
    /// An event of `kind` with no facts yet.
    pub fn new(kind: &'static EventKind) -> Self {
        Self { kind, fields: Vec::new(), remedy: None }
    }

    /// Adds a fact. Control characters are replaced, and the text is cut at 256 characters: peers write here.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        let text: String = value
            .to_string()
            .chars()
            .take(256)
            .map(|c| if c.is_control() { '\u{fffd}' } else { c })
            .collect();
        self.fields.push((name, text));
        self
    }

    /// Replaces the catalogue's remedy.
    #[must_use]
    pub fn remedy(mut self, words: impl Into<String>) -> Self {
        self.remedy = Some(words.into());
        self
    }

    /// The words that say what to do.
    pub fn remedy_words(&self) -> &str {
        self.remedy.as_deref().unwrap_or(self.kind.remedy)
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind.id, self.kind.name)?;
        for (name, value) in &self.fields {
            write!(f, " {name}={value:?}")?;
        }
        Ok(())
    }
}

macro_rules! catalogue {
    ($($konst:ident = $id:literal $name:literal $severity:ident $summary:literal, $remedy:literal;)*) => {
        /// Every kind of event, as constants.
        pub mod kind {
            use super::{EventKind, Severity};
            $(
                #[doc = $summary]
                pub static $konst: EventKind = EventKind {
                    id: $id, name: $name, severity: Severity::$severity, summary: $summary, remedy: $remedy,
                };
            )*
        }

        /// The whole catalogue, ascending by id; `docs/events.md` is printed from it.
        pub static CATALOGUE: &[&EventKind] = &[$(&kind::$konst),*];
    };
}

catalogue! {
    MAILBOX_LOCKED = 1012 "mailbox-locked" Warning
        "The PIN of a mailbox was wrong as often as its policy allows: nobody is let in any more, whatever the PIN.",
        "ask the owner whether it was they; then `um mailbox unlock EXT`, or `um mailbox reset-pin EXT` for a new PIN";
    LOG_ON_FAILED = 1013 "log-on-failed" Warning
        "A caller gave wrong PINs as often as the dial plan allows in a call, and was let go.",
        "if the owner asks for help, `um mailbox show EXT` tells whether the mailbox is locked or its PIN was reset";
    CALL_REJECTED = 1021 "call-rejected" Warning
        "An incoming call was refused.", "read `reason` and do what `remedy` of this event says";
    TRANSFER_STARTING = 1024 "transfer-starting" Information
        "A caller is being transferred: the gateway is asked to call the number.", "";
    TRANSFER_FAILED = 1025 "transfer-failed" Warning
        "A caller was not transferred; they are back in the conversation.",
        "read the reason: dialling rules are changed with `um dialplan set`, `um attendant set` and `um policy set`; the gateway must accept REFER (`um gateway bundle` says how)";
    TRANSFER_SUCCEEDED = 1026 "transfer-succeeded" Information
        "The gateway has connected a caller with the number it was asked to call.", "";
    LOGGED_ON = 1036 "logged-on" Information
        "A subscriber has logged on to their mailbox by phone.", "";
    MAILBOX_FULL = 1080 "mailbox-full" Warning
        "A mailbox has used up its quota: callers are told so and can leave no message.",
        "ask its owner to delete messages, or `um policy set POLICY --max-messages N --max-minutes N`";
    BAD_NUMBER = 1109 "bad-number" Warning
        "The number that a call was redirected from is no mailbox of the dial plan.",
        "enable a mailbox for the number, or add a number rule to the gateway with `um gateway number-rule add`";
    STARTED_DUAL = 1112 "secured-start-dual" Information
        "The server has started in Dual mode: it takes clear SIP and SIP over mutual TLS.", "";
    TLS_FAILED = 1113 "tls-failed" Warning
        "A TLS connection with a peer could not be made, because one side does not trust the other.",
        "read `reason`; `um cert show` tells what this server presents, `um gateway set NAME --trust FILE.pem` trusts the peer's certificate or its CA";
    STARTED_TLS = 1114 "secured-start-tls" Information
        "The server has started in TLS mode: it takes SIP over mutual TLS only.", "";
    ADDRESS_SHARED = 1175 "address-shared" Warning
        "Two gateways have one address: a clear call from it may come from either, and where the pilot does not tell, the first by name is taken.",
        "give each gateway an address of its own with `um gateway set NAME --connect ADDRESS`, or a pilot of its own with `um huntgroup create`";
    LAMP_FAILED = 1344 "lamp-failed" Warning
        "No gateway took what the lamp of a mailbox is to show within five minutes; it is told again with the next change, and when a gateway is back.",
        "read `reason`; `um mwi status EXTENSION` shows how it stands, `um gateway set NAME --message-waiting false` leaves a gateway out that has no lamps";
    GATEWAY_STATE = 1400 "gateway-state" Warning
        "A gateway does not answer our OPTIONS as it should, or does again: `state` tells which.",
        "read `reason`; `um gateway show NAME` tells what its last probe found";
    STARTED = 2000 "server-started" Information
        "The server is ready to take calls.", "";
    STOPPED = 2001 "server-stopped" Information
        "The server has stopped; everything is flushed.", "";
    STRANGER_REFUSED = 2002 "stranger-refused" Warning
        "A request came from an address that is no gateway's.",
        "if it is one of yours, run `um gateway create NAME --address ADDRESS --dialplan PLAN`, or add the address with `um gateway set NAME --connect ADDRESS`";
    MALFORMED_MESSAGE = 2003 "malformed-message" Warning
        "A SIP message could not be read.", "look at the peer's firmware; `detail` names the place";
    MESSAGE_STORED = 2004 "message-stored" Information
        "A voice message is on disk and in the index.", "";
    SITE_CHANGED = 2005 "site-changed" Information
        "The configuration has a new revision.", "";
    CALL_PANICKED = 2006 "call-panicked" Error
        "A fault in the program ended one call; the others go on.",
        "report it with the log lines around this event";
    QUEUE_FULL = 2007 "queue-full" Error
        "A bounded queue was full, and what did not fit was refused.",
        "if it repeats, the machine is too small for its load or a disk stalls";
    CALL_ENDED = 2008 "call-ended" Information
        "A call has ended.", "";
    FOREIGN_IN_DIALOG = 2009 "foreign-in-dialog" Warning
        "A request inside a call came from another gateway, or over the other transport class; it was refused, the call goes on.",
        "if both addresses are one gateway's, add the second with `um gateway set NAME --connect ADDRESS`; a call must not change between port 5060 and the TLS port";
    CERTIFICATE_CHOSEN = 2010 "certificate-chosen" Information
        "The certificate that this server presents was chosen from the store.", "";
    CERTIFICATE_GENERATED = 2011 "certificate-generated" Information
        "No certificate of the store fits, so a self-signed one was generated.",
        "give it to the gateways: `um cert export --to FILE.pem`";
    CERTIFICATE_PASSED_OVER = 2012 "certificate-passed-over" Warning
        "A certificate of the store cannot be used.", "read `reason`; remove the entry or replace it";
    PEER_UNNAMED = 2013 "peer-unnamed" Warning
        "A peer's certificate is trusted but names no gateway: it was refused.",
        "make the gateway's address one of the names in the certificate, or have the certificate reissued with the gateway's FQDN";
    DNS_FAILED = 2014 "dns-failed" Warning
        "The name of a gateway could not be resolved; its last addresses stay in use.",
        "check DNS, or write the name under [dns] hosts in um.toml";
    CONNECTION_SHED = 2015 "connection-shed" Warning
        "A connection was refused or closed because of a limit.", "read `limit`; a gateway needs few connections";
    DISK_LOW = 2016 "disk-low" Warning
        "The disk under the mailboxes is below its soft mark: callers are told that no message can be left.",
        "free space under `data_dir`, or delete messages with `um message delete`; the mark is [server] disk_soft in um.toml";
    DISK_FULL = 2017 "disk-full" Error
        "The disk under the mailboxes is below its floor: calls to mailboxes are refused with 503.",
        "free space under `data_dir`; the mark is [server] disk_floor in um.toml";
    DISK_AMPLE = 2018 "disk-ample" Information
        "The disk under the mailboxes has room again: messages are taken.", "";
    MESSAGE_RECOVERED = 2019 "message-recovered" Warning
        "A recording that an earlier stop of the server had cut off was made a message, marked as interrupted.",
        "nothing is lost up to the last second; find out why the server ended";
    RECORDING_LEFT = 2020 "recording-left" Error
        "A recording without a row could not be made a message; its file was left where it is.",
        "read `reason`; copy `file` away from the data folder and remove it, or mend what `reason` names and restart";
    DRAINING = 2021 "draining" Information
        "The server is stopping: it takes no new calls, callers who are recording may finish.", "";
    FAULT = 2022 "server-fault" Error
        "A fault in the program outside of a call ends the server; what was recorded is on disk.",
        "restart it (the service unit does) and report the log lines around this event";
    MISSED_CALL = 2023 "missed-call" Information
        "A caller has gone without leaving a message: they hung up in the greeting, or spoke less than a second.", "";
    HEADER_PASSED_OVER = 2024 "header-passed-over" Warning
        "A header of a SIP request is malformed; the request was taken without it.",
        "look at the settings or the firmware of the peer that writes `header`; what only it says, such as who diverted a call, is lost";
    GATEWAY_UNREACHED = 2025 "gateway-unreached" Warning
        "Something of ours for a running call could not be sent: its connection is gone, and no other could be made.",
        "read `reason`; `um gateway set NAME --connect ADDRESS --tls-port N` tells where the gateway listens";
    RECORDING_CUT = 2030 "recording-cut" Error
        "A block of a recording could not be written: the message ends before it and is marked as interrupted.",
        "read `reason`, and look at the disk under `data_dir`";
    RECORDS_LOST = 2031 "records-lost" Error
        "The database took no rows: the call records and missed calls among them are lost, the messages' files are kept.",
        "read `reason`, and look at the disk under `data_dir`; messages that it hit come back at the next start";
    CERTIFICATE_MISSING = 2040 "certificate-missing" Error
        "A TLS connection could not be made, because this server has no certificate to show on it.",
        "read `reason`; `um cert explain` tells why each certificate of the store was passed over, `um cert import FILE --owner OWNER` brings another";
    CERTIFICATES_KEPT = 2041 "certificates-kept" Error
        "A change of the certificate store was not taken over: peers are shown what they were shown before.",
        "read `reason` and mend it; the store is read again by itself as soon as it changes";
    CERTIFICATE_CHANGED = 2042 "certificate-changed" Information
        "An administrator changed the certificate store.", "";
    SUCCESSOR_MADE = 2043 "certificate-successor-made" Warning
        "The self-signed certificate that peers trust ends soon: a successor with the same key was made and waits.",
        "run `um cert export --waiting --to FILE.pem`, import the file on `gateways`, then run `um cert activate`";
    SUCCESSOR_WAITS = 2044 "certificate-successor-waits" Warning
        "The successor of a self-signed certificate still waits; it takes over by itself when the other ends.",
        "run `um cert export --waiting --to FILE.pem`, import the file on `gateways`, then run `um cert activate`";
    SUCCESSOR_TOOK_OVER = 2045 "certificate-successor-took-over" Error
        "A self-signed certificate has ended and its successor is shown: peers that do not know it refuse it.",
        "run `um cert export --to FILE.pem` and import the file on `gateways`";
    EXPIRES_SOON = 2046 "expires-soon" Warning
        "Something that TLS depends on expires soon.", "read `what` and `remedy`";
    HAS_EXPIRED = 2047 "has-expired" Error
        "Something that TLS depends on has expired.", "read `what` and `remedy`";
    CONNECTIONS_LET_GO = 2048 "connections-let-go" Information
        "Another certificate is shown: connections that were made under the earlier one close after their last call.", "";
    CERTIFICATE_COMMAND = 2049 "certificate-command" Warning
        "The owner of a binding has no usable certificate, and the configured command was run to supply one.",
        "read `outcome`; `um cert import FILE --owner OWNER` brings a certificate by hand";
    OWN_REVOKED = 2050 "own-certificate-revoked" Error
        "A certificate that this server showed to its peers was revoked by its issuer: the next best is shown.",
        "run `um cert explain`; bring a new certificate with `um cert csr` and `um cert import`, then `um cert delete` the revoked one";
    PIN_RESET = 2051 "pin-reset" Warning
        "The PIN of a mailbox was wrong so often that the server put another in place, which nobody has been told.",
        "give the owner a new PIN: `um mailbox reset-pin EXT` prints it";
    PIN_CHANGED = 2052 "pin-changed" Information
        "A mailbox has a new PIN, or was unlocked.", "";
    CALLER_STOPPED = 2053 "caller-stopped" Warning
        "A caller has failed to log on too often, at whatever mailboxes: for a day their PINs are refused unread.",
        "if it is a telephone of your own, `um pin-guard clear GATEWAY NUMBER` lets it log on again; else look at who calls through the gateway";
    MAILBOX_ALMOST_FULL = 2054 "mailbox-almost-full" Warning
        "A mailbox has little room left in its quota; its owner is warned at log-on.",
        "ask its owner to delete messages, or `um policy set POLICY --max-messages N --max-minutes N`";
    MESSAGES_PURGED = 2056 "messages-purged" Information
        "Messages have reached the end of their time: old ones were deleted, and deleted ones removed for good.", "";
    PURGE_FAILED = 2057 "purge-failed" Error
        "What has reached the end of its time could not be removed; it is tried again in an hour.",
        "read `reason`, and look at the disk under `data_dir`";
    CALLER_FORGIVEN = 2058 "caller-forgiven" Information
        "Callers who had failed to log on were let go on by an administrator.", "";
    AUTHORITY_FOUNDED = 2060 "authority-founded" Information
        "This server has a CA for gateways now.", "";
    LEAF_ISSUED = 2061 "leaf-issued" Information
        "The CA of this server has issued a certificate.", "";
    LEAF_REVOKED = 2062 "leaf-revoked" Warning
        "The CA of this server has revoked a certificate: whoever shows it is refused from now on.", "";
    AUTHORITY_FAULT = 2063 "authority-fault" Error
        "The CA of this server, or its revocation list, could not be read or written.",
        "read `reason`; a list that is not renewed becomes stale 30 days after the last one";
    SUBSCRIPTION_AMBIGUOUS = 2064 "subscription-ambiguous" Warning
        "A gateway subscribed to the lamp of a number that several of its dial plans have: it was refused with 404.",
        "let each number be a mailbox in one of `dial_plans` only, or delete the hunt groups of the gateway that lead to the others";
    DEMAND_WAIVED = 2065 "demand-waived" Warning
        "The certificate of a gateway does not meet a demand, which is not enforced for it yet; told once a day.",
        "do what `words` says, then enforce it with `um gateway set NAME --tls-verify required`";
    CRL_TAKEN = 2066 "revocation-list-taken" Information
        "A new revocation list of a trusted CA is in force.", "";
    CRL_FAILED = 2067 "revocation-list-failed" Warning
        "A revocation list could not be fetched or read; the one before stays in force until it is stale.",
        "read `reason`; `um trust crl ROOT --from FILE|URL` gives the list by hand";
    PROFILE_GIVEN = 2068 "profile-given" Information
        "A device proved who it is with its vendor's certificate and was handed its profile.", "";
    PROFILE_REFUSED = 2069 "profile-refused" Warning
        "A request for a device's profile was refused; `outcome` is the reason in a word.",
        "`subject` shows who asked; `um provisioning device list` and `um provisioning vendor list` show who may";
    PROVISIONING_TLS_FAILED = 2070 "provisioning-tls-failed" Warning
        "A TLS handshake on the provisioning port failed.",
        "read `reason`; devices need TLS 1.2 and trust in the certificate that `um cert explain` shows for the listener's owner";
    SUBSCRIPTION_LOST = 2071 "subscription-lost" Warning
        "A subscription to the lamp of a mailbox has ended: its subscriber does not take what it is told.",
        "read `reason`; a telephone that is switched on again subscribes by itself";
    PROMPT_UNREADABLE = 2072 "prompt-unreadable" Warning
        "A prompt of the administrator's own cannot be read: the server's own voice is heard in its place.",
        "read `reason`; `um prompt import` brings the prompt again, `um prompt remove` ends the replacement";
    HEALTH_NOT_SERVED = 2073 "health-not-served" Warning
        "Metrics and health are not served: nobody can listen at the default address.",
        "read `reason`; [health] listen in um.toml names another address, or is \"off\"";
    CALLS_NOT_PURGED = 2074 "call-records-not-purged" Warning
        "Call records that are older than 90 days could not be deleted; it is tried again every hour.",
        "read `reason`, and look at the disk under `data_dir`";
    TEST_LINE_OPENED = 2075 "test-line-opened" Warning
        "An administrator has leased the test line: for two minutes at most, calls from `source` count as the gateway's.",
        "if you do not know of a test, look who may use the management socket";
    TEST_CALL = 2076 "test-call" Information
        "A test call came over the test line and was treated as the gateway's; it leaves no message behind.", "";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_ascend_and_none_is_used_twice() {
        assert!(CATALOGUE.windows(2).all(|pair| pair[0].id < pair[1].id));
    }

    #[test]
    fn peer_text_in_a_field_loses_control_characters_and_length() {
        let event =
            Event::new(&kind::CALL_REJECTED).with("from", format!("a\r\nb\u{1b}[31m{}", "x".repeat(500)));

        assert_eq!(event.fields[0].1.chars().count(), 256);
        assert!(!event.fields[0].1.chars().any(char::is_control));
    }
}
