//! pre-commit: the commit being made carries its own registry update.

use std::path::Path;
use std::rc::Rc;

use crate::check::{Code, Finding, corrupt, duplicates, full, unmerged, wrong_scope};
use crate::error::CommandError;
use crate::exit::Exit;
use crate::git::{Commit, CommitId, GitError, Index, IndexFile, Repo};
use crate::output::{Ui, shell_quoted};
use crate::plan::{Edit, Given, Plan, PlanError};
use crate::policy::{Enforce, OnNew, Policy, is_own};
use crate::registry::{Change, REGISTRY_PATH, Registry, RepoPath, Scope};
use crate::store::{GivenFile, read_file};
use crate::walk::{
    Judgement, Lineage, Pick, Request, Snapshot, Stored, Target, WalkError, append_given, judge,
    prepare, read_policy, remember_true, write_registry,
};

/// What the hook sees before it reads anything large.
struct Scene<'a> {
    repo: &'a Repo,
    file: IndexFile,
    index: Index,
    head: Option<(CommitId, Commit)>,
    merging: Vec<CommitId>,
}

/// The parents and the index, read.
struct Sight {
    lineage: Lineage,
    snapshot: Snapshot,
    /// Whether the registry in HEAD, which is also that of the index, cannot be used, so that
    /// the healed one stands in for it.
    is_mended: bool,
    /// Other registries of this clone: of the working tree, and of the index that stays.
    offered: Vec<Registry>,
}

pub(super) fn run(ui: &mut Ui, dir: &Path) -> Result<Exit, CommandError> {
    let way_out = |error: CommandError| error.hint(WAY_OUT);
    let repo = Repo::open(dir).map_err(|error| way_out(error.into()))?;
    let scene = Scene::of(&repo).map_err(|error| way_out(error.into()))?;
    match scene.decide(ui) {
        Ok(Outcome::Leave) => Ok(Exit::Fine),
        Ok(Outcome::Block(findings)) => Ok(block(ui, &findings)),
        Err(WalkError::Registry(error)) => Ok(block(ui, &corrupt(&error))),
        Err(WalkError::Merge(error)) => Ok(block(ui, &[unmergeable(&error.to_string())])),
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

impl<'a> Scene<'a> {
    fn of(repo: &'a Repo) -> Result<Self, GitError> {
        let file = repo.index_file();
        let index = repo.index(&file)?;
        let head = match repo.head()? {
            Some(id) => Some((id, repo.commit(id)?)),
            None => None,
        };
        Ok(Scene { repo, file, index, head, merging: repo.merge_heads()? })
    }

    fn decide(&self, ui: &mut Ui) -> Result<Outcome, WalkError> {
        let registry_path = RepoPath::registry();
        if self.index.unmerged.contains_key(&registry_path) {
            return Ok(Outcome::Block(vec![unmerged()]));
        }
        let in_head = match &self.head {
            Some((_, commit)) => self.repo.tree_entry(commit.tree, REGISTRY_PATH)?.is_some(),
            None => false,
        };
        if !self.index.tree.contains_key(&registry_path) {
            let abandoned = !self.index.tree.contains_key(&RepoPath::config());
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
        let mut sight = self.read(in_head)?;
        let Some(stored) = sight.snapshot.stored.clone() else { return Ok(Outcome::Leave) };
        let policy = read_policy(self.repo, &sight.snapshot.tree)?;
        let mut findings = self.hand_edits(&policy, &stored, &sight.lineage);
        if findings.is_empty() {
            findings = self.offer(&mut sight, &stored)?;
        }
        if !findings.is_empty() {
            return Ok(Outcome::Block(findings));
        }
        let given = GivenFile::in_dir(&self.repo.common_dir()).read();
        let given = given.unwrap_or_else(|error| {
            ui.warning(&error.to_string());
            Given::default()
        });
        let picks = Pick::noted(self.repo)?;
        let request = |allocate| Request {
            policy: &policy,
            scope: stored.registry.scope,
            snapshot: &sight.snapshot,
            lineage: &sight.lineage,
            given: &given,
            offered: &sight.offered,
            now: None,
            allocate,
            picks: &picks,
            progress: &|| {},
        };
        let warn_only = policy.enforce == Enforce::Warn;
        let plan = match prepare(self.repo, &request(policy.on_new == OnNew::Allocate)) {
            Err(WalkError::Plan(PlanError::Capacity { counter, path })) if warn_only => {
                ui.complain(&[as_warning(full(counter, &path))]);
                prepare(self.repo, &request(false))?
            }
            plan => plan?,
        };
        let missing = missing(&plan);
        if policy.on_new == OnNew::Require && !missing.is_empty() {
            if !warn_only {
                return Ok(Outcome::Block(missing));
            }
            ui.complain(&missing.into_iter().map(as_warning).collect::<Vec<_>>());
        }
        let twice = duplicates(&plan.registry).into_iter();
        let twice: Vec<Finding> = twice.filter(|f| f.code != Code::DuplicatePath).collect();
        if !twice.is_empty() {
            return Ok(Outcome::Block(twice));
        }
        self.apply(ui, &stored, &sight, &plan)?;
        Ok(Outcome::Leave)
    }

    /// Reads the parents, healed where they are not true, and the index.
    fn read(&self, in_head: bool) -> Result<Sight, WalkError> {
        let mut commits: Vec<CommitId> = self.head.iter().map(|(id, _)| *id).collect();
        commits.extend(&self.merging);
        let mut lineage = Lineage::of(self.repo, &commits)?;
        lineage.heal(self.repo)?;
        if let (Some(healed), true) = (&lineage.merged, self.has_bad_registry_of_head(&lineage)?) {
            let registry = healed.clone();
            let snapshot = Snapshot::with_stand_in(self.repo, &self.index, registry)?;
            return Ok(Sight { lineage, snapshot, is_mended: true, offered: Vec::new() });
        }
        let known: Option<&Rc<Stored>> = lineage.first_stored();
        let snapshot = Snapshot::of_index(self.repo, &self.index, known)?;
        if lineage.merged.is_none() {
            // No parent tells anything: what the index keeps of retired identities is trusted,
            // and all of it where HEAD has a registry that cannot be read.
            let trusted = snapshot.registry();
            lineage.merged =
                if in_head { trusted.cloned() } else { trusted.map(Registry::retired) };
        }
        Ok(Sight { lineage, snapshot, is_mended: false, offered: Vec::new() })
    }

    /// Returns whether the index has the registry of HEAD unchanged, and it cannot be used.
    fn has_bad_registry_of_head(&self, lineage: &Lineage) -> Result<bool, WalkError> {
        let Some((_, commit)) = &self.head else { return Ok(false) };
        let in_head = self.repo.tree_entry(commit.tree, REGISTRY_PATH)?;
        let in_index = self.index.tree.get(&RepoPath::registry()).copied();
        let used = lineage.parents.first().is_some_and(|head| head.stored.is_some());
        Ok(in_head.is_some() && in_head == in_index && !used)
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
        // A merge by another tool may leave two records at one path; that is repaired, not blamed.
        let repairable = lineage.has_blob(stored.blob) || !self.merging.is_empty();
        let twice = duplicates(&stored.registry).into_iter();
        findings.extend(twice.filter(|f| !(repairable && f.code == Code::DuplicatePath)));
        findings
    }

    /// Collects the other registries of this clone: that of the working tree, which an aborted
    /// commit may have left there, and that of the index which a partial commit leaves; returns
    /// what is wrong with the latter.
    fn offer(&self, sight: &mut Sight, stored: &Stored) -> Result<Vec<Finding>, WalkError> {
        let bytes = read_file(&self.repo.top().join(REGISTRY_PATH)).unwrap_or_default();
        let edited = bytes.filter(|bytes| *bytes != stored.bytes);
        let edited = edited.and_then(|bytes| Registry::parse(&bytes).ok());
        sight.offered.extend(edited.filter(Registry::is_consistent));
        let Some(file) = self.file.sibling() else { return Ok(Vec::new()) };
        let lasting = Snapshot::of_index(self.repo, &self.repo.index(&file)?, None)?;
        let Some(registry) = lasting.registry() else { return Ok(Vec::new()) };
        let twice = duplicates(registry).into_iter().filter(|f| f.code != Code::DuplicatePath);
        sight.offered.push(registry.clone());
        Ok(twice.collect())
    }

    fn apply(
        &self,
        ui: &mut Ui,
        stored: &Stored,
        sight: &Sight,
        plan: &Plan,
    ) -> Result<(), WalkError> {
        let (lineage, after) = (&sight.lineage, &plan.registry);
        if plan.skipped.is_some() {
            ui.warning("too many files were added and deleted to look for similar ones: of the renames, only those with equal content or a unique name were followed");
            ui.hint(
                "raise 'limit' in [rename] of idhooks.toml, or commit the move before the edits",
            );
        }
        let committed = lineage.has_blob(stored.blob);
        // A registry that says the same in another form is left alone, unless somebody staged it.
        let same = after.says_the_same_as(&stored.registry);
        let unchanged = same
            && !sight.is_mended
            && (committed || stored.registry.format().as_bytes() == stored.bytes);
        let mut registry = None;
        if !unchanged {
            let target = Target { file: &self.file, index: &self.index, stored: Some(stored) };
            let applied = write_registry(self.repo, &target, after)?;
            for warning in applied.warnings {
                ui.warning(&warning);
            }
            if let Some(problem) = append_given(self.repo, lineage.merged.as_ref(), after) {
                ui.warning(&problem);
            }
            self.announce(ui, sight, plan);
            registry = Some(applied.blob);
        }
        // Over a parent that is not true the verdict is left to the next look.
        if plan.missing.is_empty() && !lineage.was_untrue() && !sight.is_mended {
            self.remember(registry)?;
        }
        Ok(())
    }

    /// Says what is worth knowing on a good day: nothing but new numbers and split files.
    fn announce(&self, ui: &mut Ui, sight: &Sight, plan: &Plan) {
        if sight.is_mended {
            ui.status("idhooks: the registry of HEAD was bad; the commit has one that was put right from the commits before");
        }
        super::tell_healing(ui, &sight.lineage);
        let Some(base) = &sight.lineage.merged else { return };
        let after = &plan.registry;
        let merging = !self.merging.is_empty();
        let split =
            |edit: &Edit| merging && matches!(edit, Edit::Allocate { copied_from: Some(_), .. });
        let edits = Edit::renumbered(&sight.lineage.with_registry(), after).into_iter();
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

fn unmergeable(reason: &str) -> Finding {
    let message = format!("the registries of the commits being merged do not merge: {reason}");
    let help = "merge a branch that was adopted together with this one; two adoptions of one repository never merge";
    Finding::new(Code::RegistryCorrupt, message, help)
}
