//! How values stand in the columns of the database.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Row, types::Type};
use telephony::AudioCodec;

use crate::audio::codec_of_number;

type Read<T> = rusqlite::Result<T>;

/// Dates are microseconds since 1970.
pub(crate) fn timestamp(row: &Row<'_>, column: usize) -> Read<Timestamp> {
    Timestamp::from_microsecond(row.get(column)?).map_err(|error| unfit(column, Type::Integer, error))
}

/// Lengths are milliseconds.
pub(crate) fn duration(row: &Row<'_>, column: usize) -> Read<Duration> {
    Ok(Duration::from_millis(natural(row, column)?))
}

/// What a [`duration`] column takes.
pub(crate) fn milliseconds(length: Duration) -> i64 {
    i64::try_from(length.as_millis()).unwrap_or(i64::MAX)
}

/// A count; SQLite's integers are signed.
pub(crate) fn natural(row: &Row<'_>, column: usize) -> Read<u64> {
    let value: i64 = row.get(column)?;
    u64::try_from(value).map_err(|error| unfit(column, Type::Integer, error))
}

/// Codecs are RTP payload types.
pub(crate) fn codec(row: &Row<'_>, column: usize) -> Read<AudioCodec> {
    let number: u8 = row.get(column)?;
    codec_of_number(number).ok_or(rusqlite::Error::IntegralValueOutOfRange(column, i64::from(number)))
}

/// A text that one of our words reads.
pub(crate) fn word<T, E>(row: &Row<'_>, column: usize, read: impl FnOnce(&str) -> Result<T, E>) -> Read<T>
where
    E: std::error::Error + Send + Sync + 'static,
{
    read(row.get_ref(column)?.as_str()?).map_err(|error| unfit(column, Type::Text, error))
}

fn unfit(
    column: usize,
    kind: Type,
    error: impl std::error::Error + Send + Sync + 'static,
) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, kind, Box::new(error))
}
