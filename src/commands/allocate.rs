//! `idhooks allocate`: give files their identity now, without waiting for a commit.

use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use clap::Args;
use idhooks_core::plan::Choice;
use idhooks_core::registry::{Allocation, Id, Namespace, Registry, RepoPath, TextError, TypeCode};
use idhooks_ops::{
    RegistryDraft, RegistryTransaction, Turn, TypedId, Writer, named_file, open_to_change,
};
use idhooks_repo::git::Repo;

use crate::error::{CommandError, CommandResult, Exit, PrintingWork, report_full};
use crate::output::{Ui, count};

use super::batch::{Batch, BatchRow};

mod case;
mod request;

use case::{AllocateCase, AllocateStep, IfHeld};
/// Give staged files an identity now instead of at the commit
///
/// Writes the registry in the working tree and in the index, so that the next commit includes it.
/// Leave renamed files to the commit: it recognises them, and they keep their identity.
///
/// --batch reads a CSV file with a column 'path' and, to override the rules, 'type' and 'ns'; or a
/// JSON list of objects with these keys. The rows are printed as CSV with two more columns, 'id' and
/// 'error'. If a row is wrong, nothing is allocated unless you pass --keep-going.
///
/// The output of 'idhooks scan' is a batch, too: the files with 'needs_id' true get an identity.
/// Files that already have one keep it, and files that are not in the index are skipped.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks allocate docs/plan.md               one file
  idhooks allocate --batch files.csv --dry-run
  idhooks scan | idhooks allocate --batch - --limit 100
  idhooks allocate --reserved 2010000007260118 src/new.py
  git ls-files -z docs | xargs -0 idhooks allocate --if-missing --

Exit code: 0 allocated; 1 a counter is full, or --keep-going skipped rows; 2 a file cannot get an \
identity, and nothing was allocated")]
pub(super) struct Allocate {
    /// Files in the index
    #[arg(required_unless_present = "batch", value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Read the files from CSV or JSON; '-' reads standard input
    #[arg(long, value_name = "FILE", conflicts_with = "paths")]
    batch: Option<PathBuf>,
    /// Use this TYPE, two digits, instead of the one from the rules
    #[arg(long = "type", value_name = "TYPE")]
    type_code: Option<TypeCode>,
    /// Use this namespace, three digits, instead of the one from the rules
    #[arg(long = "ns", value_name = "NS")]
    namespace: Option<Namespace>,
    /// Give this reserved identity (or its first digits) to the file; name one file only
    #[arg(long, value_name = "ID", conflicts_with_all = ["batch", "type_code", "namespace"])]
    reserved: Option<TypedId>,
    /// Allocate at most this many identities and skip the remaining files
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Accept files that already have an identity, and print it
    #[arg(long)]
    if_missing: bool,
    /// Skip wrong rows of a batch instead of stopping
    #[arg(long, requires = "batch")]
    keep_going: bool,
    /// Print the identities that would be allocated; change nothing
    #[arg(long)]
    dry_run: bool,
    /// Whether another process may have carried this out already.
    #[arg(skip)]
    was_posted: bool,
}

/// The error of a row of a scan whose file is not in the index.
const LOOSE: &str = "not in the index";

impl Allocate {
    pub(super) fn run(mut self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        if self.is_plain() {
            let request =
                |repo: &Repo| request::of_paths(repo, &self.paths, self.choice(), self.if_missing);
            let repo = open_to_change(dir)?;
            return match Writer::open_or_ask(&repo, "allocate", request)? {
                Turn::Answered(lines) => {
                    ui.bytes(&lines);
                    Ok(Exit::Fine)
                }
                Turn::Work(writer, was_posted) => {
                    self.was_posted = was_posted;
                    writer.work(ui, |ui, transaction| self.of_paths(ui, transaction))
                }
            };
        }
        let repo = open_to_change(dir)?;
        let writer = Writer::open(&repo, "allocate")?;
        let Some(file) = &self.batch else {
            return writer.work(ui, |ui, transaction| self.of_paths(ui, transaction));
        };
        let batch = Batch::read(dir, file)?;
        writer.work(ui, |ui, transaction| self.of_batch(ui, transaction, (file, &batch)))
    }

    fn of_paths(&self, ui: &mut Ui, transaction: &RegistryTransaction<'_>) -> CommandResult<Exit> {
        let case = self.cases(transaction, false);
        // A file that is named twice counts once.
        let cases = self.paths.iter().map(|typed| case(typed, self.choice(), self.if_held()));
        let by_path = cases.map(|case| case.map(|case| (case.path.clone(), case)));
        let by_path = by_path.collect::<Result<BTreeMap<_, _>, _>>()?;
        let mut draft = RegistryDraft::new(transaction, transaction.registry().clone());
        let Some(ids) = self.give(ui, &mut draft, by_path.values())? else {
            return Ok(Exit::Findings);
        };
        let answers = match self.is_plain() {
            true => request::carry_out(&mut draft, case),
            false => Vec::new(),
        };
        self.write(ui, draft)?;
        for (request, ids) in answers {
            // A process without an answer does it itself, and finds that it is done.
            let _ = request.answer(lines(&ids).concat().as_bytes());
        }
        lines(&ids).iter().for_each(|line| ui.line(line.trim_end_matches('\n')));
        tell_rest(ui, by_path.values(), &ids);
        Ok(Exit::Fine)
    }

    /// Returns whether this only names files, so that another process may carry it out.
    fn is_plain(&self) -> bool {
        self.batch.is_none() && self.limit.is_none() && self.reserved.is_none() && !self.dry_run
    }

    fn write(&self, ui: &mut Ui, draft: RegistryDraft<'_>) -> CommandResult<()> {
        let transaction = draft.transaction;
        match self.dry_run {
            true => Ok(()),
            false => Ok(transaction.write(ui, &draft.into_noted_registry())?),
        }
    }

    fn of_batch(
        &self,
        ui: &mut Ui,
        transaction: &RegistryTransaction<'_>,
        (file, batch): (&Path, &Batch),
    ) -> CommandResult<Exit> {
        let case = self.cases(transaction, batch.is_scan());
        let (mut cases, mut errors, mut seen) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
        let decide = |row: &BatchRow<'_>| match wish(row, batch.is_scan(), self.choice())? {
            Some(choice) => case(row.path.as_ref(), choice, self.if_held()).map(Some),
            None => Ok(None),
        };
        for (n, row) in batch.rows().enumerate() {
            match decide(&row) {
                Ok(Some(case)) if !seen.insert(case.path.clone()) => {
                    let error = CommandError::new(format!("'{}' is listed twice", case.path));
                    errors.insert(n, error.hint("list it on one line only"));
                }
                Ok(Some(case)) => drop(cases.insert(n, case)),
                Ok(None) => {}
                Err(error) => drop(errors.insert(n, error)),
            }
        }
        let mut sorted: Vec<&AllocateCase> = cases.values().collect();
        sorted.sort_by_key(|case| &case.path);
        let is_possible = errors.is_empty() || self.keep_going;
        let mut draft = RegistryDraft::new(transaction, transaction.registry().clone());
        let Some(ids) = self.give(ui, &mut draft, sorted)? else {
            return Ok(Exit::Findings);
        };
        if is_possible {
            self.write(ui, draft)?;
        }
        let answer = |n| {
            let error = errors.get(&n).map(|error| &*error.message);
            match cases.get(&n).map(|case| (&case.step, &case.path)) {
                Some((AllocateStep::Held(id), _)) => (Some(*id), error),
                Some((AllocateStep::Open, path)) if is_possible => (ids.get(path).copied(), error),
                Some((AllocateStep::Loose, _)) => (None, Some(LOOSE)),
                _ => (None, error),
            }
        };
        ui.data(&batch.answered(answer)?);
        if is_possible {
            tell_rest(ui, cases.values(), &ids);
        }
        if errors.is_empty() {
            return Ok(Exit::Fine);
        }
        let lines = count(errors.len(), "wrong line", "wrong lines");
        let mut all = CommandError::new(format!("{lines} in '{}'", file.display()));
        let cause = |(n, error): (&usize, &CommandError)| {
            format!("line {}: {}", batch.line(*n), error.message)
        };
        all.causes = errors.iter().map(cause).collect();
        all.hints = errors.values().find_map(|e| e.hints.first().cloned()).into_iter().collect();
        if is_possible {
            all.show(ui);
            return Ok(Exit::Findings);
        }
        Err(all.hint("nothing was allocated; to allocate for the other lines: --keep-going"))
    }

    fn if_held(&self) -> IfHeld {
        match (self.if_missing, self.was_posted) {
            (true, _) => IfHeld::Print,
            (false, true) => IfHeld::PrintNew,
            (false, false) => IfHeld::Refuse,
        }
    }

    fn choice(&self) -> Choice {
        Choice { type_code: self.type_code, namespace: self.namespace }
    }

    /// Returns a function that says what to do for a file.
    fn cases<'t>(
        &'t self,
        transaction: &'t RegistryTransaction<'_>,
        is_scan: bool,
    ) -> impl Fn(&Path, Choice, IfHeld) -> CommandResult<AllocateCase> {
        let holders = transaction.registry().holders(|path| transaction.has_file(path));
        let prospects = LazyCell::new(|| transaction.prospects());
        // After a commit without hooks, the command that writes the registry next adds the records.
        let stored = LazyCell::new(|| {
            let records = transaction.stored().allocations.iter();
            records.map(|record| record.id).collect::<BTreeSet<_>>()
        });
        let committed = LazyCell::new(|| transaction.committed().map(Registry::by_origin));
        let prints = move |record: &Allocation, if_held| match if_held {
            IfHeld::Refuse => is_scan,
            IfHeld::PrintNew => {
                committed.as_ref().is_none_or(|all| !all.contains_key(&record.origin))
            }
            IfHeld::Print => true,
        };
        let step = move |typed: &Path, if_held: IfHeld| {
            let path = named_file(transaction.repo, typed)?;
            if let Some(holder) = holders.get(&path) {
                if prints(holder, if_held) {
                    return Ok((path, AllocateStep::Held(holder.id)));
                }
                if let Some(outcome) = prospects.kept_by(&path) {
                    let what = format!("'{path}' gets no new identity: {outcome}");
                    return Err(CommandError::new(what).hint("'git commit' does that if idhooks is installed; to preview it: idhooks reconcile --dry-run; to do it now: idhooks reconcile"));
                }
                if !stored.contains(&holder.id) {
                    return Ok((path, AllocateStep::Held(holder.id)));
                }
                let what = format!("'{path}' already has an identity: {}", holder.id);
                let look = format!("run 'idhooks show {}' to see it", holder.id);
                return Err(CommandError::new(what).hint(look));
            }
            if is_scan && transaction.entry(&path).is_none() {
                return Ok((path, AllocateStep::Loose));
            }
            transaction.assert_trackable(&path, typed)?;
            Ok((path, AllocateStep::Open))
        };
        move |typed, choice, if_held| {
            step(typed, if_held).map(|(path, step)| AllocateCase { path, choice, step })
        }
    }

    /// Allocates identities in the order of `cases`. Returns the identity of each file, or nothing if a
    /// counter is full, and reports that.
    fn give<'c>(
        &self,
        ui: &mut Ui,
        draft: &mut RegistryDraft<'_>,
        cases: impl IntoIterator<Item = &'c AllocateCase>,
    ) -> CommandResult<Option<BTreeMap<RepoPath, Id>>> {
        let (mut ids, mut left) = (BTreeMap::new(), self.limit.unwrap_or(usize::MAX));
        for AllocateCase { path, choice, step } in cases {
            let id = match step {
                AllocateStep::Held(id) => *id,
                AllocateStep::Open if left > 0 => {
                    left -= 1;
                    draft.assigner.choice = *choice;
                    match &self.reserved {
                        Some(_) if !ids.is_empty() => {
                            let what = "--reserved gives its identity to one file only";
                            return Err(CommandError::new(what).hint("name one file"));
                        }
                        Some(reserved) => {
                            let id = draft.release(reserved)?;
                            draft.assign(path, id);
                            id
                        }
                        None => match report_full(ui, draft.allocate_in_index(path))? {
                            Some(new) => new.id,
                            None => return Ok(None),
                        },
                    }
                }
                _ => continue,
            };
            ids.insert(path.clone(), id);
        }
        Ok(Some(ids))
    }
}

/// Returns the lines that are printed for files and their identities.
fn lines(ids: &BTreeMap<RepoPath, Id>) -> Vec<String> {
    ids.iter().map(|(path, id)| format!("{id} {path}\n")).collect()
}

/// Reports how many files stay without an identity, and why.
fn tell_rest<'c>(
    ui: &mut Ui,
    cases: impl Iterator<Item = &'c AllocateCase>,
    ids: &BTreeMap<RepoPath, Id>,
) {
    let (mut over, mut loose) = (0, 0);
    for AllocateCase { path, step, .. } in cases {
        over += usize::from(*step == AllocateStep::Open && !ids.contains_key(path));
        loose += usize::from(*step == AllocateStep::Loose);
    }
    for (number, why) in
        [(over, " because of --limit"), (loose, ": not in the index; to add files: git add")]
    {
        if number > 0 {
            let files = count(number, "file stays", "files stay");
            ui.status(&format!("{files} without an identity{why}"));
        }
    }
}

/// Returns what a row of a batch chooses, with `choice` for its empty cells. Returns nothing for a
/// row of a scan whose file needs no identity.
fn wish(row: &BatchRow<'_>, is_scan: bool, choice: Choice) -> CommandResult<Option<Choice>> {
    if is_scan {
        let needs_id = row.needs_id.unwrap_or_default();
        // Spreadsheets write it in upper case.
        match needs_id.to_ascii_lowercase().as_str() {
            "true" => {}
            "false" => return Ok(None),
            _ => {
                let what = format!("'{needs_id}' in 'needs_id' is neither true nor false");
                return Err(CommandError::new(what)
                    .hint("keep the column as 'idhooks scan' writes it, or remove it"));
            }
        }
    }
    if row.path.is_empty() {
        return Err(CommandError::new("the path is missing").hint("fill in 'path'"));
    }
    let wrong = |error: TextError| {
        CommandError::new(error.to_string()).hint("leave it empty to let the rules decide")
    };
    let type_code = row.type_code.map(str::parse).transpose().map_err(wrong)?;
    let namespace = row.namespace.map(str::parse).transpose().map_err(wrong)?;
    Ok(Some(Choice {
        type_code: type_code.or(choice.type_code),
        namespace: namespace.or(choice.namespace),
    }))
}
