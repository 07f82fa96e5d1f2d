//! `idhooks receive`: checks a push in a server hook.

mod budget;
mod protection;

pub(super) use protection::Protection;

use std::{collections::HashSet, path::Path};

use crate::tables::read_typed;
use clap::Args;
use idhooks_core::check::{Code, Finding, Severity, removed};
use idhooks_core::plan::EventKind;
use idhooks_core::registry::excerpt;
use idhooks_ops::{note_event, record_findings};
use idhooks_repo::git::{CommitId, Listed, Repo, names_no_commit};
use idhooks_repo::history::{changed_between, check_consistency, parted_from, verify_new};
use idhooks_repo::state::{CommitState, Heads, added, has_registry};
use idhooks_repo::transaction::{Remedy, remedy};

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{Ui, count};

use budget::Budget;
use protection::{BRANCHES, short_name};

/// The maximum size of the input from git.
const LONGEST: usize = 64 << 20;
/// The hint if neither a further commit nor a rewrite helps.
const UNKNOWN: &str = "fix the findings above, then push again";
/// The git setting that lets pushes delete a protected branch.
const ALLOW_DELETE: &str = "idhooks.allowDelete";
/// What to do first in a clone that lacks commits.
const SHALLOW: &str = "in a shallow clone, first run 'git fetch --unshallow'; ";

/// Refuse pushes that break identities, in a server's git hook
///
/// Call it in the hook 'pre-receive' of a bare repository, which passes the pushed refs on standard
/// input, or in 'update', which passes three arguments. It checks only what is pushed, before git
/// accepts it. It refuses a push after which a file on a protected branch has no identity, a
/// different one or the same as another file, or the branch loses its registry or is deleted with it.
/// Protected are the branches that match --protect or the git setting idhooks.protect of the
/// repository, such as 'main release/*', also through symbolic refs; by default the branch that HEAD
/// names. If no protected branch exists, a push of a registry is accepted with a warning.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  printf '%s\\n' '#!/bin/sh' 'exec idhooks receive' > hooks/pre-receive && chmod +x hooks/pre-receive
  printf '%s\\n' '#!/bin/sh' 'exec idhooks receive \"$@\"' > hooks/update && chmod +x hooks/update
  git config idhooks.protect 'main release/*'
  git config idhooks.allowDelete true    let pushes delete protected branches

Exit code: 0 accept the push; 1 refuse it, and print why; 2 the check failed, which also refuses the \
push")]
pub(super) struct Receive {
    /// Protect the branches that match this pattern; repeat for several
    #[arg(long, value_name = "PATTERN")]
    protect: Vec<String>,
    /// Arguments of the hook 'update': the ref, its old commit and its new commit
    #[arg(num_args = 3, value_names = ["REF", "OLD", "NEW"])]
    update: Vec<String>,
}

/// A ref that the push updates.
struct Update<'k> {
    name: String,
    /// The old commit; nothing for a new ref.
    old: Option<CommitId>,
    new: CommitId,
    /// What protected refs have already.
    known: &'k [String],
}

/// A line of git about a pushed ref.
struct PushedRef {
    old: String,
    new: String,
    name: String,
}

impl Receive {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let repo = Repo::open_to_read(dir)?;
        repo.begin_hook("receive");
        let pushed = match self.update.as_slice() {
            [name, old, new] => {
                vec![PushedRef { old: old.clone(), new: new.clone(), name: name.clone() }]
            }
            _ => lines(dir)?,
        };
        let protection = Protection::read(&repo, &self.protect)?;
        let known = protection.known();
        let (mut exit, mut is_protected) = (Exit::Fine, false);
        for one in &pushed {
            if protection.covers(&repo, &one.name)? {
                is_protected = true;
                exit = exit.max(one.check(ui, dir, &repo, &known)?);
            }
        }
        if !is_protected {
            warn_of_gap(ui, &repo, &protection, &pushed)?;
        }
        Ok(exit)
    }
}

/// Warns, here and in the audit log, that a registry was pushed but nothing is protected.
fn warn_of_gap(
    ui: &mut Ui,
    repo: &Repo,
    protection: &Protection,
    pushed: &[PushedRef],
) -> CommandResult<()> {
    let Some(gap) = protection.gap() else { return Ok(()) };
    for one in pushed {
        let Some(branch) = one.name.strip_prefix(BRANCHES) else { continue };
        let Some(new) = repo.resolve(&one.new)? else { continue };
        if has_registry(repo, new)? {
            let message = format!("no branch is protected: {gap}; '{branch}' was not checked");
            ui.warning(&message);
            ui.hint(&format!("to protect it, on the server: {}", protection.advice(branch)));
            let facts = [("command", Some("receive")), ("message", Some(&*message))];
            note_event(ui, repo, EventKind::CheckFailed, &facts);
            break;
        }
    }
    Ok(())
}

impl PushedRef {
    /// Checks the new state of a protected ref.
    fn check(&self, ui: &mut Ui, dir: &Path, repo: &Repo, known: &[String]) -> CommandResult<Exit> {
        let name = &self.name;
        let find = |rev: &str| match repo.resolve(rev)? {
            Some(id) => Ok(id),
            None => Err(CommandError::new(format!(
                "'{}' would point to {}, which is not a commit",
                excerpt(name),
                excerpt(rev)
            ))
            .hint("push a commit; tags have refs of their own")),
        };
        let is_new = names_no_commit(&self.old);
        if names_no_commit(&self.new) {
            return if is_new { Ok(Exit::Fine) } else { self.check_deletion(ui, repo) };
        }
        let old = if is_new { None } else { Some(find(&self.old)?) };
        Update { old, new: find(&self.new)?, name: name.clone(), known }.check(ui, dir, repo)
    }

    /// Checks the deletion of a protected ref: with its registry, every identity would go.
    fn check_deletion(&self, ui: &mut Ui, repo: &Repo) -> CommandResult<Exit> {
        let allowed = repo.git().ask(&["config", "--type=bool", "--get", ALLOW_DELETE])?;
        let Some(old) = repo.resolve(&self.old)? else { return Ok(Exit::Fine) };
        if allowed.as_deref() == Some("true") || !has_registry(repo, old)? {
            return Ok(Exit::Fine);
        }
        let branch = short_name(&self.name);
        let message = format!("deletion of '{branch}' refused: it is protected and has a registry");
        ui.error(&message);
        ui.hint(&format!("to allow it, on the server: git config {ALLOW_DELETE} true"));
        record_findings(repo, EventKind::Blocked, None, &[removed(&self.old)]);
        Ok(Exit::Findings)
    }
}

impl Update<'_> {
    fn check(&self, ui: &mut Ui, dir: &Path, repo: &Repo) -> CommandResult<Exit> {
        let findings = self.findings(repo)?;
        let exit = Exit::of(&findings, Severity::Error);
        let shown = Budget::of(repo).findings.min(findings.len());
        ui.complain(&findings[..shown]);
        if shown < findings.len() {
            ui.warning(&format!("only {shown} of {} findings are shown", findings.len()));
        }
        if exit != Exit::Fine {
            let branch = short_name(&self.name);
            let errors = count(Severity::Error.count(&findings), "finding", "findings");
            ui.error(&format!("push to '{branch}' refused: {errors}"));
            record_findings(repo, EventKind::Blocked, None, &findings);
            ui.hint(&match self.old.map(|old| self.replaces(repo, old)).transpose()? {
                Some(true) => {
                    "keep the existing commits: git pull, then push without --force".into()
                }
                // The findings are printed already; the advice is optional.
                _ => self.advice(dir).unwrap_or_else(|_| UNKNOWN.to_owned()),
            });
        }
        Ok(exit)
    }

    /// Returns advice for the user who pushes, after trying out that it helps.
    fn advice(&self, dir: &Path) -> CommandResult<String> {
        let repo = Repo::open_to_read(dir)?.writing_aside()?;
        let accepts =
            |new| Ok(Update { new, name: self.name.clone(), ..*self }.findings(&repo)?.is_empty());
        let commits = self.commits(&repo)?;
        let mut before = self.bases(&commits).into_iter().filter(|id| repo.has_commit(*id));
        // A clone that lacks the commits before these made them without knowing what they move.
        let first = match before
            .any(|id| check_consistency(&repo, id).is_ok_and(|it| it.is_inconsistent()))
        {
            true => SHALLOW,
            false => "",
        };
        Ok(match remedy::<CommandError>(&repo, &commits, accepts)? {
            Some(Remedy::FollowUp) => format!(
                "{first}heal it, then push again: idhooks reconcile && git commit -m 'Heal the registry'"
            ),
            Some(Remedy::Rewrite { range }) => format!(
                "{first}no further commit heals this: rewrite these commits, then push again: idhooks reconcile --rewrite {range}"
            ),
            None => UNKNOWN.to_owned(),
        })
    }

    /// Returns the commits that no protected ref had, parents first.
    fn commits(&self, repo: &Repo) -> CommandResult<Vec<Listed>> {
        let old = self.old.map(|old| old.to_string());
        let known: Vec<String> = old.into_iter().chain(self.known.iter().cloned()).collect();
        Ok(repo.commits_beyond(self.new, &known)?)
    }

    /// Returns whether the push removes the old commit from the history.
    fn replaces(&self, repo: &Repo, old: CommitId) -> CommandResult<bool> {
        Ok(!repo.is_in_history(old, self.new)?)
    }

    /// Returns the commits that the pushed ones are based on; their files are not new.
    fn bases(&self, pushed: &[Listed]) -> Vec<CommitId> {
        let ids: HashSet<CommitId> = pushed.iter().map(|commit| commit.id).collect();
        let parents = pushed.iter().flat_map(|commit| &commit.parents).copied();
        match self.old {
            Some(old) => vec![old],
            None if pushed.is_empty() => vec![self.new],
            None => parents.filter(|parent| !ids.contains(parent)).collect(),
        }
    }

    /// Returns the findings of a new branch that shares no commit with the default one.
    fn parted(&self, repo: &Repo) -> CommandResult<Vec<Finding>> {
        let (Some(name), Some(head)) = (repo.own_branch()?, repo.head()?) else {
            return Ok(Vec::new());
        };
        Ok(parted_from(repo, (&name, head), self.new)?)
    }

    /// Returns the errors in the pushed commits, and findings of reused identities.
    fn findings(&self, repo: &Repo) -> CommandResult<Vec<Finding>> {
        let commits = self.commits(repo)?;
        Budget::of(repo).assert(repo, &commits, self.old)?;
        let mut view = CommitState::of_commit(repo, self.new)?;
        let bases = self.bases(&commits);
        if !view.is_adopted() {
            // A new branch from before the adoption lacks nothing.
            for base in &bases {
                if has_registry(repo, *base)? {
                    return Ok(vec![removed(&base.to_string())]);
                }
            }
        }
        // A replaced history must not lose records.
        if let Some(old) = self.old.filter(|old| !view.parents.contains(old))
            && self.replaces(repo, old)?
        {
            view.parents.insert(0, old);
        }
        let config = view.config(repo)?;
        // New files must satisfy what the pre-commit hook requires.
        let added = added(repo, &view.tree, &bases)?;
        let mut findings = view.check_reading(repo, &config, Heads::RuledAnd(&added))?.findings;
        let history = verify_new(repo, &commits)?;
        let of_commit = |(id, found): (CommitId, Vec<Finding>)| {
            let is_tip = id == self.new;
            found.into_iter().map(move |one| match is_tip {
                true => one,
                false => Finding { message: format!("in {}: {}", id.short(), one.message), ..one },
            })
        };
        findings.extend(history.faults.into_iter().flat_map(of_commit));
        match self.old {
            Some(old) => findings.extend(changed_between(repo, old, self.new)?),
            None => findings.extend(self.parted(repo)?),
        }
        findings.retain(|f| f.severity == Severity::Error || f.code == Code::IdReused);
        // Report a finding once, not for the branch and for the commit.
        findings.sort();
        findings.dedup_by(|one, other| one.is_same_as(other));
        Ok(findings)
    }
}

/// Returns whether a word can be the name of an object, as git passes it to a hook.
fn is_hash(word: &str) -> bool {
    matches!(word.len(), 40 | 64) && word.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Reads the input of the hook 'pre-receive': a line for each ref.
fn lines(dir: &Path) -> CommandResult<Vec<PushedRef>> {
    let wrong = |line: &str| {
        CommandError::new(format!(
            "'{}' is not a line that git passes to the hook 'pre-receive'",
            excerpt(line)
        ))
        .hint("call this command from a server hook; see: idhooks receive --help")
    };
    let bytes = read_typed(dir, Path::new("-"), LONGEST).map_err(|cause| {
        CommandError::new("cannot read the pushed refs").because(&cause).hint("push again")
    })?;
    if bytes.is_empty() {
        // git runs 'pre-receive' with refs only, and 'update' with an empty input.
        return Err(CommandError::new(
            "no ref was passed, neither as arguments nor on standard input",
        )
        .hint("write in the hook 'update': exec idhooks receive \"$@\"")
        .hint("write in the hook 'pre-receive': exec idhooks receive"));
    }
    let text = String::from_utf8_lossy(&bytes);
    let words = |line: &str| {
        let mut words = line.splitn(3, ' ').map(str::to_owned);
        let (old, new, name) = (words.next()?, words.next()?, words.next()?);
        (is_hash(&old) && is_hash(&new)).then_some(PushedRef { old, new, name })
    };
    text.lines().map(|line| words(line).ok_or_else(|| wrong(line))).collect()
}
