//! Converts between database values and the queue's types.

use idhooks_core::registry::RepoPath;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Result, Row};
use serde_json::value::RawValue;

use crate::moment::Moment;

use super::item::{FileEvent, ItemStatus, QueueItem};

/// The SQL condition that excludes repair requests.
pub(super) const NO_REQUEST: &str = " AND event_type NOT IN ('RECONCILE_ADD', 'RECONCILE_REMOVE')";

/// The columns that [`item`] reads, in order.
pub(super) const COLUMNS: &str = "path, old_path, event_type, status, attempts, generation, \
    claim, first_seen, enqueued_at, started_at, completed_at, next_attempt_at, last_error, metadata";

/// A path as stored in the database: as text, or as bytes if it is not UTF-8.
pub(super) struct PathColumn(pub(super) RepoPath);

/// A path to be written to the database.
pub(super) struct PathValue<'p>(pub(super) &'p RepoPath);

impl ToSql for PathValue<'_> {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        let text = self.0.as_str().map(|text| ValueRef::Text(text.as_bytes()));
        // Storing paths as text keeps most of them readable in the database.
        Ok(ToSqlOutput::Borrowed(text.unwrap_or(ValueRef::Blob(self.0.as_bytes()))))
    }
}

impl FromSql for PathColumn {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let bytes = match value {
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes,
            _ => return Err(FromSqlError::InvalidType),
        };
        RepoPath::new(bytes).map(PathColumn).map_err(|error| FromSqlError::Other(error.into()))
    }
}

impl ToSql for Moment {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        Ok(self.to_string().into())
    }
}

impl FromSql for Moment {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value
            .as_str()?
            .parse()
            .map_err(|error: idhooks_core::registry::TextError| FromSqlError::Other(error.into()))
    }
}

impl FromSql for FileEvent {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        FileEvent::parse(value.as_str()?).ok_or(FromSqlError::InvalidType)
    }
}

impl FromSql for ItemStatus {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        ItemStatus::parse(value.as_str()?).ok_or(FromSqlError::InvalidType)
    }
}

/// Returns the item in a row with the columns [`COLUMNS`].
pub(super) fn item(row: &Row<'_>) -> Result<QueueItem> {
    let metadata: Option<String> = row.get(13)?;
    let metadata = metadata.map(RawValue::from_string).transpose();
    Ok(QueueItem {
        path: row.get::<_, PathColumn>(0)?.0,
        old_path: row.get::<_, Option<PathColumn>>(1)?.map(|path| path.0),
        event: row.get(2)?,
        status: row.get(3)?,
        attempts: row.get(4)?,
        generation: row.get(5)?,
        claim: row.get(6)?,
        first_seen: row.get(7)?,
        enqueued_at: row.get(8)?,
        started_at: row.get(9)?,
        completed_at: row.get(10)?,
        next_attempt_at: row.get(11)?,
        last_error: row.get(12)?,
        metadata: metadata.map_err(|error| {
            let kind = rusqlite::types::Type::Text;
            rusqlite::Error::FromSqlConversionFailure(13, kind, error.into())
        })?,
    })
}
