//! pre-commit: the commit being made carries its own registry update.

use std::rc::Rc;

use crate::check::{Code, Finding, corrupt, duplicates, full, unmerged, wrong_scope};
use crate::error::CommandError;
use crate::exit::Exit;
use crate::git::{Commit, CommitId, Index, IndexFile, Repo};
use crate::output::{Ui, shell_quoted};
use crate::plan::{Edit, Plan, PlanError};
use crate::policy::{CONFIG_PATH, Enforce, OnNew, Policy, is_own};
use crate::registry::{Change, REGISTRY_PATH, Registry, RepoPath, Scope};
use crate::store::{GivenFile, read_file};
use crate::walk::{
    Judgement, Lineage, Prepared, Request, Snapshot, Stored, Target, WalkError, append_given,
    judge, prepare, read_policy, remember_true, write_registry,
};

/// What the hook sees before it reads anything large.
struct Scene<'a> {
    repo: &'a Repo,
    file: IndexFile,
    index: Index,
    head: Option<(CommitId, Commit)>,
    merging: Vec<CommitId>,
}

pub(super) fn run(ui: &mut Ui, repo: &Repo) -> Result<Exit, CommandError> {
    let file = repo.index_file();
    let index = repo.index(&file)?;
    let head = match repo.head()? {
        Some(id) => Some((id, repo.commit(id)?)),
        None => None,
    };
    let scene = Scene { repo, file, index, head, merging: repo.merge_heads()? };
    match scene.decide(ui) {
        Ok(Outcome::Leave) => Ok(Exit::Fine),
        Ok(Outcome::Block(findings)) => Ok(block(ui, &findings)),
        Err(WalkError::Registry(error)) => Ok(block(ui, &corrupt(&error))),
        Err(WalkError::Plan(PlanError::Capacity { counter, path })) => {
            Ok(block(ui, &[full(counter, &path)]))
        }
        Err(error) => Err(CommandError::from(error).hint(WAY_OUT)),
    }
}

const WAY_OUT: &str = "to commit without idhooks, use 'git commit --no-verify' or set IDHOOKS=0; the next commit heals";

enum Outcome {
    Leave,
    Block(Vec<Finding>),
}

fn block(ui: &mut Ui, findings: &[Finding]) -> Exit {
    ui.complain(findings);
    ui.error("idhooks blocked the commit; nothing was changed");
    ui.hint(WAY_OUT);
    Exit::Findings
}

impl Scene<'_> {
    fn decide(&self, ui: &mut Ui) -> Result<Outcome, WalkError> {
        let registry_path = own_path(REGISTRY_PATH);
        if self.index.unmerged.contains_key(&registry_path) {
            return Ok(Outcome::Block(vec![unmerged()]));
        }
        let in_head = match &self.head {
            Some((_, commit)) => self.repo.tree_entry(commit.tree, REGISTRY_PATH)?.is_some(),
            None => false,
        };
        if !self.index.tree.contains_key(&registry_path) {
            let abandoned = !self.index.tree.contains_key(&own_path(CONFIG_PATH));
            return Ok(if in_head && !abandoned {
                Outcome::Block(vec![gone()])
            } else {
                Outcome::Leave
            });
        }
        if self.has_nothing_to_do()? {
            return Ok(Outcome::Leave);
        }
        self.repair(ui, in_head)
    }

    /// Returns whether HEAD is true and the commit only edits files, which needs no look at
    /// the registry.
    fn has_nothing_to_do(&self) -> Result<bool, WalkError> {
        let (Some(root), Some((head, commit))) = (self.index.root, &self.head) else {
            return Ok(false);
        };
        if !self.merging.is_empty() {
            return Ok(false);
        }
        let edits_only = |change: &Change| {
            let files = change.old.is_some_and(|e| e.mode.is_file())
                && change.new.is_some_and(|e| e.mode.is_file());
            files && !is_own(&change.path)
        };
        let changes = self.repo.changes(commit.tree, root)?;
        if !changes.iter().all(edits_only) || judge(self.repo, *head)? != Judgement::True {
            return Ok(false);
        }
        remember_true(self.repo, root, Some(commit.tree));
        Ok(true)
    }

    fn repair(&self, ui: &mut Ui, in_head: bool) -> Result<Outcome, WalkError> {
        let (lineage, snapshot) = self.read(in_head)?;
        let Some(stored) = snapshot.stored.as_deref() else { return Ok(Outcome::Leave) };
        let policy = read_policy(self.repo, &snapshot.tree)?;
        let mut findings = self.hand_edits(&policy, stored, &lineage);
        if findings.is_empty() {
            findings = self.lasting_duplicates()?;
        }
        if !findings.is_empty() {
            return Ok(Outcome::Block(findings));
        }
        let given = GivenFile::in_dir(&self.repo.common_dir()).read().unwrap_or_default();
        let remembered = self.remembered(stored)?;
        let request = |allocate| Request {
            policy: &policy,
            scope: stored.registry.scope,
            snapshot: &snapshot,
            lineage: &lineage,
            given: &given,
            remembered: remembered.as_ref(),
            now: None,
            allocate,
            in_hook: true,
            progress: &|| {},
        };
        let warn_only = policy.enforce == Enforce::Warn;
        let prepared = match prepare(self.repo, &request(policy.on_new == OnNew::Allocate)) {
            Err(WalkError::Plan(PlanError::Capacity { counter, path })) if warn_only => {
                ui.complain(&[as_warning(full(counter, &path))]);
                prepare(self.repo, &request(false))?
            }
            prepared => prepared?,
        };
        let missing = missing(&prepared.plan);
        if policy.on_new == OnNew::Require && !missing.is_empty() {
            if !warn_only {
                return Ok(Outcome::Block(missing));
            }
            ui.complain(&missing.into_iter().map(as_warning).collect::<Vec<_>>());
        }
        self.apply(ui, stored, &lineage, &prepared)?;
        Ok(Outcome::Leave)
    }

    /// Reads the parents, healed where they are not true, and the index.
    fn read(&self, in_head: bool) -> Result<(Lineage, Snapshot), WalkError> {
        let mut commits: Vec<CommitId> = self.head.iter().map(|(id, _)| *id).collect();
        commits.extend(&self.merging);
        let mut lineage = Lineage::of(self.repo, &commits)?;
        lineage.heal(self.repo)?;
        let known: Option<&Rc<Stored>> = lineage.first_stored();
        let snapshot = Snapshot::of_index(self.repo, &self.index, known)?;
        if lineage.merged.is_none() && in_head {
            // Nobody knows what HEAD's registry held: the one that takes its place is trusted.
            lineage.merged = snapshot.registry().cloned();
        }
        Ok((lineage, snapshot))
    }

    /// Returns what is wrong with a registry that somebody edited.
    fn hand_edits(&self, policy: &Policy, stored: &Stored, lineage: &Lineage) -> Vec<Finding> {
        let scope = |expected: Option<Scope>| {
            let registry = stored.registry.scope;
            expected.filter(|scope| *scope != registry).map(|scope| wrong_scope(registry, scope))
        };
        let parents = lineage.with_registry();
        let told = parents.first().map(|parent| parent.registry.scope);
        let mut findings: Vec<Finding> =
            scope(policy.scope).into_iter().chain(scope(told)).collect();
        findings.truncate(1);
        let untouched = lineage
            .parents
            .iter()
            .any(|p| p.stored.as_deref().is_some_and(|parent| parent.blob == stored.blob));
        // A merge by another tool may leave two records at one path; that is repaired, not blamed.
        let repairable = untouched || !self.merging.is_empty();
        let twice = duplicates(&stored.registry).into_iter();
        findings.extend(twice.filter(|f| !(repairable && f.code == Code::DuplicatePath)));
        findings
    }

    /// Returns what is wrong with the registry that a partial commit leaves staged.
    fn lasting_duplicates(&self) -> Result<Vec<Finding>, WalkError> {
        let Some(file) = self.file.sibling() else { return Ok(Vec::new()) };
        let snapshot = Snapshot::of_index(self.repo, &self.repo.index(&file)?, None)?;
        let twice = snapshot.registry().map(duplicates).unwrap_or_default();
        Ok(twice.into_iter().filter(|f| f.code != Code::DuplicatePath).collect())
    }

    /// Reads the working tree's registry, which remembers the dates of an aborted commit.
    fn remembered(&self, stored: &Stored) -> Result<Option<Registry>, WalkError> {
        let bytes = read_file(&self.repo.top().join(REGISTRY_PATH)).unwrap_or_default();
        let edited = bytes.filter(|bytes| *bytes != stored.bytes);
        Ok(edited.and_then(|bytes| Registry::parse(&bytes).ok()))
    }

    fn apply(
        &self,
        ui: &mut Ui,
        stored: &Stored,
        lineage: &Lineage,
        prepared: &Prepared,
    ) -> Result<(), WalkError> {
        let after = &prepared.plan.registry;
        if prepared.plan.skipped.is_some() {
            ui.warning("too many files were added and deleted to look for similar ones: of the renames, only those with equal content or a unique name were followed");
            ui.hint(
                "raise 'limit' in [rename] of idhooks.toml, or commit the move before the edits",
            );
        }
        let committed = lineage
            .parents
            .iter()
            .any(|p| p.stored.as_deref().is_some_and(|parent| parent.blob == stored.blob));
        // A registry that says the same in another form is left alone, unless somebody staged it.
        let same = after.says_the_same_as(&stored.registry);
        let unchanged = same && (committed || stored.registry.format().as_bytes() == stored.bytes);
        let mut registry = None;
        if !unchanged {
            let target = Target { file: &self.file, index: &self.index, stored: Some(stored) };
            let applied = write_registry(self.repo, &target, after)?;
            for warning in applied.warnings {
                ui.warning(&warning);
            }
            if let Some(problem) = append_given(self.repo, prepared.base.as_ref(), after) {
                ui.warning(&problem);
            }
            self.announce(ui, lineage, prepared);
            registry = Some(applied.blob);
        }
        if prepared.plan.missing.is_empty() {
            self.remember(registry)?;
        }
        Ok(())
    }

    /// Says what is worth knowing on a good day: nothing but new numbers and split files.
    fn announce(&self, ui: &mut Ui, lineage: &Lineage, prepared: &Prepared) {
        let (Some(base), false) = (&prepared.base, self.merging.is_empty()) else { return };
        let after = &prepared.plan.registry;
        let split = |edit: &Edit| matches!(edit, Edit::Allocate { copied_from: Some(_), .. });
        let edits = Edit::renumbered(&lineage.with_registry(), after).into_iter();
        for edit in edits.chain(Edit::between(base, after).into_iter().filter(split)) {
            ui.status(&format!("idhooks: {edit}"));
        }
    }

    /// Remembers the tree that is about to be committed as true.
    fn remember(&self, registry: Option<crate::registry::BlobId>) -> Result<(), WalkError> {
        let Some(root) = self.index.root.filter(|_| self.merging.is_empty()) else {
            return Ok(());
        };
        let tree = match registry {
            Some(blob) => self.repo.tree_with(root, REGISTRY_PATH, blob)?,
            None => root,
        };
        remember_true(self.repo, tree, self.head.as_ref().map(|(_, commit)| commit.tree));
        Ok(())
    }
}

fn missing(plan: &Plan) -> Vec<Finding> {
    let finding = |path: &RepoPath| {
        let message =
            format!("'{path}' is new and has no identity, which idhooks.toml requires (on_new)");
        let help = format!("run: idhooks allocate {}", shell_quoted(&path.to_string()));
        Finding::new(Code::MissingId, message, help).at(path)
    };
    plan.missing.iter().map(finding).collect()
}

fn as_warning(mut finding: Finding) -> Finding {
    finding.severity = crate::check::Severity::Warning;
    finding
}

fn gone() -> Finding {
    let message = format!("'{REGISTRY_PATH}' is gone from the index, but HEAD has it");
    let help = "get it back with 'git restore --staged --worktree .idhooks/registry.json'; to give idhooks up, remove idhooks.toml in the same commit";
    Finding::new(Code::RegistryCorrupt, message, help)
}

fn own_path(path: &str) -> RepoPath {
    RepoPath::new(path.as_bytes()).expect("a constant path inside the repository")
}
