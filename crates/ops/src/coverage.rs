//! Coverage: how many tracked files have an identity, in total and by group.

use std::collections::{BTreeMap, BTreeSet};

use idhooks_core::registry::{Allocation, Registry, RepoPath};
use idhooks_core::{check::Coverage, config::Config};

idhooks_core::words! {
    /// The property that files are grouped by.
    pub enum GroupBy, help {
        /// The namespace.
        Ns = "ns", "Namespace of the identity, or the one that the rules would give";
        /// The TYPE.
        Type = "type", "TYPE of the identity, or the one that the rules would give";
        /// The top-level directory.
        Dir = "dir", "Top-level directory; '.' for files in the root";
        /// The class.
        Class = "class", "Class by the [[classify]] rules; '-' for files without one";
    }
}

/// A group of files.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct CoverageGroup {
    /// The namespace, TYPE, directory or class that the files share.
    pub name: String,
    /// The group's coverage.
    #[serde(flatten)]
    pub coverage: Coverage,
}

/// The tracked files, and the records that hold them.
#[derive(Debug)]
pub struct TrackedFiles<'a> {
    config: &'a Config,
    tracked: BTreeSet<&'a RepoPath>,
    holders: BTreeMap<&'a RepoPath, &'a Allocation>,
}

impl<'a> TrackedFiles<'a> {
    /// Returns these files with their records; without a registry, no file has a record.
    pub fn new(
        config: &'a Config,
        registry: Option<&'a Registry>,
        tracked: BTreeSet<&'a RepoPath>,
    ) -> Self {
        let holders = registry.map(|registry| registry.holders(|path| tracked.contains(path)));
        TrackedFiles { config, holders: holders.unwrap_or_default(), tracked }
    }

    /// Returns the coverage.
    pub fn coverage(&self) -> Coverage {
        let covered = self.tracked.iter().filter(|path| self.holders.contains_key(**path)).count();
        Coverage { files: self.tracked.len(), covered }
    }

    /// Returns each group's coverage, sorted by name.
    pub fn groups(&self, by: GroupBy) -> Vec<CoverageGroup> {
        let mut groups: BTreeMap<String, Coverage> = BTreeMap::new();
        for path in &self.tracked {
            let holder = self.holders.get(*path).copied();
            let group = groups.entry(name(by, self.config, path, holder));
            let coverage = group.or_insert(Coverage { files: 0, covered: 0 });
            coverage.files += 1;
            coverage.covered += usize::from(holder.is_some());
        }
        groups.into_iter().map(|(name, coverage)| CoverageGroup { name, coverage }).collect()
    }
}

fn name(by: GroupBy, config: &Config, path: &RepoPath, holder: Option<&Allocation>) -> String {
    match (by, holder) {
        // An identity's parts are fixed, no matter what the rules would assign now.
        (GroupBy::Ns, Some(record)) => record.id.namespace().to_string(),
        (GroupBy::Ns, None) => config.namespace_of(path).to_string(),
        (GroupBy::Type, Some(record)) => record.id.type_code().to_string(),
        (GroupBy::Type, None) => config.type_of(path).to_string(),
        // The path alone determines the class.
        (GroupBy::Class, _) => config.classify(path).class.unwrap_or("-").to_owned(),
        (GroupBy::Dir, _) => {
            let text = path.to_string();
            text.split_once('/').map_or_else(|| ".".to_owned(), |(dir, _)| dir.to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"{"schema_version":"1.0","scope":"260118","counters":{},"allocations":[
        {"id":"0110000005260118","file_path":"docs/a.md","allocated_at":"2026-01-18T22:00:00Z","status":"active"},
        {"id":"2020000006260118","file_path":"b.py","allocated_at":"2026-01-18T22:00:00Z","status":"deprecated","metadata":{"deprecated_reason":"deleted"}},
        {"id":"2020000007260118","file_path":"c.py","allocated_at":"2026-01-18T22:00:00Z","status":"deprecated","metadata":{"deprecated_reason":"on purpose"}},
        {"id":"2020000008260118","file_path":"gone.py","allocated_at":"2026-01-18T22:00:00Z","status":"active"}]}"#;

    #[test]
    fn counts_as_the_check_does() {
        let registry = Registry::parse(TEXT.as_bytes()).expect("valid");
        let paths: Vec<RepoPath> = ["docs/a.md", "docs/new.md", "b.py", "c.py"]
            .map(|path| RepoPath::new(path.as_bytes().to_vec()).expect("valid"))
            .into();
        let tracked: BTreeSet<&RepoPath> = paths.iter().collect();
        let config = Config::default();
        let without = TrackedFiles::new(&config, None, tracked.clone());
        assert_eq!(without.coverage(), Coverage { files: 4, covered: 0 });
        let files = TrackedFiles::new(&config, Some(&registry), tracked);
        assert_eq!(files.coverage(), Coverage { files: 4, covered: 2 });
        let shown = |by| {
            let groups = files.groups(by);
            let line = |g: CoverageGroup| {
                format!("{} {}/{}", g.name, g.coverage.covered, g.coverage.files)
            };
            groups.into_iter().map(line).collect::<Vec<_>>()
        };
        assert_eq!(shown(GroupBy::Dir), [". 1/2", "docs 1/2"]);
        assert_eq!(shown(GroupBy::Ns), ["100 1/2", "200 1/1", "999 0/1"]);
        assert_eq!(shown(GroupBy::Type), ["01 1/2", "20 1/2"]);
        assert_eq!(shown(GroupBy::Class), ["- 2/4"]);
    }
}
