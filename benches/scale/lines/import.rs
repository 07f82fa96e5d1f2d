//! Importing the registry of another tool: so many records, each for a file.

use std::fmt::Write as _;
use std::fs;

use anyhow::{Result, bail};

use super::{Subject, init};
use crate::report::Line;
use crate::rounds::Contender;

/// How many numbers one counter has.
const COUNTER: u32 = 99_999;
/// How long a record may take, in ms: a thousand of them a second.
const RECORD: f64 = 1.0;
/// The rounds: what counts is a limit, not a ratio.
const ROUNDS: u32 = 3;

pub(super) fn measure(subject: &Subject<'_>) -> Result<()> {
    let Some(name) = subject.line("import of another registry") else { return Ok(()) };
    let (sandbox, repository) = (&subject.bench.sandbox, subject.repository()?);
    let dir = &repository.dir;
    init::unadopt(repository)?;
    let file = sandbox.path("other-registry.json");
    fs::write(&file, registry(&repository.git("ls-files")?))?;
    let look = || {
        let registry = fs::read_to_string(dir.join(".idhooks/registry.json"))?;
        if registry.matches("\"status\":\"active\"").count() != subject.files as usize
            || registry.matches("\"owner\":\"ann\"").count() != subject.files as usize
        {
            bail!("not every record was imported");
        }
        Ok(())
    };
    let (program, file) = (sandbox.idhooks_path().as_os_str(), file.as_os_str());
    let hash = ["git", "hash-object", "-w", "--"].map(AsRef::as_ref);
    let import = [program, "import".as_ref(), "--quiet".as_ref(), file];
    let contenders = [
        Contender::new("git hash-object -w file", dir, hash.into_iter().chain([file])),
        Contender::new("idhooks", dir, import)
            .compared()
            .before(|| init::unadopt(repository))
            .after(look),
    ];
    let figures = subject.bench.measure(&name, ROUNDS, &contenders)?;
    init::unadopt(repository)?;
    let target = Some(RECORD * f64::from(subject.files));
    subject.bench.add(Line::time(&name, figures, target));
    Ok(())
}

/// Returns the registry of another tool for these files, one a line.
fn registry(files: &str) -> String {
    let mut text = String::from(
        "{\"schema_version\":\"1.0\",\"scope\":\"260118\",\"counters\":{},\"metadata\":{},\"allocations\":[",
    );
    for (n, path) in (0..).zip(files.lines()) {
        let (namespace, sequence) = (100 + n / COUNTER, 1 + n % COUNTER);
        let comma = if n == 0 { "" } else { "," };
        // A date without a zone, as other tools write it.
        let _ = write!(
            text,
            "{comma}\n{{\"id\":\"01{namespace:03}{sequence:05}260118\",\"file_path\":\"{path}\",\
             \"allocated_at\":\"2025-01-01T10:00:00\",\"status\":\"active\",\
             \"metadata\":{{\"owner\":\"ann\"}}}}"
        );
    }
    text.push_str("\n]}\n");
    text
}
