//! `idhooks allocate`: gives files their identity before they are committed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::tables::{Batch, BatchRow};
use clap::Args;
use idhooks_core::plan::Choice;
use idhooks_core::registry::{Namespace, TextError, TypeCode};
use idhooks_ops::{
    AllocateBatch, AllocateOptions, Allocated, AllocatedRow, TypedId, WriteCounter, allocate,
    allocate_batch, count as count_writes, open_to_change,
};

use crate::error::{CommandError, CommandResult, Exit, report_full};
use crate::output::{Ui, count};

/// Give staged files an identity now instead of at the commit
///
/// Updates the registry in the working tree and in the index, so that the next commit includes it.
/// Do not use it for renamed files: the commit recognises them, and they keep their identities.
///
/// --batch reads a CSV file with a 'path' column and, to override the rules, 'type' and 'ns'
/// columns, or a JSON list of objects with these keys. The rows are printed as CSV with two more
/// columns, 'id' and 'error'. If a row is invalid, nothing is allocated unless you pass
/// --keep-going.
///
/// The output of 'idhooks scan' can also serve as a batch: files whose 'needs_id' is true get an
/// identity, files that have one keep it, and files that are not in the index are skipped.
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
    /// Use this two-digit TYPE instead of the one from the rules
    #[arg(long = "type", value_name = "TYPE")]
    type_code: Option<TypeCode>,
    /// Use this three-digit namespace instead of the one from the rules
    #[arg(long = "ns", value_name = "NS")]
    namespace: Option<Namespace>,
    /// Give the file this reserved identity (or the one with these first digits); name one file
    /// only
    #[arg(long, value_name = "ID", conflicts_with_all = ["batch", "type_code", "namespace"])]
    reserved: Option<TypedId>,
    /// Allocate at most this many identities and skip the remaining files
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Accept files that already have an identity, and print it
    #[arg(long)]
    if_missing: bool,
    /// Skip invalid rows in a batch instead of stopping
    #[arg(long, requires = "batch")]
    keep_going: bool,
    /// Print the identities that would be allocated; change nothing
    #[arg(long)]
    dry_run: bool,
}

/// The reason that files are left without an identity.
const OVER_LIMIT: &str = " because of --limit";
/// The error for a scanned file that is not in the index.
const LOOSE: &str = "not in the index";

impl Allocate {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        if let Some(file) = &self.batch {
            return self.of_batch(ui, dir, file);
        }
        let choice = self.choice();
        let Allocate { paths: files, reserved, limit, if_missing, dry_run: is_dry_run, .. } = self;
        let options = AllocateOptions { files, choice, reserved, limit, if_missing, is_dry_run };
        let done = allocate(ui, &open_to_change(dir)?, &options);
        let Some(Allocated { ids, left }) = report_full(ui, done)? else {
            return Ok(Exit::Findings);
        };
        ui.lines(ids.iter().map(|(path, id)| format!("{id} {path}")));
        tell_left(ui, left, OVER_LIMIT);
        Ok(Exit::Fine)
    }

    fn of_batch(&self, ui: &mut Ui, dir: &Path, file: &Path) -> CommandResult<Exit> {
        let repo = open_to_change(dir)?;
        let table = Batch::read(dir, file)?;
        let (mut rows, mut errors) = (BTreeMap::new(), BTreeMap::new());
        for (n, row) in table.rows().enumerate() {
            match wish(&row, table.is_scan(), self.choice()) {
                Ok(Some(choice)) => drop(rows.insert(n, (PathBuf::from(row.path), choice))),
                Ok(None) => {}
                Err(error) => drop(errors.insert(n, error)),
            }
        }
        let is_strict = !self.keep_going;
        // If a row is invalid, a strict batch is still planned but not written, so that the user
        // sees the errors in all rows at once.
        let batch = AllocateBatch {
            rows,
            is_scan: table.is_scan(),
            limit: self.limit,
            if_missing: self.if_missing,
            is_strict,
            is_dry_run: self.dry_run || (is_strict && !errors.is_empty()),
        };
        let done = allocate_batch(ui, &repo, &batch);
        let Some(done) = report_full(ui, done)? else { return Ok(Exit::Findings) };
        let (mut outcomes, mut over, mut loose) = (BTreeMap::new(), 0, 0);
        for (n, row) in done {
            over += usize::from(matches!(row, AllocatedRow::OverLimit));
            loose += usize::from(matches!(row, AllocatedRow::NotInIndex));
            match row {
                AllocatedRow::Refused(error) => drop(errors.insert(n, error.into())),
                row => drop(outcomes.insert(n, row)),
            }
        }
        let is_possible = errors.is_empty() || self.keep_going;
        // A new identity is printed only if it was really allocated; in a refused batch, it would
        // mean nothing.
        let answer = |n| match outcomes.get(&n) {
            Some(AllocatedRow::Held(id)) => (Some(*id), None),
            Some(AllocatedRow::New(id)) if is_possible => (Some(*id), None),
            Some(AllocatedRow::NotInIndex) => (None, Some(LOOSE)),
            _ => (None, errors.get(&n).map(|error| &*error.message)),
        };
        ui.data(&table.answered(answer)?);
        if is_possible {
            tell_left(ui, over, OVER_LIMIT);
            // A scan also lists untracked files, which cannot get an identity before `git add`.
            tell_left(ui, loose, ": not in the index; to add files: git add");
        }
        if errors.is_empty() {
            return Ok(Exit::Fine);
        }
        let lines = count(errors.len(), "wrong line", "wrong lines");
        let mut all = CommandError::new(format!("{lines} in '{}'", file.display()));
        let cause = |(n, error): (&usize, &CommandError)| {
            format!("line {}: {}", table.line(*n), error.message)
        };
        all.causes = errors.iter().map(cause).collect();
        // One hint is enough: a misread column makes every row wrong in the same way.
        all.hints = errors.values().find_map(|e| e.hints.first().cloned()).into_iter().collect();
        if is_possible {
            // The run itself counts as successful, so this counts the rows it skipped.
            count_writes(&repo, &[WriteCounter::ValidationFailures]);
            all.show(ui);
            return Ok(Exit::Findings);
        }
        Err(all.hint("nothing was allocated; to allocate for the other lines: --keep-going"))
    }

    fn choice(&self) -> Choice {
        Choice { type_code: self.type_code, namespace: self.namespace }
    }
}

/// Reports the number of files left without an identity, and the reason.
fn tell_left(ui: &mut Ui, left: usize, why: &str) {
    if left > 0 {
        let files = count(left, "file stays", "files stay");
        ui.status(&format!("{files} without an identity{why}"));
    }
}

/// Returns the TYPE and namespace in a batch row, using those of `choice` where a cell is empty.
/// Returns `None` if the row comes from a scan and its file needs no identity.
fn wish(row: &BatchRow<'_>, is_scan: bool, choice: Choice) -> CommandResult<Option<Choice>> {
    if is_scan {
        let needs_id = row.needs_id.unwrap_or_default();
        // Spreadsheets export these values as TRUE and FALSE.
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
