use mailbox::{MailboxId, MessageDetails, MessageId, RecordingHeader};
use rusqlite::{OptionalExtension, Transaction, params};

use crate::{
    StoreError,
    audio::codec_number,
    database::columns::milliseconds,
    error::Doing,
    mailboxes::rows::holder_id,
    messages::outbox::{OutboxItem, write_outbox},
};

/// Everything that the row of a message will say.
pub(crate) struct NewMessage {
    /// Relative to the data folder.
    pub(crate) file: String,
    pub(crate) header: RecordingHeader,
    pub(crate) details: MessageDetails,
    /// Whole blocks in the file.
    pub(crate) blocks: u32,
    /// Octets of audio in those blocks.
    pub(crate) octets: u64,
    /// The mailbox that sent it; `None`: the one whose number called, if there is one.
    pub(crate) sender: Option<MailboxId>,
}

impl NewMessage {
    /// Writes the row that makes a recording a message, once its transaction is committed.
    ///
    /// # Errors
    /// [`StoreError::NoSuchMailbox`] before anything is written, or the database failed.
    pub(crate) fn insert(&self, transaction: &Transaction<'_>) -> Result<MessageId, StoreError> {
        let Self { file, header, details, blocks, octets, sender } = self;
        let mailbox = header.mailbox;
        let dial_plan: String = transaction
            .prepare_cached("SELECT dial_plan FROM mailboxes WHERE id = ?1")
            .and_then(|mut statement| statement.query_row([mailbox.0], |row| row.get(0)).optional())
            .doing("looking for the mailbox of a message")?
            .ok_or(StoreError::NoSuchMailbox { mailbox })?;
        let sender = match (sender, &header.caller) {
            (Some(sender), _) => Some(*sender),
            (None, Some(caller)) => holder_id(transaction, &dial_plan, caller)?,
            (None, None) => None,
        };
        transaction
            .prepare_cached(
                "INSERT INTO messages (mailbox, received, length, codec, caller, caller_name, call_id, urgent,
                                       interrupted, file, blocks, octets, private, sender)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
            )
            .and_then(|mut statement| {
                statement.execute(params![
                    mailbox.0,
                    details.received.as_microsecond(),
                    milliseconds(details.length),
                    codec_number(header.codec),
                    header.caller,
                    header.caller_name,
                    header.call_id,
                    details.urgent,
                    details.interrupted,
                    file,
                    blocks,
                    i64::try_from(*octets).unwrap_or(i64::MAX),
                    details.private,
                    sender.map(|sender| sender.0)
                ])
            })
            .doing("writing the row of a message")?;
        let id = MessageId(transaction.last_insert_rowid());
        write_outbox(transaction, details.received, mailbox, OutboxItem::Message(id))?;
        Ok(id)
    }
}
