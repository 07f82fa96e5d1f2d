//! [`MigrationRun`]: a migration step in this clone, as recorded in its journal.

use std::fmt::Display;
use std::str::FromStr;

use idhooks_core::config::{LegacyFormat, MigrationPhase};
use idhooks_core::registry::{BlobId, RepoPath, Timestamp};
use serde::{Deserialize, Deserializer, Serialize};

/// The journal version.
const VERSION: u8 = 1;

/// A migration step in this clone: either the one in progress or the last one that finished.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MigrationRun {
    /// The journal version.
    pub version: u8,
    /// The phase before the step.
    #[serde(deserialize_with = "phase")]
    pub from: MigrationPhase,
    /// The phase after the step.
    #[serde(deserialize_with = "phase")]
    pub to: MigrationPhase,
    /// The commit that the step builds on, in hexadecimal; `None` if there are no commits yet.
    pub base: Option<String>,
    /// The path of the file to import records from, as the user typed it.
    pub source: Option<String>,
    /// The file's format.
    pub format: Option<String>,
    /// How many records are imported between two journal entries.
    pub batch: usize,
    /// Whether files without a record get new identities even if their names contain numbers.
    #[serde(default)]
    pub no_adopt_names: bool,
    /// When the step began.
    #[serde(deserialize_with = "parsed")]
    pub started_at: Timestamp,
    /// When the step finished; `None` while it is in progress or after it was interrupted.
    #[serde(deserialize_with = "parsed_option")]
    pub finished_at: Option<Timestamp>,
    /// The number of records in the file.
    pub records: usize,
    /// How many records have been examined.
    pub processed: usize,
    /// How many records were added to the registry or changed in it.
    pub converted: usize,
    /// How many records were added as deprecated because their files do not exist.
    #[serde(default)]
    pub deprecated: usize,
    /// How many records already existed.
    pub unchanged: usize,
    /// How many records were skipped for a reason.
    pub skipped: usize,
    /// The files that the step's commit changes; empty until the step has determined them.
    pub files: Vec<MigratedFile>,
    /// The message for the step's commit.
    pub message: String,
}

/// A file that the step's commit changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MigratedFile {
    /// The file's path.
    #[serde(deserialize_with = "repo_path")]
    pub path: RepoPath,
    /// The content before the step, if the file existed.
    #[serde(deserialize_with = "parsed_option")]
    pub before: Option<BlobId>,
    /// The content after the step, if the file exists.
    #[serde(deserialize_with = "parsed_option")]
    pub after: Option<BlobId>,
}

/// The reason a file is not a valid journal.
#[derive(Debug, thiserror::Error)]
pub enum MigrationRunError {
    /// The journal is damaged.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// The journal has this version, which is not supported.
    #[error("it has the version {0}, not {VERSION}")]
    Version(u8),
}

impl MigrationRun {
    /// Returns a new step.
    pub fn new(from: MigrationPhase, to: MigrationPhase, started_at: Timestamp) -> Self {
        MigrationRun {
            version: VERSION,
            from,
            to,
            base: None,
            source: None,
            format: None,
            batch: 0,
            no_adopt_names: false,
            started_at,
            finished_at: None,
            records: 0,
            processed: 0,
            converted: 0,
            deprecated: 0,
            unchanged: 0,
            skipped: 0,
            files: Vec::new(),
            message: String::new(),
        }
    }

    /// Parses a journal.
    ///
    /// # Errors
    /// Returns an error if the journal is damaged or has a different version.
    pub fn parse(bytes: &[u8]) -> Result<Self, MigrationRunError> {
        let run: Self = serde_json::from_slice(bytes)?;
        // A run with an unknown version may have to be undone differently.
        match run.version {
            VERSION => Ok(run),
            other => Err(MigrationRunError::Version(other)),
        }
    }

    /// Formats the step as a journal.
    pub fn format(&self) -> String {
        // Every field can be represented in JSON.
        let text = serde_json::to_string(self).unwrap_or_default();
        text + "\n"
    }

    /// Returns the format of the file to import records from, if there is one.
    pub fn format_of_source(&self) -> Option<LegacyFormat> {
        self.format.as_deref().and_then(LegacyFormat::parse)
    }

    /// Returns the share of records that have been migrated, from 0 to 1, given the last step in
    /// this clone. While records are being imported, the journal gives the share; before that, it
    /// is 0, and afterwards 1.
    pub fn progress(run: Option<&Self>, phase: MigrationPhase) -> f64 {
        match run {
            Some(run) if run.is_unfinished() && run.from == MigrationPhase::Off => {
                // An empty file must not lead to a division by zero.
                let share = run.processed as f64 / run.records.max(1) as f64;
                share.min(1.0)
            }
            _ if phase == MigrationPhase::Off => 0.0,
            _ => 1.0,
        }
    }

    /// Returns whether the step is in progress or was interrupted.
    pub fn is_unfinished(&self) -> bool {
        self.finished_at.is_none()
    }
}

fn phase<'de, D: Deserializer<'de>>(from: D) -> Result<MigrationPhase, D::Error> {
    let word = String::deserialize(from)?;
    let unknown = || serde::de::Error::custom(format!("'{word}' is no phase"));
    MigrationPhase::parse(&word).ok_or_else(unknown)
}

fn parsed<'de, D: Deserializer<'de>, T: FromStr<Err: Display>>(from: D) -> Result<T, D::Error> {
    String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
}

fn parsed_option<'de, D: Deserializer<'de>, T: FromStr<Err: Display>>(
    from: D,
) -> Result<Option<T>, D::Error> {
    let text: Option<String> = Option::deserialize(from)?;
    text.map(|text| text.parse()).transpose().map_err(serde::de::Error::custom)
}

fn repo_path<'de, D: Deserializer<'de>>(from: D) -> Result<RepoPath, D::Error> {
    RepoPath::new(String::deserialize(from)?.as_bytes()).map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run() -> MigrationRun {
        let start = "2026-02-03T10:11:12Z".parse().expect("valid");
        MigrationRun::new(MigrationPhase::Off, MigrationPhase::LegacyLeads, start)
    }

    #[test]
    fn a_journal_is_read_as_it_was_written() {
        let mut run = run();
        run.base = Some("ab".to_owned());
        run.records = 7;
        run.files.push(MigratedFile {
            path: RepoPath::new("old/ids.json".as_bytes()).expect("valid"),
            before: None,
            after: Some("ce013625030ba8dba906f756967f9e9ca394464a".parse().expect("valid")),
        });
        assert_eq!(MigrationRun::parse(run.format().as_bytes()).expect("valid"), run);
        run.finished_at = Some(run.started_at);
        assert_eq!(MigrationRun::parse(run.format().as_bytes()).expect("valid"), run);
        let text = run.format();
        for damaged in [
            &text[..text.len() / 2],
            &text.replace("\"version\":1", "\"version\":2"),
            &text.replace("legacy-leads", "elsewhere"),
            &text.replace("2026", "x"),
            "",
        ] {
            assert!(MigrationRun::parse(damaged.as_bytes()).is_err(), "{damaged}");
        }
        let later = text.replace("\"version\":1", "\"version\":2");
        let error = MigrationRun::parse(later.as_bytes()).expect_err("another version");
        assert!(matches!(error, MigrationRunError::Version(2)));
        assert_eq!(error.to_string(), "it has the version 2, not 1");
    }

    #[test]
    fn progress_is_a_share_of_the_records() {
        let of = |phase, run: Option<MigrationRun>| MigrationRun::progress(run.as_ref(), phase);
        assert_eq!(of(MigrationPhase::Off, None), 0.0);
        let mut run = run();
        assert_eq!(of(MigrationPhase::Off, Some(run.clone())), 0.0);
        (run.records, run.processed) = (8, 2);
        assert_eq!(of(MigrationPhase::Off, Some(run.clone())), 0.25);
        run.finished_at = Some(run.started_at);
        assert_eq!(of(MigrationPhase::LegacyLeads, Some(run)), 1.0);
        assert_eq!(of(MigrationPhase::RegistryLeads, None), 1.0);
    }
}
