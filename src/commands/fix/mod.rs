//! `idhooks fix`: put right what `idhooks check` finds, as far as a program can.

mod cure;

use std::path::Path;

use clap::Args;

use crate::check::{Code, Finding};
use crate::error::CommandError;
use crate::exit::Exit;
use crate::git::Repo;
use crate::output::{Ui, count, unified};
use crate::plan::{Edit, PlanError};
use crate::walk::View;

use super::desk::Desk;
use super::explain;
use super::rollback::roll_back;
use super::trail;
use super::writer::Writer;
use cure::{Cure, is_curable};

/// Put right what 'idhooks check' finds
///
/// Shows what would be done; --execute does it, in the index and in the working tree alike: all of
/// it or nothing. Files without an identity get one, what moved or is gone is followed, the
/// registry gets its canonical form, and files that carry another identity than their own get that
/// one. A file that was never committed and carries an identity that nobody had gets that one.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks fix                      what would be done about everything
  idhooks fix --execute
  idhooks fix MISSING_ID DUPLICATE_IN_FS --execute

It looks at the index. 'idhooks reconcile' does more for commits that no hook saw, 'idhooks
resolve' for an unmerged registry; 'idhooks explain CODE' tells what to do about the rest.

Exit code: 0 nothing is left to do; 1 something is (in a dry run: whatever was found); 2 it cannot
be done, and nothing was")]
pub(super) struct Fix {
    /// Codes of findings; all that there are without any
    #[arg(value_name = "CODE")]
    codes: Vec<String>,
    /// Do it
    #[arg(long)]
    execute: bool,
    /// Undo the last run, or one that did not come to its end
    #[arg(long, conflicts_with_all = ["codes", "execute"])]
    rollback: bool,
    /// Show what would be done, and do nothing, as without --execute
    #[arg(long, conflicts_with = "execute")]
    dry_run: bool,
}

impl Fix {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> Result<Exit, CommandError> {
        if self.rollback {
            let writer = Writer::open(dir, "fix")?;
            return roll_back(ui, &writer.repo, self.dry_run);
        }
        let codes = self.codes()?;
        if self.execute {
            return Writer::open(dir, "fix")?.work(ui, |ui, desk| self.put_right(ui, desk, &codes));
        }
        let repo = Repo::open(dir)?;
        let desk = Desk::open(ui, &repo)?;
        self.put_right(ui, &desk, &codes)
    }

    /// Returns the codes that are meant.
    fn codes(&self) -> Result<Vec<Code>, CommandError> {
        let mut codes = Vec::new();
        for name in &self.codes {
            let code = explain::find(name)?;
            if !is_curable(code) {
                let hint = format!("see what to do: idhooks explain {code}");
                let what = format!("no program can put {code} right");
                return Err(CommandError::new(what).hint(hint));
            }
            codes.push(code);
        }
        Ok(codes)
    }

    fn put_right(
        &self,
        ui: &mut Ui,
        desk: &Desk<'_>,
        codes: &[Code],
    ) -> Result<Exit, CommandError> {
        let found = find(desk.repo, codes)?;
        if found.is_empty() {
            ui.status("nothing to put right");
            return Ok(Exit::Fine);
        }
        let cure = match Cure::of(desk, &found, codes)? {
            Ok(cure) => cure,
            Err(PlanError::Capacity { counter, path }) => {
                ui.complain(&[desk.full_counter(counter, &path)]);
                return Ok(Exit::Findings);
            }
        };
        for edit in Edit::between(desk.stored(), &cure.registry) {
            ui.line(&edit.to_string());
        }
        if cure.is_form_only(desk) {
            ui.line("the registry gets its canonical form");
        }
        for file in &cure.files {
            let texts = [file.before, file.after].map(|entry| desk.repo.blob(entry.blob));
            let [before, after] = texts;
            for line in unified(&file.path, &before?, &after?).lines() {
                ui.line(line);
            }
        }
        if !self.execute {
            let changes = count(found.len(), "finding", "findings");
            ui.status(&format!("{changes}; nothing was done, 'idhooks fix --execute' does it"));
            return Ok(Exit::Findings);
        }
        desk.rewrite(ui, "fix", &cure.registry, &cure.files)?;
        let put_right = found.len().to_string();
        trail::note(ui, desk.repo, "fix", &[("findings", Some(&put_right))]);
        let left = find(desk.repo, codes)?;
        ui.findings(&left);
        let done = count(found.len().saturating_sub(left.len()), "finding", "findings");
        ui.status(&match left.len() {
            0 => format!("put right: {done}"),
            some => format!("put right: {done}; {some} left"),
        });
        Ok(if left.is_empty() { Exit::Fine } else { Exit::Findings })
    }
}

/// Returns what is wrong with the index, of these codes or of any.
fn find(repo: &Repo, codes: &[Code]) -> Result<Vec<Finding>, CommandError> {
    let view = View::of_index(repo)?;
    let policy = view.policy(repo)?;
    let mut findings = view.check(repo, &policy)?;
    findings.retain(|finding| codes.is_empty() || codes.contains(&finding.code));
    Ok(findings)
}
