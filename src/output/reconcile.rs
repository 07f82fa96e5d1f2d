//! Formats the results of `idhooks reconcile`.

use idhooks_core::config::HealTarget;
use idhooks_ops::{
    AnsweredQuestion, CommitId, Edit, HealedBranch, LeftToPerson, ReconcileFigures,
    ReconcileReport, ReplacedCommit, RewriteReport, Title,
};
use serde::Serialize;

use super::{MARKDOWN_MARK, Ui, and_more, code_list, count, json, shell_quoted};

/// The maximum number of questions to show.
const SHOWN: usize = 10;

/// Prints the questions for a human.
pub fn show_left(ui: &mut Ui, left: &[LeftToPerson]) {
    for one in left.iter().take(SHOWN) {
        ui.warning(&one.message());
        ui.hint(&one.command);
    }
    if let Some(more) = left.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        ui.warning(&format!("left for you{}", and_more(more)));
        ui.hint("list all: idhooks reconcile --dry-run --format json");
    }
}

/// Prints the differences between the registry and the files.
pub fn show_figures(ui: &mut Ui, figures: &ReconcileFigures) {
    ui.line("Reconciliation Results:");
    for (name, count) in [
        ("Files scanned:", figures.files_scanned),
        ("Registry records:", figures.registry_records),
        ("Missing from registry:", figures.missing_from_registry),
        ("Missing from filesystem:", figures.missing_from_filesystem),
        ("Moved:", figures.moved),
        ("Repairs enqueued:", figures.repairs_enqueued),
    ] {
        ui.line(&format!("  {name:<27}{count}"));
    }
}

/// Returns a one-line summary of a run or dry run; `is_restricted` is true if the run covers only
/// some paths.
pub fn reconcile_outcome(
    report: &ReconcileReport,
    is_dry_run: bool,
    is_restricted: bool,
) -> String {
    let is_empty = report.healed.is_empty() && report.staged.is_empty() && report.left.is_empty();
    let differs = report.inconsistent > 0 || report.is_outdated;
    let commits = count(report.inconsistent, "commit is", "commits are");
    let what = if report.is_undecided { "the decidable part" } else { "them" };
    match (report.inconsistent, report.is_outdated, is_dry_run) {
        (1.., false, _) if report.is_undecided && report.healed.is_empty() => {
            format!("{commits} inconsistent; nothing can be healed yet")
        }
        _ if is_restricted && differs && is_empty => "no path in --paths needs healing".to_owned(),
        (0, false, _) => "nothing to heal: HEAD and the index are consistent".to_owned(),
        (0, true, true) => {
            "HEAD is consistent; the registry in the index would be completed".into()
        }
        (0, true, false) => "HEAD is consistent; the registry in the index was completed".into(),
        (_, false, _) => {
            format!("{commits} inconsistent; the staged registry heals {what}: run 'git commit'")
        }
        (_, true, true) => format!("{commits} inconsistent; 'idhooks reconcile' heals {what}"),
        (_, true, false) => {
            format!("{commits} inconsistent; staged a registry that heals {what}: run 'git commit'")
        }
    }
}

#[derive(Serialize)]
struct HealedBranchDocument<'r> {
    inconsistent_commits: usize,
    written: bool,
    healed: &'r [Edit],
    staged: [Edit; 0],
    #[serde(flatten)]
    figures: ReconcileFigures,
    left: &'r [LeftToPerson],
    target: String,
    commit: Option<CommitId>,
    backup: Option<&'r str>,
}

/// Returns the result of healing in a service clone, as JSON.
pub fn healed_branch_json(healed: &HealedBranch) -> String {
    json::document(&HealedBranchDocument {
        inconsistent_commits: healed.follow_up.inconsistent,
        written: healed.written,
        healed: &healed.follow_up.edits,
        staged: [],
        figures: healed.figures,
        left: &healed.left,
        target: healed.target.to_string(),
        commit: healed.commit,
        backup: healed.backup.as_deref(),
    })
}

/// Returns a one-line summary of healing in a service clone.
pub fn healed_branch_outcome(healed: &HealedBranch) -> String {
    let tip = healed.follow_up.tip.short();
    if !healed.follow_up.is_needed() {
        return format!("nothing to heal: the registry of {tip} is up to date");
    }
    let commits = match healed.follow_up.inconsistent {
        0 => format!("the registry of {tip} is out of date"),
        commits => format!("{} inconsistent", count(commits, "commit is", "commits are")),
    };
    // The hourly job usually finds the commit that its previous run created, which must not look
    // like a new commit.
    let is_new = if healed.written { "now " } else { "already " };
    match (&healed.target, &healed.commit) {
        (HealTarget::Nowhere, _) => format!("{commits}; nothing was changed"),
        (target, None) => format!("{commits}; a commit for '{target}' would heal it"),
        (HealTarget::Branch(name), Some(id)) => {
            format!("{commits}; healed by {}, {is_new}on branch '{name}'", id.short())
        }
        (HealTarget::Patch(file), Some(_)) => {
            format!("{commits}; healed by a patch, {is_new}in '{file}'")
        }
    }
}

/// Prints the result of healing in a service clone, the next steps, and the questions for a human.
pub fn show_healed_branch(ui: &mut Ui, healed: &HealedBranch) {
    ui.lines(&healed.follow_up.edits);
    ui.status(&healed_branch_outcome(healed));
    advise_after_healing(ui, healed);
    show_left(ui, &healed.left);
}

/// Returns the result and the questions for a human as Markdown for a pull request. It contains no
/// commands that would bypass the pull request. The longest part comes last, because the end may be
/// cut off.
pub fn healed_branch_markdown(healed: &HealedBranch) -> String {
    let left = healed.left.iter().map(|one| format!("{} ({})", one.message(), one.command));
    let messages = std::iter::once(healed_branch_outcome(healed))
        .chain(backup_message(healed))
        .chain(healed.answered.iter().map(answer))
        .chain(left)
        .chain(healed.follow_up.edits.iter().map(ToString::to_string));
    format!("{MARKDOWN_MARK}{}", code_list(messages))
}

fn answer(AnsweredQuestion { path, id }: &AnsweredQuestion) -> String {
    match id {
        Some(id) => format!("the question about '{path}' is answered: it has the identity {id}"),
        None => format!("the question about '{path}' is dropped: it has no identity in HEAD"),
    }
}

fn backup_message(healed: &HealedBranch) -> Option<String> {
    let HealTarget::Branch(name) = &healed.target else { return None };
    let backup = healed.backup.as_ref()?;
    Some(format!("branch '{name}' had commits by others; they are kept as {backup}"))
}

/// Prints the next steps after healing in a service clone.
pub fn advise_after_healing(ui: &mut Ui, healed: &HealedBranch) {
    healed.answered.iter().for_each(|one| ui.status(&answer(one)));
    if let (Some(message), Some(backup)) = (backup_message(healed), &healed.backup) {
        ui.warning(&message);
        ui.hint(&format!("list them: git log {backup} --not HEAD"));
    }
    if !healed.follow_up.is_needed() {
        if let (true, HealTarget::Branch(name)) = (healed.is_left_over, &healed.target) {
            let name = shell_quoted(name);
            ui.status(&format!("branch {name} is no longer needed: git branch -D {name}"));
        }
        return;
    }
    // The commit is on the remote, so the user does not need to apply anything.
    if let Some(pushed) = &healed.pushed {
        return ui.status(&format!("pushed to {pushed}"));
    }
    match (&healed.target, &healed.commit) {
        (HealTarget::Nowhere, _) => ui.hint(
            "to heal it, set the target in [reconcile] of idhooks.toml: commit = \"branch idhooks/heal\"",
        ),
        (HealTarget::Branch(name), Some(_)) => {
            ui.status(&format!("apply it: git merge --ff-only {}", shell_quoted(name)));
        }
        (HealTarget::Patch(file), Some(_)) => {
            ui.status(&format!("apply it: git am {}", file.shell_quoted()));
        }
        (_, None) => {}
    }
}

#[derive(Serialize)]
struct RewriteDocument<'r> {
    inconsistent_commits: usize,
    written: bool,
    healed: &'r [Edit],
    staged: [Edit; 0],
    rewritten: &'r [ReplacedCommit],
    backup: Option<&'r str>,
}

/// Returns the result of a rewrite, as JSON.
pub fn rewrite_json(report: &RewriteReport) -> String {
    json::document(&RewriteDocument {
        inconsistent_commits: report.replaced.len(),
        written: report.backup.is_some(),
        healed: &report.healed,
        staged: [],
        rewritten: &report.replaced,
        backup: report.backup.as_deref(),
    })
}

/// Prints the rewritten commits with their titles, and the changes that heal them.
pub fn show_rewritten(ui: &mut Ui, report: &RewriteReport, titles: &[Title]) {
    for ReplacedCommit { old, new } in &report.replaced {
        let title = titles.iter().find(|title| title.id == *old);
        let subject = title.map_or("", |title| title.subject.as_str());
        let became = report.backup.as_ref().map(|_| format!("is now {}", new.short()));
        let became = became.unwrap_or_else(|| "would be rewritten".to_owned());
        ui.line(&format!("{} {became}: {subject}", old.short()));
    }
    ui.lines(&report.healed);
}

/// Prints a summary of the rewrite of the commits in `range`.
pub fn summarize_rewrite(ui: &mut Ui, report: &RewriteReport, range: &str) {
    let commits = count(report.replaced.len(), "commit", "commits");
    if report.replaced.is_empty() {
        ui.status(&format!("nothing to rewrite: the commits in '{range}' are consistent"));
    } else if let Some(backup) = &report.backup {
        ui.status(&format!("rewrote {commits}; the old ones are kept as {backup}"));
        ui.status(&format!("to undo this: git reset --keep {backup}"));
    } else {
        ui.status(&format!("{commits} would be rewritten; nothing was changed"));
    }
}
