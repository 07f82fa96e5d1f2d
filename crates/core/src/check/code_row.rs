//! [`CodeRow`]: a row in the table of codes.

use super::{Drift, Family, Severity};

/// A code's row in the table.
#[derive(Debug)]
pub struct CodeRow {
    /// The stable name.
    pub name: &'static str,
    /// The default severity of findings with this code.
    pub severity: Severity,
    /// The family: the property that the check verifies.
    pub family: Family,
    /// The section of the drift report.
    pub drift: Drift,
    /// The meaning, on one line without a full stop.
    pub meaning: &'static str,
    /// Why it matters.
    pub why: &'static str,
    /// An example of how such a finding arises.
    pub example: &'static str,
    /// The remedy.
    pub remedy: &'static str,
}

/// Defines the codes and their table.
macro_rules! codes {
    ($($variant:ident = $name:ident: $severity:ident, $family:ident, $drift:path {
        meaning: $meaning:literal, why: $why:literal, example: $example:literal,
        remedy: $remedy:literal,
    })+) => {
        /// The kind of fault that a finding reports, ordered by name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $meaning] $variant,)+
        }

        const ROWS: &[CodeRow] = &[$(CodeRow {
            name: stringify!($name),
            severity: Severity::$severity,
            family: Family::$family,
            drift: $drift,
            meaning: $meaning,
            why: $why,
            example: $example,
            remedy: $remedy,
        }),+];

        impl Code {
            /// Every code.
            pub const ALL: [Code; ROWS.len()] = [$(Code::$variant),+];
        }
    };
}

pub(super) use codes;
