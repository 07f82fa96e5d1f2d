//! `idhooks fix`: fixes what `idhooks check` finds, as far as a program can.

mod repair_plan;

use std::{collections::BTreeSet, path::Path};

use clap::Args;
use idhooks_core::check::{Code, Finding, unread_heads};
use idhooks_core::plan::{Edit, EventKind, PlanError};
use idhooks_core::registry::{Entry, Mode, Registry, RepoPath};
use idhooks_ops::{JournaledRun, Reach, RegistryTransaction, Writer, note_event, open_to_change};
use idhooks_references::Way;
use idhooks_repo::state::{CommitState, Heads, StateError};
use idhooks_repo::{git::Repo, store::journal::IndexStep, transaction::Checked};

use crate::error::{CommandError, CommandResult, Exit, PrintingWork};
use crate::output::{Ui, count};

use super::explain;
use super::rename::{Rewriting, report_references};
use super::rollback::roll_back;
use repair_plan::{RepairPlan, is_fixable};

/// Fix the problems that 'idhooks check' finds
///
/// Shows what would change; --execute changes it, in the index and in the working tree: everything or
/// nothing. Files without an identity get one; a file that carries an identity which no file ever had
/// gets that one. Records follow files that moved or are gone. The registry gets its canonical form.
/// Files with an embed rule get their own identity if they carry another one.
///
/// If the names of several files begin with the same identity, the file that has it keeps it; if no
/// file ever had it, the file that was committed last gets it. The others are renamed to their own
/// identities, and references to them are updated. Ambiguous references are listed, and nothing
/// changes unless you pass --force.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks fix                                       show what would change
  idhooks fix --execute                             fix everything
  idhooks fix MISSING_ID DUPLICATE_IN_FS --execute

'idhooks fix' works on the index. For commits made without hooks, run 'idhooks reconcile'; for an \
unmerged registry, 'idhooks resolve'; for everything else, see 'idhooks explain CODE'.

Exit code: 0 nothing is left to fix; 1 findings are left (without --execute: there are findings); 2 \
an error, and nothing was changed")]
pub(super) struct Fix {
    /// Codes of the findings to fix [default: all]
    #[arg(value_name = "CODE")]
    codes: Vec<String>,
    /// Make the changes
    #[arg(long)]
    execute: bool,
    /// Rename files despite ambiguous references
    #[arg(long)]
    force: bool,
    /// Undo the last run, or one that was interrupted
    #[arg(long, conflicts_with_all = ["codes", "execute", "force"])]
    rollback: bool,
    /// Show what would change; change nothing (default)
    #[arg(long, conflicts_with = "execute")]
    dry_run: bool,
}

impl Fix {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        if self.rollback {
            let repo = open_to_change(dir)?;
            let writer = Writer::open_for(&repo, "fix", Reach::Everything)?;
            return roll_back(ui, writer.repo, "fix", self.dry_run);
        }
        let codes = self.codes()?;
        if self.execute {
            let repo = open_to_change(dir)?;
            return Writer::open_for(&repo, "fix", Reach::Everything)?
                .work(ui, |ui, transaction| self.fix(ui, transaction, &codes));
        }
        let repo = Repo::open(dir)?;
        let transaction = RegistryTransaction::open(ui, &repo)?;
        self.fix(ui, &transaction, &codes)
    }

    /// Parses the codes.
    fn codes(&self) -> CommandResult<Vec<Code>> {
        let code = |name: &String| match explain::find(name)? {
            code if is_fixable(code) => Ok(code),
            code => Err(CommandError::new(format!("'idhooks fix' cannot fix {code}"))
                .hint(format!("see what to do: idhooks explain {code}"))),
        };
        self.codes.iter().map(code).collect()
    }

    fn fix(
        &self,
        ui: &mut Ui,
        transaction: &RegistryTransaction<'_>,
        codes: &[Code],
    ) -> CommandResult<Exit> {
        let repo = transaction.repo;
        let Checked { findings: found, unread } =
            check(repo, &CommitState::of_index(repo)?, codes)?;
        let unread = unread_heads(unread, true);
        if found.is_empty() {
            let place = if unread.is_empty() { "" } else { " in what was read" };
            ui.status(&format!("nothing to fix{place}{unread}"));
            return Ok(Exit::Fine);
        }
        let plan = match RepairPlan::of(transaction, &found, codes) {
            Ok(plan) => plan,
            Err(StateError::Plan(PlanError::Capacity { counter, path })) => {
                ui.complain(&[transaction.full_counter(counter, &path)]);
                return Ok(Exit::Findings);
            }
            Err(error) => return Err(error.into()),
        };
        let moves = &plan.names.targets.moves;
        let rewriting = Rewriting::of(transaction, moves, &plan.files)?;
        let is_doubtful = !rewriting.doubts.is_empty() && !self.force;
        if self.execute && is_doubtful {
            rewriting.report_doubts(ui, true);
            let places = count(rewriting.doubts.len(), "place", "places");
            let what = "may refer to a file that would be renamed; nothing was changed";
            return Err(CommandError::new(format!("{places} {what}"))
                .hint(format!("look at them, then: {} --force", self.command(codes))));
        }
        show(ui, transaction, &plan, &rewriting);
        let (files, index) = rewriting.steps(repo)?;
        let is_same =
            plan.registry.says_the_same_as(transaction.stored()) && transaction.is_canonical();
        let is_nothing = is_same && files.is_empty() && index.is_empty();
        let left = if is_nothing {
            found.clone()
        } else if self.execute {
            let steps = (files, index);
            let (files, entries) = steps;
            let run = JournaledRun { what: "fix".into(), files, entries, events: Vec::new() };
            transaction.write_together(ui, &plan.registry, run)?;
            if !moves.is_empty() {
                report_references(ui, repo, Way::To, moves, &rewriting);
            }
            check(repo, &CommitState::of_index(repo)?, codes)?.findings
        } else {
            findings_after(transaction, &plan.registry, &index, codes)?
        };
        ui.findings(&left);
        let still: BTreeSet<_> = left.iter().map(|finding| (finding.code, &finding.path)).collect();
        let is_left = |finding: &Finding| still.contains(&(finding.code, &finding.path));
        let fixed = found.iter().filter(|finding| !is_left(finding)).count();
        if self.execute && !is_nothing {
            let fixed = fixed.to_string();
            note_event(ui, repo, EventKind::Healed, &[("findings", Some(&fixed))]);
        }
        self.conclude(ui, (fixed, found.len(), left.len()), is_doubtful, codes);
        let is_done = left.is_empty() && self.execute;
        Ok(if is_done { Exit::Fine } else { Exit::Findings })
    }

    /// Reports what was fixed, or would be, and what is left.
    fn conclude(
        &self,
        ui: &mut Ui,
        (fixed, found, left): (usize, usize, usize),
        is_doubtful: bool,
        codes: &[Code],
    ) {
        let findings = count(found, "finding", "findings");
        let force = if is_doubtful { " --force" } else { "" };
        let command = format!("'{}{force}'", self.command(codes));
        let see = "the help of each says what to do";
        let done = count(fixed, "finding", "findings");
        ui.status(&match (self.execute, fixed, left) {
            (true, 0, _) => format!("fixed nothing; {left} left: {see}"),
            (true, _, 0) => format!("fixed {done}"),
            (true, ..) => format!("fixed {done}; {left} left"),
            (false, 0, _) => {
                format!("{findings}, and 'idhooks fix' can fix none of them: {see}")
            }
            (false, _, left) => {
                let them = match left {
                    0 if found == 1 => "it".to_owned(),
                    0 => "them".to_owned(),
                    _ => format!("{fixed} of them"),
                };
                format!("{findings}; nothing was changed: {command} fixes {them}")
            }
        });
    }

    /// Returns the command that fixes these codes.
    fn command(&self, codes: &[Code]) -> String {
        let codes: String = codes.iter().map(|code| format!(" {code}")).collect();
        format!("idhooks fix{codes} --execute")
    }
}

/// Prints the planned changes.
fn show(
    ui: &mut Ui,
    transaction: &RegistryTransaction<'_>,
    plan: &RepairPlan,
    rewriting: &Rewriting<'_>,
) {
    ui.lines(Edit::between(transaction.stored(), &plan.before_renames));
    ui.lines(Edit::between(&plan.before_renames, &plan.registry));
    if plan.registry.says_the_same_as(transaction.stored()) && !transaction.is_canonical() {
        ui.line("the registry is written in canonical form");
    }
    ui.lines(rewriting.diff());
    for obstacle in &plan.names.obstacles {
        ui.warning(&obstacle.message);
        obstacle.explain(ui);
    }
    rewriting.report_doubts(ui, true);
}

/// Returns the findings that would be left in the index after these steps.
fn findings_after(
    transaction: &RegistryTransaction<'_>,
    registry: &Registry,
    index: &[IndexStep],
    codes: &[Code],
) -> CommandResult<Vec<Finding>> {
    let repo = transaction.repo;
    let blob = repo.write_blob(registry.format().as_bytes())?;
    let path = RepoPath::registry();
    let entries = index.iter().map(|step| (&step.path, step.after));
    let entries = entries.chain([(&path, Some(Entry { mode: Mode::Regular, blob }))]);
    Ok(check(repo, &CommitState::of_index(repo)?.with(repo, entries)?, codes)?.findings)
}

/// Returns the findings with these codes, or with any. All heads are read, as 'idhooks ci' does: what
/// it finds can be fixed, and what is called fixed was read again.
fn check(repo: &Repo, view: &CommitState, codes: &[Code]) -> CommandResult<Checked> {
    let config = view.config(repo)?;
    let mut checked = view.check_reading(repo, &config, Heads::All)?;
    checked.findings.retain(|finding| codes.is_empty() || codes.contains(&finding.code));
    Ok(checked)
}
