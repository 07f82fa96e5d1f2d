//! Tables as CSV.

use std::fmt::Display;

use crate::error::CommandError;

/// Returns rows as CSV, the header first.
///
/// # Errors
/// None that can be mended.
pub(super) fn csv<R: IntoIterator<Item: AsRef<[u8]>>>(
    header: impl IntoIterator<Item: AsRef<[u8]>>,
    rows: impl IntoIterator<Item = R>,
) -> Result<String, CommandError> {
    let failed =
        |error: &dyn Display| CommandError::internal("cannot write the table").because(&error);
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut written = writer.write_record(header);
    for row in rows {
        written = written.and_then(|()| writer.write_record(row));
    }
    written.map_err(|error| failed(&error))?;
    let bytes = writer.into_inner().map_err(|error| failed(&error))?;
    String::from_utf8(bytes).map_err(|error| failed(&error))
}
