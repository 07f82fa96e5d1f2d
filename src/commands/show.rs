//! `idhooks show`: what an identity names, or which identity a path has.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use crate::error::CommandError;
use crate::exit::Exit;
use crate::git::Repo;
use crate::output::{Format, Ui, aligned, json, shell_quoted};
use crate::policy::is_own;
use crate::registry::{Allocation, Id, Registry, RepoPath, Tree, format_record, key};
use crate::walk::View;

use super::nearest::nearest;
use super::paths::repo_path;
use super::source::Source;

/// Show what an identity names, or which identity a path has
///
/// An identity is looked up among the current ones, then among the aliases of others, then
/// among the claims. A path that is gone shows the record that held it last.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  idhooks show docs/intro.md
  idhooks show 0110073814260118 --format json

A file whose name is 16 digits: idhooks show ./0110073814260118")]
pub(super) struct Show {
    /// An identity of 16 digits, or a path
    #[arg(value_name = "ID|PATH")]
    subject: OsString,
    #[command(flatten)]
    source: Source,
    /// Form of the report
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

/// A record, and how it was found where that is not plain.
#[derive(Debug, PartialEq)]
struct Found<'a> {
    record: &'a Allocation,
    note: Option<String>,
}

impl Show {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> Result<Exit, CommandError> {
        let (repo, view) = self.source.look(dir)?;
        let registry = &self.source.registry(&view)?.registry;
        let found = self.find(&repo, dir, &view, registry)?;
        let holder = registry.shadowing().get(&found.record.origin).copied();
        match self.format {
            Format::Json => {
                ui.data(&json::show(&format_record(found.record, holder), found.note.as_deref()));
            }
            Format::Text => show(ui, &found, holder),
        }
        Ok(Exit::Fine)
    }

    fn find<'a>(
        &self,
        repo: &Repo,
        dir: &Path,
        view: &View,
        registry: &'a Registry,
    ) -> Result<Found<'a>, CommandError> {
        if let Some(id) = as_id(&self.subject) {
            return by_id(registry, id).ok_or_else(|| {
                let error = CommandError::new(format!("cannot find a record of {id}"));
                error.hint("see which there are: idhooks list")
            });
        }
        let path = repo_path(repo, dir, Path::new(&self.subject))?;
        by_path(registry, &view.tree, &path).ok_or_else(|| self.not_found(&path, view, registry))
    }

    fn not_found(&self, path: &RepoPath, view: &View, registry: &Registry) -> CommandError {
        let error = CommandError::new(format!("cannot find an identity of '{path}'"));
        if is_own(path) {
            return error.hint("idhooks' own files have none; see which files have: idhooks list");
        }
        if view.tree.contains_key(path) {
            let typed = shell_quoted(&self.subject.to_string_lossy());
            let hint = "'git commit' gives a staged file one; now: idhooks allocate";
            return error.hint(format!("{hint} {typed}"));
        }
        let known = registry.allocations.iter().map(|record| record.path.to_string());
        error.hint(match nearest(&path.to_string(), known) {
            Some(near) => format!("did you mean '{near}'?"),
            None => "a new file gets one when it is committed: git add <path>".to_owned(),
        })
    }
}

fn as_id(subject: &OsStr) -> Option<Id> {
    subject.to_str().and_then(|text| text.parse().ok())
}

fn by_id(registry: &Registry, id: Id) -> Option<Found<'_>> {
    let records = &registry.allocations;
    if let Some(record) = records.iter().find(|record| record.id == id) {
        let others: Vec<_> = records
            .iter()
            .filter(|r| r.id != id && (r.aliases.contains(&id) || r.claim == id))
            .map(|r| r.id.to_string())
            .collect();
        let note = (!others.is_empty())
            .then(|| format!("{id} was also given to the file that is now {}", others.join(", ")));
        return Some(Found { record, note });
    }
    let alias = records.iter().find(|r| r.aliases.contains(&id));
    let claim = || records.iter().find(|r| r.claim == id);
    let record = alias.or_else(claim)?;
    let how = if alias.is_some() { "an alias of" } else { "the first choice for" };
    Some(Found { record, note: Some(format!("{id} is {how} {}", record.id)) })
}

fn by_path<'a>(registry: &'a Registry, tree: &Tree, path: &RepoPath) -> Option<Found<'a>> {
    let holders = registry.holders(|path| tree.contains_key(path));
    if let Some(record) = holders.get(path).filter(|r| r.is_active() || tree.contains_key(path)) {
        let note = (!tree.contains_key(path))
            .then(|| format!("'{path}' is not in the tree; the next commit retires the record"));
        return Some(Found { record, note });
    }
    let there = registry.allocations.iter().filter(|record| record.path == *path);
    // The most recent one: nothing else tells which of several held the path last.
    let record = there.max_by_key(|r| (r.text(key::DEPRECATED_AT).unwrap_or(""), r.seniority()))?;
    let status = record.status.as_str();
    Some(Found { record, note: Some(format!("'{path}' is gone; its last record is {status}")) })
}

fn show(ui: &mut Ui, found: &Found<'_>, holder: Option<Id>) {
    let record = found.record;
    let mut rows: Vec<[String; 2]> = Vec::new();
    let mut row = |name: &str, value: String| rows.push([name.to_owned(), value]);
    row("id", record.id.to_string());
    row("path", record.path.to_string());
    match holder {
        None => row("status", record.status.as_str().to_owned()),
        Some(holder) => row("status", format!("superseded: {holder} holds the path")),
    }
    row("allocated_at", record.allocated_at.to_string());
    row("origin", record.origin.to_string());
    if record.claim != record.id {
        row(key::CLAIM, record.claim.to_string());
    }
    if !record.aliases.is_empty() {
        let aliases: Vec<_> = record.aliases.iter().map(Id::to_string).collect();
        row(key::ALIASES, aliases.join(" "));
    }
    for (name, value) in record.metadata.iter().chain(&record.extra) {
        row(name, value.as_str().map_or_else(|| value.compact(), str::to_owned));
    }
    if let Some(note) = &found.note {
        row("note", note.clone());
    }
    for line in aligned(&rows) {
        ui.line(&line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::{BlobId, Entry, Mode};

    const REGISTRY: &str = r#"{"schema_version":"1.0","scope":"260118","allocations":[
        {"id":"0110000001260118","file_path":"a.md","allocated_at":"2026-01-18T22:00:00Z","status":"active","metadata":{"aliases":["0110000002260118","0110000009260118"]}},
        {"id":"0110000002260118","file_path":"b.md","allocated_at":"2026-01-18T22:00:00Z","status":"active","metadata":{"claim":"0110000008260118"}},
        {"id":"0110000003260118","file_path":"c.md","allocated_at":"2026-01-18T22:00:00Z","status":"deprecated","metadata":{"deprecated_reason":"deleted","deprecated_at":"2026-01-19T22:00:00Z"}},
        {"id":"0110000004260118","file_path":"c.md","allocated_at":"2026-01-18T23:00:00Z","status":"deprecated","metadata":{"deprecated_reason":"deleted","deprecated_at":"2026-01-20T22:00:00Z"}}]}"#;

    fn registry() -> Registry {
        Registry::parse(REGISTRY.as_bytes()).expect("valid")
    }

    fn described(found: Option<Found<'_>>) -> Option<(String, Option<String>)> {
        found.map(|found| (found.record.path.to_string(), found.note))
    }

    #[test]
    fn a_current_holder_comes_before_an_alias_and_an_alias_before_a_claim() {
        let registry = registry();
        let find = |id: &str| described(by_id(&registry, id.parse().expect("valid")));
        let also = "0110000002260118 was also given to the file that is now 0110000001260118";
        let alias = "0110000009260118 is an alias of 0110000001260118";
        let claim = "0110000008260118 is the first choice for 0110000002260118";
        assert_eq!(find("0110000001260118"), Some(("a.md".into(), None)));
        assert_eq!(find("0110000002260118"), Some(("b.md".into(), Some(also.into()))));
        assert_eq!(find("0110000009260118"), Some(("a.md".into(), Some(alias.into()))));
        assert_eq!(find("0110000008260118"), Some(("b.md".into(), Some(claim.into()))));
        assert_eq!(find("0110000007260118"), None);
    }

    #[test]
    fn a_path_that_is_gone_shows_its_last_record() {
        let registry = registry();
        let path = |text: &str| RepoPath::new(text.as_bytes()).expect("valid");
        let blob: BlobId = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391".parse().expect("valid");
        let tree: Tree = [(path("a.md"), Entry { mode: Mode::Regular, blob })].into();
        let find = |text: &str| by_path(&registry, &tree, &path(text));
        assert_eq!(described(find("a.md")), Some(("a.md".into(), None)));
        assert!(find("b.md").expect("found").note.expect("a note").contains("not in the tree"));
        let gone = find("c.md").expect("found");
        assert_eq!(gone.record.id.to_string(), "0110000004260118");
        assert_eq!(gone.note.as_deref(), Some("'c.md' is gone; its last record is deprecated"));
        assert_eq!(find("d.md"), None);
    }
}
