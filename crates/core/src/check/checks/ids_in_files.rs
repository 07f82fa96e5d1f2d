//! `DUPLICATE_IN_FS`, `UNREGISTERED`, `PATH_MISMATCH`, `DEPRECATED_IN_USE`, `MALFORMED_ID`: checks
//! the identities in files and file names against the registry.

use std::{cell::LazyCell, collections::BTreeMap};

use crate::check::{Code, Finding, Severity, Subject, carried_id::Carried, placement::is_tracked};
use crate::config::Config;
use crate::registry::{Allocation, FileName, Id, Registry, RepoPath, Tree};

/// The maximum number of characters of a malformed identity to show in messages.
const SHOWN: usize = 40;

/// Returns a finding for every identity that a file carries although it does not belong to that
/// file.
pub(super) fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let Subject { config, registry, tree, carriers, .. } = *subject;
    let carried = carried(config, registry, registry, tree, carriers);
    carried.into_iter().map(|(_, finding)| finding).collect()
}

/// Compares the identities that a tree's files carry with a registry, and returns the findings.
/// `stored` is the registry that commands read, without the planned changes.
pub fn carried<'c>(
    config: &Config,
    registry: &Registry,
    stored: &Registry,
    tree: &Tree,
    carried: impl IntoIterator<Item = &'c Carried>,
) -> Vec<(&'c Carried, Finding)> {
    let mut malformed = Vec::new();
    let mut carriers: BTreeMap<Id, Vec<&Carried>> = BTreeMap::new();
    for one in carried {
        match &one.id {
            Err(text) => malformed.push((one, text)),
            Ok(id) => {
                let same = carriers.entry(*id).or_default();
                // A file may carry its identity both in its content and in its name.
                if same.iter().all(|known| known.path != one.path) {
                    same.push(one);
                }
            }
        }
    }
    if carriers.is_empty() && malformed.is_empty() {
        return Vec::new();
    }
    let is_tracked = |path: &RepoPath| is_tracked(config, tree, path);
    let holders = registry.holders(is_tracked);
    // Returns whether the identity is the file's own identity or one of its aliases.
    let is_home =
        |one: &Carried, id| holders.get(&one.path).is_some_and(|holder| holder.answers_to(id));
    let mut records: BTreeMap<Id, &Allocation> = BTreeMap::new();
    for record in &registry.allocations {
        for alias in &record.aliases {
            records.entry(*alias).or_insert(record);
        }
    }
    // Current identities are added after aliases, because an identity's current holder takes
    // precedence over a former one.
    records.extend(registry.allocations.iter().map(|record| (record.id, record)));
    let origins = LazyCell::new(|| stored.by_origin());
    let stored_holders = LazyCell::new(|| stored.holders(is_tracked));
    // Commands follow a staged rename, just as the plan does.
    let follows =
        |path: &RepoPath| holders.get(path).is_some_and(|now| origins.contains_key(&now.origin));
    let has_identity = |path: &RepoPath| stored_holders.contains_key(path) || follows(path);
    let remedy = CarriedRemedy { registry, tree, has_identity: &has_identity };
    let mut findings: Vec<(&Carried, Finding)> =
        malformed.into_iter().map(|(one, text)| (one, remedy.malformed(one, text))).collect();
    for (id, mut carriers) in carriers {
        carriers.sort();
        let record = records.get(&id).copied();
        let home = carriers.iter().find(|one| is_home(one, id));
        for one in &carriers {
            let is_first = carriers.first() == Some(one);
            let finding = match (record, home) {
                _ if is_home(one, id) => continue,
                (_, Some(home)) => remedy.duplicate(one, id, home),
                (None, None) if is_first => remedy.unregistered(one, id),
                (Some(record), None) if is_first => remedy.misplaced(one, id, record),
                // It is unclear which file the identity belongs to.
                (_, None) => remedy.duplicate(one, id, carriers[0]),
            };
            findings.push((one, finding));
        }
    }
    for (one, finding) in &mut findings {
        if !one.is_binding {
            finding.severity = finding.severity.max(Severity::Warning);
        }
    }
    findings
}

/// The remedies for problems with identities in files.
struct CarriedRemedy<'a> {
    registry: &'a Registry,
    tree: &'a Tree,
    has_identity: &'a dyn Fn(&RepoPath) -> bool,
}

impl CarriedRemedy<'_> {
    /// Returns the command that writes a file's own identity into it.
    fn own(&self, one: &Carried) -> String {
        if one.is_name {
            let rename = self.rename(&one.path);
            return format!("rename it: {rename}");
        }
        let path = one.path.shell_quoted();
        match (self.has_identity)(&one.path) {
            true => format!("write its own identity: idhooks inject --replace -- {path}"),
            false => format!(
                "write its own identity: idhooks allocate -- {path} && idhooks inject --replace -- {path}"
            ),
        }
    }

    /// Returns the command that removes the identity from a file's name.
    fn rename(&self, path: &RepoPath) -> String {
        let plain = FileName::undigited(path.basename());
        let plain = plain.and_then(|name| path.with_basename(name).ok());
        // The user pastes this command, so it must not overwrite a file.
        let plain = plain.filter(|plain| !self.tree.contains_key(plain));
        let to = plain.map_or_else(|| "<name>".to_owned(), |plain| plain.shell_quoted());
        let command = if (self.has_identity)(path) { "idhooks mv" } else { "git mv" };
        format!("{command} -- {} {to}", path.shell_quoted())
    }

    fn malformed(&self, one: &Carried, text: &str) -> Finding {
        let (path, shown) = (&one.path, clipped(text));
        let is_digits = text.len() == Id::DIGITS && text.bytes().all(|byte| byte.is_ascii_digit());
        let why = match is_digits {
            true => "its sequence is 00000",
            false => "an identity has 16 digits",
        };
        let what = match one.is_name {
            true => format!("the name of '{path}' begins with {shown}"),
            false => format!("the doc_id of '{path}' is '{shown}'"),
        };
        let help = if one.is_name {
            let rename = self.rename(path);
            format!(
                "rename it: {rename}; or exclude it with a [[file_names]] rule that sets id_prefix = false"
            )
        } else if is_digits {
            self.own(one)
        } else if one.is_binding {
            "remove that line or key, and the next commit writes the identity; or exclude the file with an [[embed]] rule that sets embed = false".to_owned()
        } else {
            format!(
                "if it is meant to be the identity, remove it and run: idhooks inject -- {}",
                path.shell_quoted()
            )
        };
        let message = format!("{what}, which is not an identity: {why}");
        let mut finding = Finding::new(Code::MalformedId, message, help).at(path);
        finding.id = Some(shown);
        finding
    }

    fn duplicate(&self, one: &Carried, id: Id, other: &Carried) -> Finding {
        let message = format!("{}, and so does '{}'", description(one, id), other.path);
        let finding = Finding::new(Code::DuplicateInFs, message, self.own(one));
        finding.at(&one.path).of(id).related_to(Some(&other.path), Some(id))
    }

    fn unregistered(&self, one: &Carried, id: Id) -> Finding {
        let message = format!("{}, which is not in the registry", description(one, id));
        let counter = self.registry.counters.get(&id.counter());
        let is_reserved = counter.is_some_and(|c| c.reserved.contains(&id.sequence().get()));
        let help = match is_reserved && !(self.has_identity)(&one.path) {
            true => {
                let path = one.path.shell_quoted();
                format!(
                    "the identity is reserved; to give it to the file: idhooks allocate --reserved {id} -- {path}"
                )
            }
            false => self.own(one),
        };
        Finding::new(Code::Unregistered, message, help).at(&one.path).of(id)
    }

    fn misplaced(&self, one: &Carried, id: Id, record: &Allocation) -> Finding {
        let place = &record.path;
        let (code, message) = if record.is_active() {
            (Code::PathMismatch, format!("{}, the identity of '{place}'", description(one, id)))
        } else {
            let state = record.status.as_str();
            (
                Code::DeprecatedInUse,
                format!("{}, which is {state} ('{place}')", description(one, id)),
            )
        };
        let finding = Finding::new(code, message, self.own(one)).at(&one.path).of(id);
        finding.related_to(Some(place), Some(record.id))
    }
}

/// Returns the beginning of a message about an identity in a file.
fn description(one: &Carried, id: Id) -> String {
    match one.is_name {
        true => format!("the name of '{}' has {id}", one.path),
        false => format!("'{}' carries {id}", one.path),
    }
}

fn clipped(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
