//! Formats tables as CSV.

use std::{borrow::Cow, fmt::Display};

use idhooks_ops::without_formula;

use crate::error::{CommandError, CommandResult};

/// The option for cells that look like formulas.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub struct RawArgs {
    /// Do not escape CSV cells that look like formulas, if a program reads them
    ///
    /// By default, a cell that begins with =, +, - or @ gets an apostrophe in front, so that
    /// spreadsheets do not run it.
    #[arg(long)]
    raw: bool,
}

impl RawArgs {
    /// Returns whether the user gave `--raw`.
    pub fn is_given(self) -> bool {
        self.raw
    }

    /// Formats the header and rows as CSV, and escapes formulas unless `--raw` is given.
    ///
    /// # Errors
    /// Returns an error if the rows differ in length or contain bytes that are not UTF-8.
    pub fn csv<R: IntoIterator<Item: AsRef<[u8]>>>(
        self,
        header: impl IntoIterator<Item: AsRef<[u8]>>,
        rows: impl IntoIterator<Item = R>,
    ) -> CommandResult<String> {
        let failed =
            |error: &dyn Display| CommandError::internal("cannot write the table").because(&error);
        // The output is written to memory first, so that a row that cannot be written does not
        // leave half a table on stdout.
        let mut writer = csv::Writer::from_writer(Vec::new());
        let mut written = writer.write_record(header);
        for row in rows {
            let cells: Vec<R::Item> = row.into_iter().collect();
            let cells = cells.iter().map(|cell| match self.raw {
                true => Cow::Borrowed(cell.as_ref()),
                false => without_formula(cell.as_ref()),
            });
            written = written.and_then(|()| writer.write_record(cells));
        }
        written.map_err(|error| failed(&error))?;
        let bytes = writer.into_inner().map_err(|error| failed(&error))?;
        String::from_utf8(bytes).map_err(|error| failed(&error))
    }
}

/// Removes the apostrophe from a quoted cell.
pub fn with_formula(cell: &str) -> Option<&str> {
    let plain = cell.strip_prefix('\'')?;
    // Only an apostrophe that we would have added is removed, because a file name may start with
    // one.
    matches!(without_formula(plain.as_bytes()), Cow::Owned(_)).then_some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_become_text_and_numbers_stay() {
        let row = ["=1+1", "+cmd", "-x", "@a", "\ta", "-0.5", "+7", "1e3", "'=a", "a=b", "", "-"];
        let table = RawArgs::default().csv(row, [row]).expect("UTF-8");
        let header = "=1+1,+cmd,-x,@a,\ta,-0.5,+7,1e3,'=a,a=b,,-\n";
        let quoted = "'=1+1,'+cmd,'-x,'@a,'\ta,-0.5,+7,1e3,'=a,a=b,,'-\n";
        assert_eq!(table, format!("{header}{quoted}"));
        let raw = RawArgs { raw: true }.csv(row, [row]).expect("UTF-8");
        assert_eq!(raw, format!("{header}{header}"));
    }

    #[test]
    fn permissions_are_no_formulas() {
        let row = ["-rw-r--r--", "-rwsr-xr-t", "-rw-r--r-+", "-rw-r--r--1"];
        let table = RawArgs::default().csv(row, [row]).expect("UTF-8");
        assert!(table.ends_with("\n-rw-r--r--,-rwsr-xr-t,'-rw-r--r-+,'-rw-r--r--1\n"), "{table}");
    }

    #[test]
    fn what_was_quoted_is_found_again() {
        assert_eq!(with_formula("'=1+1"), Some("=1+1"));
        assert_eq!(with_formula("'a"), None);
        assert_eq!(with_formula("'-1"), None);
        assert_eq!(with_formula("=1+1"), None);
    }
}
