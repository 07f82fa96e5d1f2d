//! Reports, once a day, that the running program replaces the one that the hooks name.

use std::path::{Path, PathBuf};

use idhooks_repo::git::Repo;
use idhooks_repo::store::{clock, local_day, program_path};
use jiff::tz::TimeZone;

/// The file that records the day of the last report, in the state directory.
const STAMP: &str = "fallback-reported";

/// Returns the running program, which replaces the program `missing` in the clone that contains a
/// directory, unless that was reported today. A clone without identities has nothing to report.
pub fn unreported_fallback(dir: &Path, missing: &Path) -> Option<PathBuf> {
    let repo = Repo::open(dir).ok()?;
    let state = repo.state_dir();
    if !state.path().is_dir() && !repo.top().join(".idhooks").is_dir() {
        return None;
    }
    let program = program_path().ok()?;
    let (day, stamp) = (local_day(clock::now(), &TimeZone::system()), state.file(STAMP));
    let record = format!("{day} {} {}\n", missing.display(), program.display());
    let reported = stamp.read().ok().flatten().is_some_and(|bytes| bytes == record.as_bytes());
    if reported {
        return None;
    }
    // Without a record, it is reported again next time.
    let _ = stamp.replace(record.as_bytes());
    Some(program)
}
