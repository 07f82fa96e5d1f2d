//! `idhooks receive`: checks a push in a server hook.

use std::{collections::HashSet, path::Path};

use clap::Args;
use globset::{Glob, GlobMatcher};
use idhooks_core::check::{Code, Finding, Severity, removed};
use idhooks_core::plan::EventKind;
use idhooks_repo::git::{CommitId, Listed, Repo, names_no_commit};
use idhooks_repo::history::verify_history;
use idhooks_repo::state::{CommitState, Heads, added, has_registry};
use idhooks_repo::transaction::{Remedy, remedy};

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{Ui, count};

use super::{audit::recorder, paths::read_typed};

/// The maximum size of the input from git.
const LONGEST: usize = 64 << 20;
/// The hint if neither a further commit nor a rewrite helps.
const UNKNOWN: &str = "fix the findings above, then push again";
/// The git setting that names the protected branches.
const SETTING: &str = "idhooks.protect";

/// Refuse pushes that break identities, in a server's git hook
///
/// Call it in the hook 'pre-receive' of a bare repository, which passes the pushed refs on standard
/// input, or in 'update', which passes three arguments. It checks only what is pushed, before git
/// accepts it. It refuses a push after which a file on a protected branch has no identity, a
/// different one or the same as another file, or the branch loses its registry. Protected are the
/// branches that match --protect or the git setting idhooks.protect of the repository, such as
/// 'main release/*'; by default the branch that HEAD names.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  printf '%s\\n' '#!/bin/sh' 'exec idhooks receive' > hooks/pre-receive && chmod +x hooks/pre-receive
  printf '%s\\n' '#!/bin/sh' 'exec idhooks receive \"$@\"' > hooks/update && chmod +x hooks/update
  git config idhooks.protect 'main release/*'

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
struct Update {
    name: String,
    /// The old commit; nothing for a new ref.
    old: Option<CommitId>,
    new: CommitId,
}

impl Receive {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let repo = Repo::open_to_read(dir)?;
        repo.begin_hook("receive");
        let lines = match self.update.as_slice() {
            [name, old, new] => vec![[old.clone(), new.clone(), name.clone()]],
            _ => lines(dir)?,
        };
        let patterns = self.patterns(&repo)?;
        let mut exit = Exit::Fine;
        for [old, new, name] in lines {
            if !patterns.iter().any(|pattern| pattern.is_match(&name)) || names_no_commit(&new) {
                continue;
            }
            let find = |rev: &str| match repo.resolve(rev)? {
                Some(id) => Ok(id),
                None => Err(CommandError::new(format!(
                    "'{name}' would point to {rev}, which is not a commit"
                ))
                .hint("push a commit; tags have refs of their own")),
            };
            let old = if names_no_commit(&old) { None } else { Some(find(&old)?) };
            let update = Update { old, new: find(&new)?, name };
            exit = exit.max(update.check(ui, dir, &repo)?);
        }
        Ok(exit)
    }

    fn patterns(&self, repo: &Repo) -> CommandResult<Vec<GlobMatcher>> {
        let configured = repo.git().ask(&["config", "--get-all", SETTING])?;
        let words: Vec<String> = match (self.protect.is_empty(), &configured) {
            (false, _) => self.protect.clone(),
            (true, Some(values)) => {
                let words = values.split(|c: char| c.is_whitespace() || c == ',');
                words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
            }
            (true, None) => vec![repo.main_branch()?],
        };
        // A pattern names branches or full refs.
        let matcher = |word: &String| {
            let prefix = if word.starts_with("refs/") { "" } else { "refs/heads/" };
            let glob = Glob::new(&format!("{prefix}{word}")).map_err(|error| {
                CommandError::new(format!("'{word}' is not a pattern for branches"))
                    .because(&error)
                    .hint("write patterns like: main release/*")
            })?;
            Ok(glob.compile_matcher())
        };
        words.iter().map(matcher).collect()
    }
}

impl Update {
    fn check(&self, ui: &mut Ui, dir: &Path, repo: &Repo) -> CommandResult<Exit> {
        let findings = self.findings(repo)?;
        let exit = Exit::of(&findings, Severity::Error);
        ui.complain(&findings);
        if exit != Exit::Fine {
            let branch = self.name.trim_start_matches("refs/heads/");
            let errors = count(Severity::Error.count(&findings), "finding", "findings");
            ui.error(&format!("push to '{branch}' refused: {errors}"));
            recorder::record_findings(repo, EventKind::Blocked, &findings);
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
        Ok(match remedy::<CommandError>(&repo, &self.commits(&repo)?, accepts)? {
            Some(Remedy::FollowUp) => {
                "heal it, then push again: idhooks reconcile && git commit -m 'Heal the registry'"
                    .into()
            }
            Some(Remedy::Rewrite { range }) => format!(
                "no further commit heals this: rewrite these commits, then push again: idhooks reconcile --rewrite {range}"
            ),
            None => UNKNOWN.to_owned(),
        })
    }

    /// Returns the commits that the push adds, parents first.
    fn commits(&self, repo: &Repo) -> CommandResult<Vec<Listed>> {
        let known = self.old.map_or_else(|| "--all".to_owned(), |old| old.to_string());
        Ok(repo.commits(&[self.new.to_string(), "--not".to_owned(), known])?)
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
            None => parents.filter(|parent| !ids.contains(parent)).collect(),
        }
    }

    /// Returns the errors in the pushed commits, and findings of reused identities.
    fn findings(&self, repo: &Repo) -> CommandResult<Vec<Finding>> {
        let commits = self.commits(repo)?;
        let mut view = CommitState::of_commit(repo, self.new)?;
        if let Some(old) = self.old
            && !view.is_adopted()
            && has_registry(repo, old)?
        {
            return Ok(vec![removed(&old.to_string())]);
        }
        // A replaced history must not lose records.
        if let Some(old) = self.old.filter(|old| !view.parents.contains(old))
            && self.replaces(repo, old)?
        {
            view.parents.insert(0, old);
        }
        let config = view.config(repo)?;
        // New files must satisfy what the pre-commit hook requires.
        let added = added(repo, &view.tree, &self.bases(&commits))?;
        let mut findings = view.check_reading(repo, &config, Heads::RuledAnd(&added))?.findings;
        let history = verify_history(repo, &commits, &|| {})?;
        findings.extend(history.faults.into_iter().flat_map(|(_, findings)| findings));
        findings.retain(|f| f.severity == Severity::Error || f.code == Code::IdReused);
        // Report a finding once, not for the branch and for the commit.
        findings.sort();
        findings.dedup_by(|one, other| (&one.code, &one.path) == (&other.code, &other.path));
        Ok(findings)
    }
}

/// Reads the input of the hook 'pre-receive': a line for each ref.
fn lines(dir: &Path) -> CommandResult<Vec<[String; 3]>> {
    let wrong = |line: &str| {
        CommandError::new(format!(
            "'{line}' is not a line that git passes to the hook 'pre-receive'"
        ))
        .hint("call this command from a server hook; see: idhooks receive --help")
    };
    let bytes = read_typed(dir, Path::new("-"), LONGEST).map_err(|cause| {
        CommandError::new("cannot read the pushed refs").because(&cause).hint("push again")
    })?;
    let text = String::from_utf8_lossy(&bytes);
    let words = |line: &str| {
        let mut words = line.splitn(3, ' ').map(str::to_owned);
        let (old, new, name) = (words.next(), words.next(), words.next());
        Some([old?, new?, name?])
    };
    text.lines().map(|line| words(line).ok_or_else(|| wrong(line))).collect()
}
