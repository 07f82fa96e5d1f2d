//! Checks a registry that is expected to have no findings, which is the usual case, in a single
//! pass over its text, without parsing every record.
//!
//! This is used only if the registry is the same as the only parent's, or if no parent has a
//! registry, because then nothing in it can have been lost or changed. If anything might be wrong,
//! [`idhooks_core::check::check`] examines every record and returns the findings.

use std::{collections::HashSet, io::Read};

use foldhash::fast::RandomState;
use idhooks_core::check::{SequencesUsed, are_portable, has_shared_rule, sequences_of};
use idhooks_core::config::{Config, is_own};
use idhooks_core::registry::{
    Allocation, FileName, Id, Numbering, Origin, PartialRegistry, RecordLine, Registry, RepoPath,
    Scope, Sequence, Status, reason,
};

use super::path_list::PathList;

/// The number of combinations of TYPE and namespace, the first five digits of an identity.
const COUNTERS: usize = 100 * NAMESPACES;
/// The number of namespaces, the last three of these digits.
const NAMESPACES: usize = 1_000;

/// What a registry without findings contains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CleanCounts {
    /// The number of tracked files.
    pub files: usize,
    /// The number of records.
    pub identities: usize,
    /// The paths of records deprecated by a command. If the parent has a file at any of these
    /// paths, the file may have been renamed, which may lead to findings.
    pub set_aside: Vec<RepoPath>,
    /// Whether every record is active and has no metadata but its origin.
    pub is_bare: bool,
}

/// Returns the tracked paths among these paths of regular files, or `None` if a path is invalid.
pub fn tracked_paths(config: &Config, files: PathList) -> Option<PathList> {
    let everything = config.tracks_everything();
    if everything && !files.iter().any(is_own) {
        return Some(files);
    }
    let is_tracked = |path: &[u8]| match everything {
        true => Some(!is_own(path)),
        false => RepoPath::new(path).ok().map(|path| config.tracks(&path)),
    };
    let mut tracked = PathList::with_room_of(&files);
    for path in files.iter() {
        if is_tracked(path)? {
            tracked.push(path);
        }
    }
    Some(tracked)
}

/// Returns whether two lists contain the same paths in any order, without duplicates.
fn are_same(paths: &PathList, others: &PathList) -> bool {
    // A set is faster than sorting, because both lists are long and usually in the same order.
    let mut untaken = HashSet::with_capacity_and_hasher(paths.count(), RandomState::default());
    paths.count() == others.count()
        && paths.iter().all(|path| untaken.insert(path))
        && others.iter().all(|path| untaken.remove(path))
}

/// Returns the counts for a registry with this text and these files, if it is certain to have no
/// findings.
pub fn count_clean(config: &Config, text: impl Read, files: &PathList) -> Option<CleanCounts> {
    // Identities inside files or in file names need a full check, and so do paths that other systems
    // cannot tell apart.
    let is_prefixed = config.prefixes_anything();
    // So do rules that deserve a note.
    if has_shared_rule(config)
        || config.embeds_anything()
        || files.iter().any(|path| carries(path, is_prefixed))
        || !are_portable(files.iter())
    {
        return None;
    }
    let (mut ledger, mut is_plain) = (RecordTotals::over(files), true);
    // Counting stops at the first unusual line, because the result cannot be used then.
    let partial = PartialRegistry::of(text, |line| {
        is_plain = is_plain && ledger.note(line, false).is_some();
        false
    })?;
    if !is_plain {
        return None;
    }
    let read = partial.registry();
    read.allocations.iter().try_for_each(|record| ledger.note_read(record))?;
    let identities = ledger.origins.len();
    let is_bare = ledger.bare == identities;
    let set_aside = ledger.close(config, &read, files)?;
    Some(CleanCounts { files: files.count(), identities, set_aside, is_bare })
}

/// Returns whether a file's name begins with an identity or, if names may have prefixes, with a
/// malformed one.
fn carries(path: &[u8], is_prefixed: bool) -> bool {
    let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or(path);
    FileName::of(name).id().is_some() || (is_prefixed && FileName::malformed(name).is_some())
}

/// The totals for all records.
struct RecordTotals {
    /// The paths of active records.
    active: PathList,
    origins: Vec<Origin>,
    /// For each TYPE and namespace, the number of sequences used, over all scopes.
    used: Vec<usize>,
    scopes: Vec<Scope>,
    set_aside: Vec<RepoPath>,
    /// The second identities of active records.
    doc_ids: Vec<String>,
    /// The number of bare records.
    bare: usize,
}

impl RecordTotals {
    fn over(files: &PathList) -> Self {
        RecordTotals {
            active: PathList::with_room_of(files),
            origins: Vec::with_capacity(files.count()),
            // Use an array rather than a map, because there are only 100,000 counters and every
            // record updates one.
            used: vec![0; COUNTERS],
            scopes: Vec::new(),
            set_aside: Vec::new(),
            doc_ids: Vec::new(),
            bare: 0,
        }
    }

    /// Adds a record. A purged record never has a plain line.
    fn note(&mut self, line: &RecordLine<'_>, is_purged: bool) -> Option<()> {
        let by_itself = |text| reason::SELF_REVIVING.contains(&text);
        match line.status {
            Status::Active => {
                self.active.push(line.path);
                self.doc_ids.extend(line.doc_id.map(str::to_owned));
            }
            Status::Deprecated if !is_purged && !line.reason.is_some_and(by_itself) => {
                self.set_aside.push(RepoPath::new(line.path).ok()?);
            }
            _ => {}
        }
        self.bare += usize::from(line.is_bare);
        self.origins.push(line.origin);
        self.note_use(line.id)?;
        // Nearly all records have the same scope, so the list stays short.
        if self.scopes.last() != Some(&line.id.scope()) {
            self.scopes.push(line.id.scope());
        }
        Some(())
    }

    /// Adds a record that had to be parsed.
    fn note_read(&mut self, record: &Allocation) -> Option<()> {
        self.note(&RecordLine::of(record), record.is_purged())?;
        let claim = Some(record.claim).filter(|claim| *claim != record.id);
        claim.iter().chain(&record.aliases).try_for_each(|id| self.note_use(*id))
    }

    fn note_use(&mut self, id: Id) -> Option<()> {
        *self.uses(id)? += 1;
        Some(())
    }

    fn uses(&mut self, id: Id) -> Option<&mut usize> {
        self.used.get_mut(usize::try_from(id.group()).ok()?)
    }

    /// Returns whether the chain of some counter may be nearly full.
    fn may_be_nearly_full(&self, config: &Config) -> bool {
        let (numbering, of_one) = (Numbering::FORMAT, sequences_of(config.allocation.strategy));
        let types = self.used.chunks_exact(NAMESPACES);
        let of_type = |counts: &[usize]| {
            let (own, shared) = counts.split_at(NAMESPACES - numbering.shared as usize);
            let used = own.iter().max().unwrap_or(&0) + shared.iter().sum::<usize>();
            // Too high an estimate only means that every record is checked.
            SequencesUsed { used, capacity: shared.len() * of_one }.is_nearly_full()
        };
        types.into_iter().any(of_type)
    }

    /// Returns the paths of the records deprecated by a command, if there are no findings.
    fn close(
        mut self,
        config: &Config,
        head: &Registry,
        files: &PathList,
    ) -> Option<Vec<RepoPath>> {
        // Reserved numbers and numbers from another program are used up as well, although no record
        // has them.
        for (name, counter) in &head.counters {
            let floor = usize::try_from(counter.floor.unwrap_or(0)).ok()?;
            *self.uses(name.id(Sequence::FIRST))? += counter.reserved.len() + floor;
        }
        let is_nearly_full = self.may_be_nearly_full(config);
        let known = |scope: &Scope| config.knows_scope(head.scope, *scope);
        self.origins.sort_unstable();
        self.doc_ids.sort_unstable();
        let is_clean = config.scope.is_none_or(|scope| scope == head.scope)
            && are_same(files, &self.active)
            && self.origins.windows(2).all(|pair| pair[0] != pair[1])
            && self.doc_ids.windows(2).all(|pair| pair[0] != pair[1])
            && self.scopes.iter().all(known)
            && !is_nearly_full;
        is_clean.then_some(self.set_aside)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str =
        r#"{"schema_version":"1.0","scope":"260118","counters":{},"metadata":{},"allocations":["#;

    fn record(id: &str, path: &str, status: &str, origin: &str, more: &str) -> String {
        format!(
            r#"{{"id":"{id}","file_path":"{path}","allocated_at":"2026-01-01T00:00:00Z","status":"{status}","metadata":{{"origin":"{origin}"{more}}}}}"#
        )
    }

    fn counted(records: &[String], files: &[&str]) -> Option<CleanCounts> {
        let config = Config::default();
        let text = format!("{HEAD}\n{}\n]}}\n", records.join(",\n"));
        let mut all = PathList::default();
        files.iter().for_each(|path| all.push(path.as_bytes()));
        count_clean(&config, text.as_bytes(), &tracked_paths(&config, all)?)
    }

    #[test]
    fn what_is_plainly_in_order_is_counted() {
        let kept = [
            record("0099900001260118", "a", "active", "000000000000000a", ""),
            record("0099900002260118", "b", "active", "000000000000000b", r#","note":[1]"#),
            record("0099900003260118", "c", "superseded", "000000000000000c", ""),
            record(
                "0099900004260118",
                "d",
                "deprecated",
                "000000000000000d",
                r#","deprecated_reason":"deleted""#,
            ),
            record(
                "0099900005260118",
                "e",
                "deprecated",
                "000000000000000e",
                r#","deprecated_reason":"obsolete""#,
            ),
        ];
        let counts = counted(&kept, &["a", "b", "idhooks.toml"]).expect("in order");
        let set_aside = vec![RepoPath::new(*b"e").expect("a path")];
        assert_eq!(counts, CleanCounts { files: 2, identities: 5, set_aside, is_bare: false });
    }

    #[test]
    fn what_may_be_wrong_is_not_counted() {
        let [a, b] = [("1", "a"), ("2", "b")].map(|(n, path)| {
            let [id, origin] = [format!("009990000{n}260118"), format!("000000000000000{n}")];
            record(&id, path, "active", &origin, "")
        });
        let both = counted(&[a.clone(), b.clone()], &["a", "b"]);
        assert!(both.is_some_and(|counts| counts.is_bare));
        for files in [&["a"][..], &["a", "b", "c"], &["a", "c"], &["a", "b", "b"]] {
            assert_eq!(counted(&[a.clone(), b.clone()], files), None, "{files:?}");
        }
        let instead = |old: &str, new: &str| vec![a.clone(), b.replace(old, new)];
        for records in [
            instead("0000000000000002", "0000000000000001"),
            instead(r#""b""#, r#""a""#),
            instead("0099900002260118", "0099900001260118"),
            instead("0099900002260118", "0099900002260119"),
            instead("active", "superseded"),
            [&a, &b].map(|line| line.replace("\"}}", "\",\"doc_id\":\"DOC-1\"}}")).to_vec(),
            vec![b.clone(), a.clone()],
        ] {
            assert_eq!(counted(&records, &["a", "b"]), None, "{records:?}");
        }
    }
}
