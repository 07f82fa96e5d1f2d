//! Shows notices from use cases, as text.

mod commit;
mod hook;
mod legacy_changes;
mod migration;
mod new_files;
mod program_fallback;
mod receive;
mod references;
mod resolve;
mod units;

use idhooks_core::check::Finding;
use idhooks_core::plan::Undone;
use idhooks_core::registry::{Id, RepoPath};
use idhooks_ops::{
    FoundNote, GeneratorNotice, GitError, GrepMatch, InjectNotice, InjectRefusal, KeptRegistry,
    MissingObjects, Notice, Observer, PreviewNotice, Progress, RemoteBranch, StateError,
};
use legacy_changes::{show_edits, show_healed, show_repaired, show_taken};
use migration::announcement;
use new_files::{show_possible_renames, show_unrevived};

pub use new_files::git_prefix;
pub use program_fallback::warn_of_fallback;

use crate::error::to_remove_foreign;
use crate::output::{Ui, and_more, count};

impl Observer for Ui {
    fn notice(&mut self, notice: Notice) {
        match notice {
            // This goes to stderr: stdout contains only the record, which a script may read.
            Notice::Found(notes) => found_note(&notes).iter().for_each(|note| self.status(note)),
            Notice::NoPlannedIds(error) => self.show_no_planned_ids(&error),
            Notice::AllocationLog(error) => self.warning(&error.to_string()),
            Notice::NotKept(problem) => self.warning(&problem),
            Notice::Attributes(error) => self.show_old_attributes(&error),
            Notice::DaysLeftOut(days) => self.show_days_left_out(days),
            Notice::NoEvents(lines) => self.show_no_events(lines),
            Notice::NextStep { from, to, legacy } => self.status(&announcement(from, to, &legacy)),
            Notice::Inject(notice) => self.show_injection(notice),
            Notice::Remark(remark) => self.status(&format!("note: {remark}")),
            Notice::Warnings(findings) => self.complain(&findings),
            Notice::Continued(continued) => self.show_continued(&continued),
            Notice::Undecided { lacking, files, ids } => self.show_undecided(lacking, files, ids),
            Notice::UnusedId { id, path, holder } => {
                self.status(&format!("idhooks: {holder} stays with its file, now '{path}'; {id}, allocated for that path, is not used"));
            }
            Notice::PossibleRenames(renames) => show_possible_renames(self, &renames),
            Notice::Unrevived(unrevived) => show_unrevived(self, &unrevived),
            Notice::Taken { reports, untaken, is_logged } => {
                show_taken(self, &reports, &untaken, is_logged);
            }
            Notice::Edits { edits, is_logged } => show_edits(self, &edits, is_logged),
            Notice::RepairedEdits { edits, is_logged } => show_repaired(self, &edits, is_logged),
            Notice::HealedEdits { healed, others, is_logged } => {
                show_healed(self, &healed, &others, is_logged);
            }
            Notice::Undone(undone, others) => self.show_undone(&undone, others),
            Notice::MoveUndone(what) => self.show_move_undone(&what),
            Notice::SecondIdTaken { doc_id, path } => self.show_former_holder(&doc_id, &path),
            Notice::StillMentioned { id, mentions } => self.show_mentioned(id, &mentions),
            Notice::Excluded { id, path } => self
                .warning(&format!("the rules exclude '{path}': the next commit deprecates {id}")),
            Notice::NoIdentities(path) => {
                self.status(&format!("no file in '{path}' has an identity"));
            }
            Notice::NotSearched(error) => self.warning(&error.to_string()),
            Notice::BackedUp(kept) => self.show_backup(&kept),
            // Someone may have written down the identity, even though the old commits were never
            // pushed.
            Notice::IdDropped { id, path } => self.warning(&format!(
                "{id} of '{path}' is only in the old commits: the file keeps its earlier identity"
            )),
            Notice::Fetched { branch: RemoteBranch { remote, branch }, tip } => {
                self.status(&format!("fetched {branch} of '{remote}': now at {}", tip.short()));
            }
            Notice::Committed(id, message) => self.line(&format!("{} {message}", id.short())),
            Notice::ShallowChange(commits) => self.show_shallow(commits),
            Notice::Preview(notice) => self.show_preview(notice),
            Notice::Overtaken(RemoteBranch { branch, .. }) => self.status(&format!(
                "branch '{branch}' was pushed meanwhile: fetching and healing it again"
            )),
            Notice::NotUpdated(doubts) => self.not_updated(&doubts),
            Notice::NotLinted(skipped) => self.not_linted(&skipped),
            Notice::Generator(notice) => self.show_generation(notice),
            Notice::Resolve(notice) => self.show_resolving(notice),
            Notice::Hook(notice) => self.show_hook(notice),
            Notice::Receive(notice) => self.show_push(notice),
            Notice::Unit(notice) => self.show_unit(notice),
            Notice::Commit(notice) => self.show_commit(notice),
        }
    }

    fn progress(&mut self, progress: Progress) {
        let (label, total) = match progress {
            Progress::ReadRegistries(total) => ("reading registries", total),
            Progress::Healing(total) => ("healing commits", total),
            Progress::ReadHistory(total) => ("reading the history", total),
            Progress::CheckCommits(total) => ("checking commits", total),
            Progress::SearchHistory(total) => ("searching the history", total),
            Progress::ReadHeads(total) => ("reading the heads of files", total as usize),
            Progress::Allocating(total) => ("allocating identities", total as usize),
            Progress::Planning(total) => ("planning records", total),
            Progress::Matching(total) => ("matching records", total),
            Progress::LintHistory(total) => ("checking the history", total),
            Progress::Importing(total) => ("importing records", total),
            Progress::Done => return self.end_progress(),
        };
        self.step(label, total);
    }
}

impl Ui {
    fn show_undone(&mut self, Undone { id, path }: &Undone, others: usize) {
        let more = and_more(others);
        self.status(&format!("idhooks: undid manual edits of the registry: {id} of '{path}'{more}; to change identities, use 'idhooks assign', 'deprecate' or 'supersede'"));
    }

    fn show_mentioned(&mut self, id: Id, mentions: &[GrepMatch]) {
        self.error(&format!("{id} is still mentioned"));
        self.mentions(mentions);
    }

    fn show_old_attributes(&mut self, error: &StateError) {
        self.warning(&format!("the attributes of this clone are not up to date: {error}"));
        // This is only a warning: the registry is written and correct, but a merge may not use our
        // driver.
        self.hint("to update them: idhooks install");
    }

    fn show_no_planned_ids(&mut self, error: &GitError) {
        let what = "files that are not in the index have no 'planned_id'";
        self.warning(&format!("{what}: {error}"));
    }

    fn show_days_left_out(&mut self, days: usize) {
        let days = count(days, "day is", "days are");
        self.warning(&format!("{days} omitted: the registry of that time is not in this clone"));
        self.hint("fetch them, then try again: git fetch --refetch --no-filter");
    }

    fn show_shallow(&mut self, commits: usize) {
        let commits = count(commits, "commit", "commits");
        self.warning(&format!(
            "the clone is shallow: {commits} could not be compared with their parents"
        ));
    }

    fn show_former_holder(&mut self, doc_id: &str, path: &RepoPath) {
        self.status(&format!("{doc_id} belonged to '{path}'"));
    }

    fn show_move_undone(&mut self, what: &str) {
        self.status(&format!("undid the interrupted 'idhooks {what}'"));
    }

    fn show_no_events(&mut self, lines: usize) {
        let lines = count(lines, "line is not an event", "lines are not events");
        self.warning(&format!("{lines}; see: idhooks audit verify"));
    }

    /// Explains why a merge preview is incomplete.
    fn show_preview(&mut self, notice: PreviewNotice) {
        match notice {
            PreviewNotice::NotAdopted(branch) => {
                self.status(&format!("'{branch}' has no registry to merge with"));
            }
            PreviewNotice::Unrelated(branch) => {
                self.warning(&format!("'{branch}' has no commit in common with the checked one"));
            }
        }
    }

    /// Shows a notice about a backup of a registry.
    fn show_backup(&mut self, KeptRegistry { blob, new }: &KeptRegistry) {
        if new.is_empty() {
            self.report(&format!("{blob} is already backed up"));
        }
        new.iter().for_each(|new| self.report(&format!("{} {}", new.at, new.blob)));
    }

    /// Shows a notice about the identities carried by files.
    fn show_injection(&mut self, notice: InjectNotice) {
        match notice {
            InjectNotice::LeftAlone(refusal @ InjectRefusal::Foreign(..)) => {
                self.detail(&format!("not changed: {refusal}"));
            }
            // In many repositories, `inject --all` skips most files; printing a line for each would
            // hide the changed files.
            InjectNotice::LeftAlone(refusal) => self.detail(&format!("skipped: {refusal}")),
            InjectNotice::ForeignIdKept(path, id) => {
                let hint = to_remove_foreign(&path);
                self.status(&format!("'{path}' keeps {id}, which is not its own identity; {hint}"));
            }
        }
    }

    /// Shows that some commits cannot be healed yet.
    fn show_undecided(&mut self, lacking: MissingObjects, files: usize, ids: usize) {
        let files = count(files, "file", "files");
        let ids = count(ids, "identity", "identities");
        let (what, reason) = (lacking.what(), lacking.reason());
        self.warning(&format!("{what}: {files} without an identity and {ids} without a file are left unchanged, because {reason}"));
        self.hint(&lacking.hint());
    }

    /// Shows a notice about generated files.
    fn show_generation(&mut self, notice: GeneratorNotice) {
        match notice {
            GeneratorNotice::NoRules(is_unstaged) => {
                self.status("idhooks.toml in the index has no [[generators]]");
                if is_unstaged {
                    self.hint(
                        "the file in the working tree has unstaged ones: git add idhooks.toml",
                    );
                }
            }
            GeneratorNotice::Generated(path) => self.status(&format!("generated '{path}'")),
            GeneratorNotice::Findings(findings) => {
                let warnings = findings.into_iter().map(Finding::into_warning);
                self.complain(&warnings.collect::<Vec<_>>());
            }
            GeneratorNotice::Failed(error) => {
                let text = error.to_string();
                // git's full message explains locks at length, so only its first line is shown.
                let end = if error.is_transient() { text.find('\n') } else { None };
                let why = &text[..end.unwrap_or(text.len())];
                self.warning(&format!("generated files are not up to date: {why}"));
                self.hint("run: idhooks generate");
            }
            GeneratorNotice::EditedOutput(path) => {
                self.warning(&format!("'{path}' is generated and staged, but the file in the working tree has other edits and was left alone"));
                self.hint(&format!("to drop these edits: git restore -- {}", path.shell_quoted()));
            }
        }
    }
}

/// Returns a note about a record that was found indirectly.
pub fn found_note(notes: &[FoundNote]) -> Option<String> {
    let texts: Vec<String> = notes.iter().map(note_text).collect();
    (!texts.is_empty()).then(|| texts.join("; "))
}

fn note_text(note: &FoundNote) -> String {
    match note {
        FoundNote::AlsoAllocated(id, others) => {
            let others: Vec<String> = others.iter().map(ToString::to_string).collect();
            format!("{id} was also allocated to the file that is now {}", others.join(", "))
        }
        FoundNote::Alias(id, current) => format!("{id} is an alias of {current}"),
        FoundNote::Claim(id, current) => format!("{id} is a claim of {current}"),
        FoundNote::NoFile(path) => format!(
            "'{path}' is not in the tree; see the fate of its identity: idhooks reconcile --dry-run"
        ),
        FoundNote::Former(path, status) => {
            format!("'{path}' no longer exists; its last record is {status}")
        }
        FoundNote::Excluded(commits) => {
            let commits = count(*commits, "older commit", "older commits");
            format!("omitted: {commits}, merged into HEAD later")
        }
        FoundNote::History(text) => text.clone(),
    }
}
