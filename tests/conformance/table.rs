//! Every message of both corpora, the answer it is due from a known gateway, and why.
use crate::peer::Seen;

use Said::{Answer, AnswerThenClosed, Closed, ClosedAtOnce, Silence};

/// What a message gets.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Said {
    /// These final answers; a connection goes on.
    Answer(&'static [u16]),
    /// Nothing; a connection goes on.
    Silence,
    /// These, and then the end of the connection: where its next message begins cannot be known.
    AnswerThenClosed(&'static [u16]),
    /// The end of the connection without a word.
    Closed,
    /// The end of the connection at once; an answer for which the store is asked may come before it or be lost.
    ClosedAtOnce(&'static [u16]),
}

pub(crate) struct Row {
    pub(crate) corpus: &'static str,
    pub(crate) name: &'static str,
    /// UDP, TCP, TLS.
    pub(crate) said: [Said; 3],
    /// The section of the RFC, what is peculiar about the message, and what our rules make of that.
    pub(crate) why: &'static str,
}

#[rustfmt::skip]
pub(crate) const TABLE: &[Row] = &[
    Row { corpus: "rfc4475", name: "badaspec", said: [Answer(&[400]), Answer(&[400]), Answer(&[400])],
        why: "3.1.2.14: a space inside the URI of To; answered by who cannot guess what was meant" },
    Row { corpus: "rfc4475", name: "badbranch", said: [Answer(&[200]), Answer(&[200]), Answer(&[200])],
        why: "3.2.1: nothing behind the magic cookie identifies the transaction; processed by the other headers" },
    Row { corpus: "rfc4475", name: "baddate", said: [Answer(&[404]), Answer(&[404]), Answer(&[403])],
        why: "3.1.2.12: a date outside of GMT; not needed here, passed over, and the call goes to nobody" },
    Row { corpus: "rfc4475", name: "baddn", said: [Answer(&[400]), Answer(&[400]), Answer(&[400])],
        why: "3.1.2.15: a display name of no tokens; From is needed, so it must be readable" },
    Row { corpus: "rfc4475", name: "badinv01", said: [Answer(&[400]), Answer(&[400]), Answer(&[400])],
        why: "3.1.2.1: commas and semicolons that separate nothing in Via and Contact" },
    Row { corpus: "rfc4475", name: "badvers", said: [Silence, Silence, Silence],
        why: "3.1.2.16: SIP/7.0; 505 is due where it would be understood, but its Via is of 7.0 too and cannot be read" },
    Row { corpus: "rfc4475", name: "bcast", said: [Silence, Silence, Silence],
        why: "3.3.10: a response to a broadcast Via that is not ours; dropped" },
    Row { corpus: "rfc4475", name: "bext01", said: [Answer(&[420]), Answer(&[420]), Answer(&[420])],
        why: "3.3.5: Require of what nobody knows; Unsupported lists it" },
    Row { corpus: "rfc4475", name: "bigcode", said: [Silence, Silence, Silence],
        why: "3.1.2.19: a status that overflows; a response is never answered" },
    Row { corpus: "rfc4475", name: "clerr", said: [Answer(&[400]), Closed, Closed],
        why: "3.1.2.2: Content-Length beyond the body; a stream waits for the rest until the message deadline" },
    Row { corpus: "rfc4475", name: "cparam01", said: [Answer(&[405]), Answer(&[405]), Answer(&[405])],
        why: "3.3.12: unknown Contact parameter; readable, but nothing registers here" },
    Row { corpus: "rfc4475", name: "cparam02", said: [Answer(&[405]), Answer(&[405]), Answer(&[405])],
        why: "3.3.13: a parameter of the Contact's URI; readable, but nothing registers here" },
    Row { corpus: "rfc4475", name: "dblreq", said: [Answer(&[405]), AnswerThenClosed(&[405]), AnswerThenClosed(&[405])],
        why: "3.1.1.8: octets behind a datagram's body are ignored; on a stream they are the next messages, the last of them unreadable" },
    Row { corpus: "rfc4475", name: "esc01", said: [Answer(&[404]), Answer(&[404]), Answer(&[403])],
        why: "3.1.1.3: escapes in the user part; readable, and no mailbox" },
    Row { corpus: "rfc4475", name: "esc02", said: [Answer(&[501]), Answer(&[501]), Answer(&[501])],
        why: "3.1.1.5: an escaped method name is not the method that it spells" },
    Row { corpus: "rfc4475", name: "escnull", said: [Answer(&[405]), Answer(&[405]), Answer(&[405])],
        why: "3.1.1.4: an escaped NUL in a URI is a character" },
    Row { corpus: "rfc4475", name: "escruri", said: [Answer(&[400]), Answer(&[400]), Answer(&[400])],
        why: "3.1.2.11: headers in the Request-URI" },
    Row { corpus: "rfc4475", name: "insuf", said: [Silence, Silence, Silence],
        why: "3.3.1: no To, From, Call-ID; there is nothing to answer by" },
    Row { corpus: "rfc4475", name: "intmeth", said: [Answer(&[501]), Answer(&[501]), Answer(&[501])],
        why: "3.1.1.2: every character that a token may have; a method that nobody knows" },
    Row { corpus: "rfc4475", name: "inv2543", said: [Answer(&[400]), AnswerThenClosed(&[400]), AnswerThenClosed(&[400])],
        why: "3.4.1: RFC 2543; no branch is fine, but a dialog needs the Contact that is absent, and a stream Content-Length" },
    Row { corpus: "rfc4475", name: "invut", said: [Answer(&[415]), Answer(&[415]), Answer(&[415])],
        why: "3.3.6: unknown body type" },
    Row { corpus: "rfc4475", name: "longreq", said: [Answer(&[404]), Answer(&[404]), Answer(&[403])],
        why: "3.1.1.7: long values, many Via; readable" },
    Row { corpus: "rfc4475", name: "ltgtruri", said: [Answer(&[400]), Answer(&[400]), Answer(&[400])],
        why: "3.1.2.7: Request-URI in angle brackets" },
    Row { corpus: "rfc4475", name: "lwsdisp", said: [Answer(&[200]), Answer(&[200]), Answer(&[200])],
        why: "3.1.1.6: no space before the bracket" },
    Row { corpus: "rfc4475", name: "lwsruri", said: [Answer(&[400]), Answer(&[400]), Answer(&[400])],
        why: "3.1.2.8: a space inside the Request-URI" },
    Row { corpus: "rfc4475", name: "lwsstart", said: [Answer(&[400]), Answer(&[400]), Answer(&[400])],
        why: "3.1.2.9: two spaces in the request line" },
    Row { corpus: "rfc4475", name: "mcl01", said: [Answer(&[400]), AnswerThenClosed(&[400]), AnswerThenClosed(&[400])],
        why: "3.3.9: two different Content-Length; no stream can go on behind them" },
    Row { corpus: "rfc4475", name: "mismatch01", said: [Answer(&[400]), Answer(&[400]), Answer(&[400])],
        why: "3.1.2.17: CSeq of another method" },
    Row { corpus: "rfc4475", name: "mismatch02", said: [Answer(&[400]), Answer(&[400]), Answer(&[400])],
        why: "3.1.2.18: the same with an unknown method" },
    Row { corpus: "rfc4475", name: "mpart01", said: [Answer(&[405]), Answer(&[405]), Answer(&[405])],
        why: "3.1.1.11: multipart with a binary part; MESSAGE is not served" },
    Row { corpus: "rfc4475", name: "multi01", said: [Answer(&[400]), Answer(&[400]), Answer(&[400])],
        why: "3.3.8: From, To, Call-ID and CSeq several times" },
    Row { corpus: "rfc4475", name: "ncl", said: [Answer(&[400]), AnswerThenClosed(&[400]), AnswerThenClosed(&[400])],
        why: "3.1.2.3: negative Content-Length; no stream can go on behind it" },
    Row { corpus: "rfc4475", name: "noreason", said: [Silence, Silence, Silence],
        why: "3.1.1.13: an empty reason phrase; a response that belongs to nothing" },
    Row { corpus: "rfc4475", name: "novelsc", said: [Answer(&[416]), Answer(&[416]), Answer(&[416])],
        why: "3.3.3: a scheme that is no SIP" },
    Row { corpus: "rfc4475", name: "quotbal", said: [Answer(&[400]), Answer(&[400]), Answer(&[400])],
        why: "3.1.2.6: an open quotation in To" },
    Row { corpus: "rfc4475", name: "regaut01", said: [Answer(&[405]), Answer(&[405]), Answer(&[405])],
        why: "3.3.7: unknown authentication scheme; nothing registers here" },
    Row { corpus: "rfc4475", name: "regbadct", said: [Answer(&[400]), Answer(&[400]), Answer(&[400])],
        why: "3.1.2.13: an unbracketed Contact with headers" },
    Row { corpus: "rfc4475", name: "regescrt", said: [Answer(&[405]), Answer(&[405]), Answer(&[405])],
        why: "3.3.14: escaped headers in Contact" },
    Row { corpus: "rfc4475", name: "scalar02", said: [Answer(&[400]), Answer(&[400]), Answer(&[400])],
        why: "3.1.2.4: numbers that overflow; CSeq is needed" },
    Row { corpus: "rfc4475", name: "scalarlg", said: [Silence, Silence, Silence],
        why: "3.1.2.5: the same in a response; dropped" },
    Row { corpus: "rfc4475", name: "sdp01", said: [Answer(&[404]), Answer(&[404]), Answer(&[403])],
        why: "3.3.15: Accept without application/sdp; 406 would be due only where a call is taken, this one goes to nobody" },
    Row { corpus: "rfc4475", name: "semiuri", said: [Answer(&[200]), Answer(&[200]), Answer(&[200])],
        why: "3.1.1.9: a semicolon in the user part" },
    Row { corpus: "rfc4475", name: "transports", said: [Answer(&[200]), Answer(&[200]), Answer(&[200])],
        why: "3.1.1.10: unknown transports in lower Via" },
    Row { corpus: "rfc4475", name: "trws", said: [Answer(&[400]), Answer(&[400]), Answer(&[400])],
        why: "3.1.2.10: spaces behind the request line" },
    Row { corpus: "rfc4475", name: "unkscm", said: [Answer(&[416]), Answer(&[416]), Answer(&[416])],
        why: "3.3.2: an unknown scheme" },
    Row { corpus: "rfc4475", name: "unksm2", said: [Answer(&[405]), Answer(&[405]), Answer(&[405])],
        why: "3.3.4: unknown schemes in To and Contact; nothing registers here" },
    Row { corpus: "rfc4475", name: "unreason", said: [Silence, Silence, Silence],
        why: "3.1.1.12: a reason phrase in UTF-8; a response that belongs to nothing" },
    Row { corpus: "rfc4475", name: "wsinv", said: [Answer(&[481]), Answer(&[481]), Answer(&[481])],
        why: "3.1.1.1: every freedom of the grammar at once; its To has a tag, and there is no such dialog" },
    Row { corpus: "rfc4475", name: "zeromf", said: [Answer(&[200]), Answer(&[200]), Answer(&[200])],
        why: "3.3.11: Max-Forwards 0 stops a proxy, not the one who is asked" },
    Row { corpus: "rfc5118", name: "ipv4-mapped-ipv6", said: [Answer(&[404]), AnswerThenClosed(&[404]), AnswerThenClosed(&[403])],
        why: "4.9: mapped addresses; its Content-Length is 9 too small, so a stream breaks behind it" },
    Row { corpus: "rfc5118", name: "ipv6-bad", said: [Answer(&[400]), Answer(&[400]), Answer(&[400])],
        why: "4.2: an IPv6 Request-URI without brackets" },
    Row { corpus: "rfc5118", name: "ipv6-bug-abnf-3-colons", said: [Answer(&[200]), Answer(&[200]), Answer(&[200])],
        why: "4.10: three colons from the old grammar; what was meant is clear" },
    Row { corpus: "rfc5118", name: "ipv6-correct-abnf-2-colons", said: [Answer(&[200]), Answer(&[200]), Answer(&[200])],
        why: "4.10: as it should be" },
    Row { corpus: "rfc5118", name: "ipv6-good", said: [Answer(&[405]), Answer(&[405]), Answer(&[405])],
        why: "4.1: readable; nothing registers here" },
    Row { corpus: "rfc5118", name: "ipv6-in-sdp", said: [Answer(&[404]), AnswerThenClosed(&[404]), AnswerThenClosed(&[403])],
        why: "4.6: IPv6 in the body; its Content-Length is too small, so a stream breaks behind it" },
    Row { corpus: "rfc5118", name: "mult-ip-in-header", said: [Answer(&[481]), Answer(&[481]), Answer(&[481])],
        why: "4.7: both families in Via; BYE of no dialog" },
    Row { corpus: "rfc5118", name: "mult-ip-in-sdp", said: [Answer(&[404]), ClosedAtOnce(&[404]), AnswerThenClosed(&[403])],
        why: "4.8: both families in the body; its Content-Length is too small, and what is left begins with no token: a stream breaks at once" },
    Row { corpus: "rfc5118", name: "port-ambiguous", said: [Answer(&[405]), Answer(&[405]), Answer(&[405])],
        why: "4.3: the port is part of the address; readable" },
    Row { corpus: "rfc5118", name: "port-unambiguous", said: [Answer(&[405]), Answer(&[405]), Answer(&[405])],
        why: "4.4: the port stands behind the bracket" },
    Row { corpus: "rfc5118", name: "via-received-param-no-delim", said: [Answer(&[200]), Answer(&[200]), Answer(&[200])],
        why: "4.5: received without brackets" },
    Row { corpus: "rfc5118", name: "via-received-param-with-delim", said: [Answer(&[481]), Answer(&[481]), Answer(&[481])],
        why: "4.5: received in brackets is taken too; BYE of no dialog" },
];

impl Said {
    /// Final answers that come whatever happens behind the message.
    pub(crate) fn due(self) -> &'static [u16] {
        match self {
            Answer(statuses) | AnswerThenClosed(statuses) => statuses,
            Silence | Closed | ClosedAtOnce(_) => &[],
        }
    }

    pub(crate) fn closes(self) -> bool {
        matches!(self, AnswerThenClosed(_) | Closed | ClosedAtOnce(_))
    }

    pub(crate) fn fits(self, seen: &Seen) -> bool {
        let answered = match self {
            ClosedAtOnce(perhaps) => seen.statuses.is_empty() || seen.statuses == perhaps,
            Answer(_) | Silence | AnswerThenClosed(_) | Closed => seen.statuses == self.due(),
        };
        answered && seen.closed == self.closes()
    }
}
