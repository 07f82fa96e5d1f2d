//! `idhooks fix`: fixes findings from `idhooks check`.

use std::cell::RefCell;
use std::path::Path;

use clap::Args;
use idhooks_core::check::{Code, unread_heads};
use idhooks_ops::{
    FixOptions, FixPlan, FixReport, FixedReference, ListedReference, Repo, UnfixedReference, fix,
    is_fixable, open_to_change, undo_run,
};

use crate::error::{CommandError, CommandResult, Exit, report_full, to_fix};
use crate::output::{
    FixChanges, Format, Ui, count, fix_document, report_index_only, rewriting_diff, show_undone,
};

use super::value_parsers::finding_code;

/// Fix the problems that 'idhooks check' finds
///
/// Shows the changes; with --execute, makes all of them or none, in the index and in the working
/// tree. Files without an identity get the one they carry if no file ever had it, and otherwise a
/// new one. Records follow moved and deleted files. The registry is written in canonical form.
/// Files with an embed rule that carry a different identity get their own.
///
/// If several file names begin with the same identity, the file that owns it keeps it; if no file
/// ever had it, the file committed last gets it. The other files are renamed to begin with their
/// own identities, and references to them are updated. Ambiguous references are listed and prevent
/// all changes, unless you pass --force.
///
/// If idhooks.toml has a table 'references', references are corrected, too: one to a superseded
/// identity names its last successor, and one to an identity that two files had names the file that
/// it named in the commit that added it. Without codes, a reference to a former identity of a file
/// names the present one. A stamp stays only if the content is the same. The others are listed.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks fix                                       show the changes
  idhooks fix --execute                             fix everything
  idhooks fix MISSING_ID DUPLICATE_IN_FS --execute
  idhooks fix REFERENCE_SUPERSEDED --format json    references to superseded files

'idhooks fix' works on the index. For commits made without hooks, run 'idhooks reconcile'; for an \
unmerged registry, 'idhooks resolve'; for everything else, see 'idhooks explain CODE'.

Exit code: 0 no findings are left; 1 findings are left (without --execute: there are findings); 2 \
an error, and nothing was changed")]
pub(super) struct Fix {
    /// Finding codes to fix [default: all]
    #[arg(value_name = "CODE")]
    codes: Vec<String>,
    /// Make the changes
    #[arg(long)]
    execute: bool,
    /// Rename files despite ambiguous references
    #[arg(long)]
    force: bool,
    /// Undo the last run, even if it was interrupted
    #[arg(long, conflicts_with_all = ["codes", "execute", "force"])]
    rollback: bool,
    /// Show the changes; change nothing (default)
    #[arg(long, conflicts_with = "execute")]
    dry_run: bool,
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT", conflicts_with = "rollback")]
    format: Format,
}

impl Fix {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        if self.rollback {
            let repo = open_to_change(dir)?;
            let undone = undo_run(ui, &repo, "fix", self.dry_run)?;
            show_undone(ui, undone, self.dry_run);
            return Ok(Exit::Fine);
        }
        let options =
            FixOptions { codes: self.codes()?, is_forced: self.force, is_dry_run: !self.execute };
        let repo = if self.execute { open_to_change(dir)? } else { Repo::open(dir)? };
        let changes = RefCell::new(FixChanges::default());
        let fixed = fix(ui, &repo, &options, |ui, plan| match self.format {
            Format::Text => show_plan(ui, plan),
            Format::Json => *changes.borrow_mut() = FixChanges::of(plan),
        });
        Ok(match report_full(ui, fixed)? {
            Some(report) if self.format == Format::Json => {
                ui.data(&fix_document(&report, &changes.borrow(), self.execute));
                self.exit(&report)
            }
            Some(report) => self.show(ui, &report, &options.codes),
            None => Exit::Findings,
        })
    }

    /// Returns the exit code of a run or a dry run.
    fn exit(&self, FixReport { found, left, .. }: &FixReport) -> Exit {
        // A dry run with findings has fixed nothing.
        let is_done = *found == 0 || (left.is_empty() && self.execute);
        if is_done { Exit::Fine } else { Exit::Findings }
    }

    /// Parses the codes.
    fn codes(&self) -> CommandResult<Vec<Code>> {
        let code = |name: &String| match finding_code(name)? {
            code if is_fixable(code) => Ok(code),
            code => Err(CommandError::new(format!("'idhooks fix' cannot fix {code}"))
                .hint(format!("see what to do: idhooks explain {code}"))),
        };
        self.codes.iter().map(code).collect()
    }

    /// Shows the result of a run or dry run, and the remaining findings.
    fn show(&self, ui: &mut Ui, report: &FixReport, codes: &[Code]) -> Exit {
        let FixReport { found, fixed, left, unread, is_doubtful, mentions, references, unfixed } =
            report;
        if *found == 0 && references.is_empty() {
            let unread = unread_heads(*unread, true);
            // A plain "nothing to fix" would also vouch for files that have not been read.
            let place = if unread.is_empty() { "" } else { " in what was read" };
            ui.status(&format!("nothing to fix{place}{unread}"));
            return Exit::Fine;
        }
        ui.mentions(mentions);
        ui.findings(left);
        for UnfixedReference { reference, reason } in unfixed {
            let place = format!("{}:{}:{}", reference.path, reference.line, reference.column);
            let text = &reference.text;
            ui.warning(&format!("{place}: '{text}' is not corrected: {}", reason.title()));
        }
        if !references.is_empty() {
            let number = count(references.len(), "reference", "references");
            let done = if self.execute { "corrected" } else { "would correct" };
            ui.status(&format!("{done} {number}"));
        }
        // References to former identities are no findings.
        if *found == 0 {
            if !self.execute {
                ui.status(&format!("nothing was changed: '{}' corrects them", to_fix(codes)));
            }
            return self.exit(report);
        }
        let findings = count(*found, "finding", "findings");
        let force = if *is_doubtful { " --force" } else { "" };
        let command = format!("'{}{force}'", to_fix(codes));
        let see = "see the help of each";
        let done = count(*fixed, "finding", "findings");
        ui.status(&match (self.execute, fixed, left.len()) {
            (true, 0, left) => format!("fixed nothing; {left} left: {see}"),
            (true, _, 0) => format!("fixed {done}"),
            (true, _, left) => format!("fixed {done}; {left} left"),
            (false, 0, _) => {
                format!("{findings}, and 'idhooks fix' can fix none of them: {see}")
            }
            (false, _, left) => {
                let them = match left {
                    0 if *found == 1 => "it".to_owned(),
                    0 => "them".to_owned(),
                    _ => format!("{fixed} of them"),
                };
                format!("{findings}; nothing was changed: {command} fixes {them}")
            }
        });
        self.exit(report)
    }
}

/// Shows the changes.
fn show_plan(ui: &mut Ui, plan: &FixPlan) {
    ui.lines(&plan.edits);
    for FixedReference { reference, cause, text, .. } in &plan.references {
        let ListedReference { path, line, column, text: former, .. } = reference;
        let cause = cause.title();
        ui.line(&format!("{path}:{line}:{column}  {former} becomes {text}  ({cause})"));
    }
    report_index_only(ui, &plan.index_only);
    if plan.is_reformatted {
        ui.line("the registry is written in canonical form");
    }
    ui.lines(rewriting_diff(&plan.rewriting));
    for obstacle in &plan.obstacles {
        ui.warning(&obstacle.to_string());
        CommandError::from(obstacle.clone()).explain(ui);
    }
    ui.not_updated(&plan.rewriting.doubts);
}
