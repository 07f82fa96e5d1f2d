//! [`LegacyLog`]: complete lists of the changes that were taken over from legacy files in this
//! clone.

use serde::{Deserialize, Serialize};

use super::{StateDir, StateFile, StoreError};

/// The size in bytes above which the oldest reports are dropped, but never the last one.
const MOST_BYTES: usize = 4 << 20;

/// The changes that a commit took over from a legacy file after another program had edited it. Each
/// item is a human-readable line.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegacyReport {
    /// The time of the report, as a timestamp.
    pub at: String,
    /// The legacy file.
    pub path: String,
    /// The changes that were not taken over.
    pub left: Vec<String>,
    /// Remarks about added records whose number or file was already taken, or whose file does not
    /// exist.
    pub remarks: Vec<String>,
    /// The changes that were taken over.
    pub taken: Vec<String>,
    /// Other changes that the same commits made to the registry.
    pub others: Vec<String>,
}

impl LegacyReport {
    /// Returns whether there is nothing to report.
    pub fn is_empty(&self) -> bool {
        self.left.is_empty() && self.remarks.is_empty() && self.taken.is_empty()
    }
}

/// A clone's log: one report per line, newest last.
#[derive(Debug, Clone)]
pub struct LegacyLog(StateFile);

impl LegacyLog {
    /// Returns the log in this state directory.
    pub fn in_dir(state: &StateDir) -> Self {
        LegacyLog(state.file("legacy-log.jsonl"))
    }

    /// Adds reports.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written.
    pub fn append(&self, reports: &[LegacyReport]) -> Result<(), StoreError> {
        // Every field can be written as JSON.
        let line = |one: &LegacyReport| serde_json::to_string(one).unwrap_or_default() + "\n";
        let new: String = reports.iter().map(line).collect();
        let mut all = self.0.read()?.unwrap_or_default();
        if all.len() + new.len() <= MOST_BYTES && all.last().is_none_or(|byte| *byte == b'\n') {
            return self.0.append(new);
        }
        // An interrupted write may have left an incomplete line behind, and appending to it would
        // damage the next line as well.
        let end = all.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        all.truncate(end);
        // Drop half of the log at once, so that a full log does not have to be rewritten for every
        // report.
        let surplus = (all.len() + new.len()).saturating_sub(MOST_BYTES / 2).min(all.len());
        let rest = &all[surplus.saturating_sub(1)..];
        let start = rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |at| at + 1);
        let kept = if surplus == 0 { &all[..] } else { &rest[start..] };
        self.0.replace(&[kept, new.as_bytes()].concat())
    }

    /// Returns the reports, oldest first. Damaged lines are skipped.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read.
    pub fn read(&self) -> Result<Vec<LegacyReport>, StoreError> {
        let bytes = self.0.read()?.unwrap_or_default();
        let lines = bytes.split(|byte| *byte == b'\n');
        Ok(lines.filter_map(|line| serde_json::from_slice(line).ok()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Sharing;

    #[test]
    fn the_newest_reports_stay() {
        let dir = tempfile::tempdir().expect("a directory");
        let log = LegacyLog::in_dir(&StateDir::of(dir.path(), Sharing::default()));
        assert_eq!(log.read().expect("readable"), []);
        let report = |n: usize| LegacyReport {
            at: n.to_string(),
            path: "ids.json".to_owned(),
            left: vec!["x".repeat(MOST_BYTES / 10)],
            remarks: Vec::new(),
            taken: Vec::new(),
            others: Vec::new(),
        };
        for n in 0..12 {
            log.append(&[report(n)]).expect("writable");
        }
        let kept: Vec<String> =
            log.read().expect("readable").into_iter().map(|one| one.at).collect();
        assert_eq!(kept.last().map(String::as_str), Some("11"));
        assert!((4..10).contains(&kept.len()), "{kept:?}");
        assert!(!report(0).is_empty());
        // A report that a message refers to is never dropped, and is never appended to a damaged
        // line.
        log.0.append("{\"at\":\"torn").expect("writable");
        let long = LegacyReport { left: vec!["x".repeat(MOST_BYTES)], ..report(12) };
        log.append(std::slice::from_ref(&long)).expect("writable");
        assert_eq!(log.read().expect("readable"), [long]);
    }
}
