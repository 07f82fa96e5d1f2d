//! Messages of commands and hooks about healing.

use std::collections::BTreeMap;
use std::fmt::Display;

use idhooks_core::check::{Code, Finding, required};
use idhooks_core::plan::{Edit, Plan, PossibleRename, Undecided, Unrevived};
use idhooks_core::registry::{Allocation, Registry, RepoPath};
use idhooks_ops::{report_undone, typed_path};
use idhooks_repo::git::Repo;
use idhooks_repo::{
    history::{Lacking, Lineage},
    transaction::CommitInputs,
};

use crate::output::{Ui, and_more, at_most, count};

/// Prints all changes of a list.
pub(super) fn print_all(ui: &mut Ui, edits: impl IntoIterator<Item = Edit>) {
    edits.into_iter().for_each(|edit| ui.status(&format!("idhooks: {edit}")));
}

/// Prints the first changes of a list, and the number of the others.
pub(super) fn print_some(ui: &mut Ui, edits: &[impl Display]) {
    for edit in at_most(edits, 10) {
        ui.status(&format!("idhooks:   {edit}"));
    }
}

/// Warns of what the parents leave undecided. Returns a finding if
/// the commit itself moves files that it cannot decide about, unless it is only to be warned of.
pub(super) fn blocked_by_missing(
    ui: &mut Ui,
    repo: &Repo,
    lineage: &Lineage,
    plan: &Plan,
    warn_only: bool,
) -> Option<Finding> {
    warn_of_undecided(ui, repo, lineage.undecided());
    let first = plan.unread.paths.first()?;
    let more = and_more(plan.unread.paths.len() - 1);
    let message = format!(
        "'{first}'{more} may be a file that this commit moves or brings back, but contents that show it are not in this clone and could not be fetched"
    );
    let command = Lacking::of(repo).command();
    let help = format!("commit again when the remote can be reached, or fetch the rest: {command}");
    let finding = Finding::new(Code::MissingId, message, help).at(first);
    if !warn_only {
        return Some(finding);
    }
    ui.complain(&[finding.into_warning()]);
    None
}

/// Warns in one line of what stays undecided.
pub(super) fn warn_of_undecided(ui: &mut Ui, repo: &Repo, undecided: &Undecided) {
    let Some(lacking) = Lacking::to_decide(repo, undecided) else { return };
    let files = count(undecided.paths.len(), "file", "files");
    let ids = count(undecided.records.len(), "identity", "identities");
    let (what, reason) = (lacking.what(), lacking.reason());
    ui.warning(&format!("{what}: {files} without an identity and {ids} without a file stay as they are, because {reason}"));
    ui.hint(&lacking.hint());
}

/// Returns a finding for every new file that needs an identity and has none.
pub(super) fn without_identity(plan: &Plan) -> Vec<Finding> {
    plan.missing.iter().map(required).collect()
}

/// Returns a finding if a commit has more files than may be compared, and identities depend on it, unless
/// it is only to be warned of.
pub(super) fn blocked_by_limit(ui: &mut Ui, plan: &Plan, warn_only: bool) -> Option<Finding> {
    let at_stake = Some(plan.at_stake).filter(|ids| *ids > 0)?;
    let ids = count(at_stake, "identity", "identities");
    let message = format!(
        "more files were added and deleted than may be compared (max_files, max_bytes in [rename] of idhooks.toml); {ids} of deleted files may belong to new ones"
    );
    let help = "commit the move before the edits ('git mv', or 'idhooks mv' for single files), or raise the limit: git add idhooks.toml";
    let finding = Finding::new(Code::RenameLimit, message, help);
    if !warn_only {
        return Some(finding);
    }
    ui.complain(&[finding.into_warning()]);
    None
}

/// The number of new files of one kind that are reported.
const MAX_RENAMES: usize = 5;

/// A path as it is typed in the directory where git was called: the way up, and the rest.
struct TypedPath {
    ups: String,
    rest: RepoPath,
}

impl TypedPath {
    fn of(path: &RepoPath) -> Self {
        let here = std::env::var_os("GIT_PREFIX").and_then(|dir| {
            let dir = dir.into_string().ok()?;
            RepoPath::new(dir.trim_end_matches('/').as_bytes()).ok()
        });
        // A path of the repository has no '..', so that is apart from the rest.
        let typed = typed_path(here.as_ref(), path);
        let ups = typed.split(|byte| *byte == b'/').take_while(|part| *part == b"..").count();
        let rest = RepoPath::new(&typed[3 * ups..]).unwrap_or_else(|_| path.clone());
        TypedPath { ups: "../".repeat(ups), rest }
    }

    fn shell_quoted(&self) -> String {
        format!("{}{}", self.ups, self.rest.shell_quoted())
    }
}

impl Display for TypedPath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.ups, self.rest)
    }
}

/// Reports which new files may be deleted ones, in one line for each.
pub(super) fn report_new_files(ui: &mut Ui, plan: &Plan) {
    report_possible_renames(ui, &plan.possible_renames);
    report_unrevived(ui, &plan.unrevived);
}

/// Reports how files that were rewritten and moved keep their identities. The paths are as they are
/// typed in the directory where git was called.
fn report_possible_renames(ui: &mut Ui, renames: &[PossibleRename]) {
    for PossibleRename { id, pair } in renames.iter().take(MAX_RENAMES) {
        let (to, from) = (TypedPath::of(&pair.to), TypedPath::of(&pair.from));
        ui.status(&format!(
            "idhooks: '{to}' is {} % similar to the deleted '{from}'; if it is the same file, keep its identity: idhooks assign {id} {}",
            pair.similarity, to.shell_quoted()
        ));
    }
    if let Some(more) = renames.len().checked_sub(MAX_RENAMES).filter(|more| *more > 0) {
        let files = count(more, "more new file is", "more new files are");
        ui.status(&format!("idhooks: {files} similar to a deleted one"));
    }
}

/// Reports how files at the paths of deleted ones keep the identities of these.
fn report_unrevived(ui: &mut Ui, unrevived: &[Unrevived]) {
    for Unrevived { id, path } in unrevived.iter().take(MAX_RENAMES) {
        let path = TypedPath::of(path);
        ui.status(&format!(
            "idhooks: '{path}' is not similar to the deleted file at its path and has a new identity; if it is the same file, keep the old one: idhooks assign {id} {}",
            path.shell_quoted()
        ));
    }
    if let Some(more) = unrevived.len().checked_sub(MAX_RENAMES).filter(|more| *more > 0) {
        let files = count(more, "more new file is", "more new files are");
        ui.status(&format!("idhooks: {files} at the path of a deleted one"));
    }
}

/// Reports what a plan for a commit did against what is staged, or against what one might expect.
pub(super) fn report_plan(ui: &mut Ui, inputs: &CommitInputs, plan: &Plan) {
    report_undone(ui, inputs, &plan.undone);
    report_unused(ui, inputs, &plan.registry);
    report_new_files(ui, plan);
}

/// Reports which staged identities are in no commit and never will be, because the files for which they
/// were allocated have others, which followed them there.
fn report_unused(ui: &mut Ui, inputs: &CommitInputs, after: &Registry) {
    let known = after.by_origin();
    let holders: BTreeMap<_, _> = after.active().map(|record| (&record.path, record.id)).collect();
    for Allocation { id, path, .. } in
        inputs.stored.registry.active().filter(|record| !known.contains_key(&record.origin))
    {
        if let Some(holder) = holders.get(path) {
            ui.status(&format!("idhooks: {holder} stays with its file, which is now '{path}'; {id}, allocated for that path, is not used"));
        }
    }
}
