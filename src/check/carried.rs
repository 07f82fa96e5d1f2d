//! `DUPLICATE_IN_FS`, `UNREGISTERED`, `PATH_MISMATCH`, `DEPRECATED_IN_USE`: identities in files and
//! in file names, against the registry.

use std::collections::BTreeMap;

use crate::registry::{Allocation, Id, RepoPath};

use super::{Code, Finding, Subject};

/// An identity that a file carries inside or in its name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Carried {
    /// The file.
    pub path: RepoPath,
    /// The identity.
    pub id: Id,
    /// Whether it is the name that carries it.
    pub is_name: bool,
}

/// Compares what files carry with what the registry says of them.
pub(super) fn carried(subject: &Subject<'_>, carried: &[Carried]) -> Vec<Finding> {
    if carried.is_empty() {
        return Vec::new();
    }
    let view = View::of(subject);
    let mut findings = Vec::new();
    let mut carriers: BTreeMap<Id, Vec<&Carried>> = BTreeMap::new();
    for one in carried {
        let same = carriers.entry(one.id).or_default();
        // A file that carries it twice, inside and in its name, is one file.
        if same.iter().all(|known| known.path != one.path) {
            same.push(one);
        }
    }
    for (id, carriers) in carriers {
        let record = view.records.get(&id).copied();
        let home = carriers.iter().find(|one| view.is_home(one));
        for one in &carriers {
            let is_first = carriers.first() == Some(one);
            findings.extend(match (record, home) {
                _ if view.is_home(one) => None,
                (_, Some(home)) => Some(twice(one, home)),
                (None, None) if is_first => Some(unregistered(one)),
                (Some(record), None) if is_first => Some(misplaced(one, record)),
                // Which of them is meant nobody can tell.
                (_, None) => Some(twice(one, carriers[0])),
            });
        }
    }
    findings
}

struct View<'a> {
    holders: BTreeMap<&'a RepoPath, &'a Allocation>,
    records: BTreeMap<Id, &'a Allocation>,
}

impl<'a> View<'a> {
    fn of(subject: &Subject<'a>) -> Self {
        let mut records = BTreeMap::new();
        for record in &subject.registry.allocations {
            for alias in &record.aliases {
                records.entry(*alias).or_insert(record);
            }
        }
        records.extend(subject.registry.allocations.iter().map(|record| (record.id, record)));
        View { holders: subject.registry.holders(|path| subject.is_tracked(path)), records }
    }

    /// Returns whether a file carries what it has, or what that was called before.
    fn is_home(&self, one: &Carried) -> bool {
        self.holders.get(&one.path).is_some_and(|holder| holder.answers_to(one.id))
    }
}

fn told(one: &Carried) -> String {
    match one.is_name {
        true => format!("the name of '{}' has {}", one.path, one.id),
        false => format!("'{}' carries {}", one.path, one.id),
    }
}

/// Returns the command that gives a file its own identity to carry.
fn cure(one: &Carried) -> String {
    let path = &one.path;
    match one.is_name {
        true => {
            format!("give it another name, with its own identity or none: idhooks mv {path} <name>")
        }
        false => format!("have it carry its own: idhooks inject --replace -- {path}"),
    }
}

fn twice(one: &Carried, other: &Carried) -> Finding {
    let message = format!("{}, and so does '{}'", told(one), other.path);
    let finding = Finding::new(Code::DuplicateInFs, message, cure(one)).at(&one.path).of(one.id);
    finding.related_to(Some(&other.path), Some(other.id))
}

fn unregistered(one: &Carried) -> Finding {
    let message = format!("{}, which the registry does not hold", told(one));
    Finding::new(Code::Unregistered, message, cure(one)).at(&one.path).of(one.id)
}

fn misplaced(one: &Carried, record: &Allocation) -> Finding {
    let place = &record.path;
    let (code, message) = if record.is_active() {
        (Code::PathMismatch, format!("{}, which is that of '{place}'", told(one)))
    } else {
        let state = record.status.as_str();
        (Code::DeprecatedInUse, format!("{}, which is {state} ('{place}')", told(one)))
    };
    let finding = Finding::new(code, message, cure(one)).at(&one.path).of(one.id);
    finding.related_to(Some(place), Some(record.id))
}
