//! `idhooks watch act`: what a watcher with '--live' does about the index, in a process of its own, so
//! that the memory of a large registry does not stay with the watcher.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;

use clap::Args;
use idhooks_core::config::{Generator, is_own};
use idhooks_core::plan::{Edit, lifecycle};
use idhooks_core::registry::{Entry, Origin, REGISTRY_PATH, Registry, RepoPath, key};
use idhooks_ops::{
    RegistryTransaction, TriedLock, WriterLocks, json_text, stale_only, try_writer_lock,
};
use idhooks_repo::generators::{BuildState, Effort};
use idhooks_repo::git::Repo;
use idhooks_repo::state::StateError;
use idhooks_repo::store::journal::IndexStep;
use idhooks_repo::system::{end_programs_with_parent, holding_signals, is_interrupted};
use idhooks_repo::transaction::PendingCommit;
use idhooks_watch::acted::{ActOutcome, ObservedMove, Overtaken, read_moves};
use idhooks_watch::control::WatchControl;

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::Ui;

/// Do once what a watcher with '--live' does about the index
///
/// Prints what it did as a JSON document. Changes nothing while git or another command is at work.
#[derive(Debug, Args)]
pub(super) struct Act {
    /// Follow the moves that standard input lists, and give new files identities
    #[arg(long)]
    stage: bool,
    /// Run the generators of watchers, and stage what they make
    #[arg(long)]
    generate: bool,
    /// Follow at most this many moves, and give at most this many identities
    #[arg(long, value_name = "N")]
    limit: usize,
    /// Leave out this generator; repeat for several
    #[arg(long, value_name = "GENERATOR")]
    without: Vec<String>,
}

impl Act {
    pub(super) fn run(&self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let moves = moves_of_input()?;
        let mut outcome = ActOutcome::default();
        // A watcher that ends, or has ended, ends the programs; what changes the index goes on.
        end_programs_with_parent();
        match holding_signals(|| self.act(ui, dir, &moves, &mut outcome)) {
            Err(error) if error.is_transient => outcome.waits_for = Some(error.message),
            done => done?,
        }
        ui.data(&(json_text(&outcome) + "\n"));
        Ok(Exit::Fine)
    }

    fn act(
        &self,
        ui: &mut Ui,
        dir: &Path,
        moves: &[ObservedMove],
        outcome: &mut ActOutcome,
    ) -> CommandResult<()> {
        let repo = Repo::open(dir)?.synced().giving_way();
        let is_free = |outcome: &ActOutcome| outcome.waits_for.is_none();
        let locks = lock(&repo, outcome)?;
        if self.stage && is_free(outcome) {
            let followed = self.follow(ui, &repo, moves, outcome)?;
            if is_free(outcome) {
                self.complete(ui, &repo, self.limit.saturating_sub(followed), outcome)?;
            }
        }
        if self.generate && is_free(outcome) {
            // Programs may take long: other commands need not wait for them.
            drop(locks);
            self.make_outputs(ui, &repo, outcome)?;
        }
        Ok(())
    }

    /// Moves files in the index as they were moved in the working tree, with their records; returns how
    /// many. Moves that `git stash pop` has restored in the working tree alone are among them.
    fn follow(
        &self,
        ui: &mut Ui,
        repo: &Repo,
        moves: &[ObservedMove],
        outcome: &mut ActOutcome,
    ) -> CommandResult<usize> {
        let unstaged = unstaged_registry(repo)?;
        if moves.is_empty() && unstaged.is_none() {
            return Ok(0);
        }
        let Some(transaction) = open(ui, repo, outcome)? else { return Ok(0) };
        let mut index = MovedIndex::of(&transaction);
        let paths = index.origins.iter().map(|(path, origin)| (*origin, path.clone()));
        let paths: BTreeMap<Origin, RepoPath> = paths.collect();
        for record in unstaged.iter().flat_map(|registry| registry.active()) {
            let path = paths.get(&record.origin).filter(|path| **path != record.path);
            path.iter().for_each(|from| index.restore(from, &record.path));
        }
        let mut left: Vec<&ObservedMove> = moves.iter().take(self.limit).collect();
        // One may free the path of another.
        loop {
            let before = left.len();
            left.retain(|(from, to)| !index.follow(from, to));
            if left.len() == before {
                break;
            }
        }
        let (followed, entries) = (index.moves.len(), index.steps());
        if followed > 0 {
            let mut after = transaction.registry().clone();
            lifecycle::relocate(&mut after, &index.moves, transaction.committed());
            transaction.write_with(ui, &after, entries)?;
            outcome.note(Edit::between(transaction.registry(), &after));
        }
        Ok(followed)
    }

    /// Stages what 'idhooks reconcile' would for a consistent HEAD, with identities for at most `limit`
    /// files.
    fn complete(
        &self,
        ui: &mut Ui,
        repo: &Repo,
        limit: usize,
        outcome: &mut ActOutcome,
    ) -> CommandResult<()> {
        let Some(transaction) = open(ui, repo, outcome)? else { return Ok(()) };
        let (after, is_complete) = transaction.completed(limit)?;
        transaction.write(ui, &after)?;
        outcome.note(Edit::between(transaction.stored(), &after));
        outcome.has_more = !is_complete;
        Ok(())
    }

    /// Makes the outputs that are not up to date.
    fn make_outputs(
        &self,
        ui: &mut Ui,
        repo: &Repo,
        outcome: &mut ActOutcome,
    ) -> CommandResult<()> {
        let Some(transaction) = open(ui, repo, outcome)? else { return Ok(()) };
        let is_due = |generator: &Generator| {
            generator.runs_in_watcher() && !self.without.contains(&generator.name)
        };
        if !transaction.config.generators.iter().any(is_due) {
            return Ok(());
        }
        let effort = stale_only();
        let (reports, _) = transaction.generating().survey(is_due)?;
        let stale = reports.iter().filter(|report| report.state != BuildState::Fresh);
        let stale = stale.map(|report| report.generator.name.clone()).collect();
        WatchControl::of(&repo.worktree_state_dir()).note_generating(stale)?;
        let earlier = transaction.generating().run(is_due, effort)?;
        if is_interrupted() {
            outcome.waits_for = Some("the watcher ends".to_owned());
            return Ok(());
        }
        let _locks = lock(repo, outcome)?;
        if outcome.waits_for.is_some() {
            return Ok(());
        }
        // The index may have changed meanwhile. What was made is known now; no program runs while other
        // commands have to wait.
        let Some(transaction) = open(ui, repo, outcome)? else { return Ok(()) };
        let names: BTreeSet<String> =
            earlier.outputs.iter().map(|output| output.generator.clone()).collect();
        let effort = Effort { runs_programs: false, ..effort };
        let made = transaction.generate(ui, is_due, effort, earlier);
        let round = made.map_err(CommandError::from).inspect_err(|error| {
            let why = error.message.clone();
            outcome.overtaken = error.is_transient.then_some(Overtaken { generators: names, why });
        })?;
        for output in round.outputs {
            outcome.done.push(format!("generated {} ({})", output.path, output.generator));
            outcome.generators.insert(output.generator);
        }
        if !round.left_out.is_empty() {
            let why = StateError::IndexMoved.to_string();
            outcome.overtaken = Some(Overtaken { generators: round.left_out, why });
            outcome.has_more = true;
        }
        let problems = round.findings.iter();
        outcome.problems.extend(problems.map(|finding| finding.message.clone()));
        Ok(())
    }
}

/// Reads the moves that the watcher has observed from standard input.
pub(super) fn moves_of_input() -> CommandResult<Vec<ObservedMove>> {
    let mut input = Vec::new();
    let moves = std::io::stdin().read_to_end(&mut input).ok().and_then(|_| read_moves(&input));
    moves.ok_or_else(|| {
        CommandError::new("cannot read the moves on standard input")
            .hint("this command is for the watcher: idhooks watch run")
    })
}

/// Takes the locks of a writer; notes what to wait for, if git or another command is at work.
fn lock(repo: &Repo, outcome: &mut ActOutcome) -> CommandResult<Option<WriterLocks>> {
    match try_writer_lock(repo, "watch")? {
        TriedLock::Taken(locks) => {
            outcome.waits_for = repo.obstacle()?;
            Ok(Some(locks))
        }
        TriedLock::Held(held) => {
            outcome.waits_for = Some(held.to_string());
            Ok(None)
        }
    }
}

/// Opens the registry in the index; nothing where there is none, or where paths must be merged first. Where
/// only HEAD has one, there is something to wait for.
fn open<'r>(
    ui: &mut Ui,
    repo: &'r Repo,
    outcome: &mut ActOutcome,
) -> CommandResult<Option<RegistryTransaction<'r>>> {
    let transaction = RegistryTransaction::open_if_adopted(ui, repo, None)?;
    let Some(transaction) = transaction else {
        if PendingCommit::open(repo)?.head_has_registry()? {
            outcome.waits_for = Some(format!("'{REGISTRY_PATH}' is in HEAD, but not in the index"));
        }
        return Ok(None);
    };
    if let Some(path) = transaction.unmerged() {
        outcome.waits_for = Some(format!("'{path}' is not merged yet"));
        return Ok(None);
    }
    Ok(Some(transaction))
}

/// Returns the registry in the working tree if it has records that moved.
fn unstaged_registry(repo: &Repo) -> CommandResult<Option<Registry>> {
    let text = repo.read_working(REGISTRY_PATH)?.unwrap_or_default();
    let has_moves = String::from_utf8_lossy(&text).contains(key::MOVED_FROM);
    // One that cannot be read is reported elsewhere.
    Ok(if has_moves { Registry::parse(&text).ok() } else { None })
}

/// The index while it follows moves.
struct MovedIndex<'t> {
    transaction: &'t RegistryTransaction<'t>,
    /// The entries that are other ones now.
    changed: BTreeMap<RepoPath, Option<Entry>>,
    /// The identities by the paths that they have now.
    origins: BTreeMap<RepoPath, Origin>,
    /// The new path of each moved file, by the origin of its identity.
    moves: BTreeMap<Origin, RepoPath>,
}

impl<'t> MovedIndex<'t> {
    fn of(transaction: &'t RegistryTransaction<'t>) -> Self {
        let holders = transaction.holders().into_iter();
        let origins = holders.map(|(path, record)| (path.clone(), record.origin)).collect();
        MovedIndex { transaction, changed: BTreeMap::new(), origins, moves: BTreeMap::new() }
    }

    fn entry(&self, path: &RepoPath) -> Option<Entry> {
        self.changed.get(path).map_or_else(|| self.transaction.entry(path), |entry| *entry)
    }

    /// Returns whether something is in the way of a new file.
    fn is_taken(&self, path: &RepoPath) -> bool {
        let below = [path.as_bytes(), b"/"].concat();
        let is_below = |other: &RepoPath| other.as_bytes().starts_with(&below);
        let near = self.transaction.tree().range(path..).map(|(other, _)| other);
        let mut near = near.take_while(|other| other.as_bytes().starts_with(path.as_bytes()));
        let above = std::iter::successors(path.parent(), RepoPath::parent);
        std::iter::once(path.clone()).chain(above).any(|path| self.entry(&path).is_some())
            || near.any(|other| is_below(other) && self.entry(other).is_some())
            || self.changed.iter().any(|(other, entry)| is_below(other) && entry.is_some())
    }

    /// Moves a file that has an identity and whose new path is free; returns whether it did.
    fn follow(&mut self, from: &RepoPath, to: &RepoPath) -> bool {
        let repo = self.transaction.repo;
        let (Some(entry), Some(origin)) = (self.entry(from), self.origins.get(from).copied())
        else {
            return false;
        };
        let place = |path: &RepoPath| repo.top().join(path.to_os_path());
        let is_moved = place(from).symlink_metadata().is_err()
            && place(to).symlink_metadata().is_ok_and(|meta| meta.is_file())
            && repo.link_guard().check_parent(&place(to)).is_ok();
        let is_allowed =
            !is_own(from) && !is_own(to) && self.transaction.config.tracks(to) && is_moved;
        self.changed.insert(from.clone(), None);
        if !is_allowed || self.is_taken(to) {
            self.changed.insert(from.clone(), Some(entry));
            return false;
        }
        self.changed.insert(to.clone(), Some(entry));
        self.origins.remove(from);
        self.origins.insert(to.clone(), origin);
        self.moves.insert(origin, to.clone());
        true
    }

    /// Follows a move that the registry in the working tree has and that in the index does not: it was staged
    /// before, and a stash gave back only the working tree. The new path may be in the index already.
    fn restore(&mut self, from: &RepoPath, to: &RepoPath) {
        let added = self.entry(to).filter(|entry| entry.mode.is_file());
        let Some(added) = added.filter(|_| !self.origins.contains_key(to)) else {
            self.follow(from, to);
            return;
        };
        // Follows it as if it were not there yet, and keeps what is staged for it.
        self.changed.insert(to.clone(), None);
        self.follow(from, to);
        self.changed.insert(to.clone(), Some(added));
    }

    /// Returns the changes of the index.
    fn steps(&self) -> Vec<IndexStep> {
        let step = |(path, after): (&RepoPath, &Option<Entry>)| {
            let before = self.transaction.entry(path);
            (before != *after).then(|| IndexStep::new(path.clone(), before, *after))
        };
        self.changed.iter().filter_map(step).collect()
    }
}
