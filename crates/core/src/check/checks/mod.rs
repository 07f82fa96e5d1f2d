//! The checks, listed in [`CHECKS`]. Each file contains a group of checks.

pub(super) mod capacity;
pub(super) mod ended_twins;
pub(super) mod identity_changed;
pub(super) mod ids_in_files;
pub(super) mod missing_and_stale;
pub(super) mod portable_paths;
pub(super) mod records;
pub(super) mod unexplained;

use super::{finding::Finding, placement::Subject};

/// All checks.
const CHECKS: [fn(&Subject<'_>) -> Vec<Finding>; 11] = [
    capacity::check,
    missing_and_stale::check,
    missing_and_stale::in_use,
    identity_changed::check,
    ids_in_files::check,
    portable_paths::check,
    records::foreign,
    records::form,
    records::lost,
    records::twice,
    unexplained::check,
];

/// Returns all findings, sorted.
///
/// ```
/// use idhooks_core::check::{Code, Subject, check};
/// use idhooks_core::config::Config;
/// use idhooks_core::registry::{Entry, Mode, Registry, RepoPath, Tree};
///
/// let (config, registry) = (Config::default(), Registry::new("260118".parse()?));
/// let blob = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391".parse()?;
/// let tree = Tree::from([(RepoPath::new(*b"a.md")?, Entry { mode: Mode::Regular, blob })]);
/// let text = registry.format();
/// let findings =
///     check(&Subject { bytes: text.as_bytes(), ..Subject::new(&config, &registry, &tree) });
/// assert_eq!(findings[0].code, Code::MissingId);
/// assert_eq!(findings[0].message, "'a.md' is tracked but has no identity");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = CHECKS.iter().flat_map(|check| check(subject)).collect();
    findings.sort();
    // Some checks report the same problem, such as those for kept paths and for exact renames.
    findings.dedup();
    findings
}

/// Returns the findings that make a commit inconsistent, sorted.
///
/// A commit is consistent if every tracked path has exactly one holder and every active record's
/// path is tracked; no identity, origin or held path occurs twice; no record from a parent is
/// missing; every path that still exists has the identity it must keep; every deprecated or
/// superseded record gives a reason; a merge does not leave two records from different parents with
/// the same second identity; and the registry has the scope given in `idhooks.toml`.
pub fn consistency(subject: &Subject<'_>) -> Vec<Finding> {
    let checks = [
        missing_and_stale::check,
        records::twice,
        records::lost,
        records::merged_doc_ids,
        identity_changed::kept,
        identity_changed::lost_by_driver,
        unexplained::statuses,
        records::scope,
    ];
    let mut findings: Vec<Finding> = checks.iter().flat_map(|check| check(subject)).collect();
    findings.sort();
    findings
}
