//! Lints the files that a commit changes, or a change's whole tree.

use idhooks_code::LintSelection;
use idhooks_core::check::Finding;
use idhooks_core::registry::{Entry, RepoPath, Tree};
use idhooks_repo::git::{GitError, Repo};

use super::run::LintRun;
use super::target::{LintSource, LintTarget, is_source};
use crate::tree_lint::LintResult;
use crate::{LintGates, Observer, OpsError, TreeLint};

/// Checks those `files` that the rules in their commit include; `entry` looks up other files in the
/// commit. Returns the findings that the commit's baseline does not accept.
///
/// # Errors
/// Returns an error if the rules or the baseline are not valid, or if an object cannot be read.
pub(crate) fn lint_commit(
    observer: &mut dyn Observer,
    repo: &Repo,
    files: &[(RepoPath, Entry)],
    entry: &dyn Fn(&RepoPath) -> Result<Option<Entry>, GitError>,
) -> Result<Vec<Finding>, OpsError> {
    let add = |tree: &mut Tree, path: &RepoPath| -> Result<(), GitError> {
        tree.extend(entry(path)?.map(|entry| (path.clone(), entry)));
        Ok(())
    };
    // Only the changed files and the rules are read: the cost of a commit must not grow with the
    // repository.
    let mut tree: Tree = files.iter().cloned().collect();
    add(&mut tree, &RepoPath::config())?;
    let mut target = LintTarget::of_tree(repo, tree);
    let config = target.config(None)?;
    let rules = config.config.lint();
    if let (Some(path), Some(tree)) = (&rules.baseline, &mut target.tree) {
        add(tree, path)?;
    }
    let checked = files.iter().filter(|(path, _)| is_source(rules, path));
    let sources = checked.map(|(path, entry)| LintSource::committed(path, *entry)).collect();
    let run = LintRun::new(&target, &config, &LintSelection::default())?;
    let result = run.lint_sources(sources)?;
    result.report_skipped(observer);
    let LintResult { mut findings, .. } = result;
    // The baseline is not read sooner, because it may be large and most commits have no findings.
    if !findings.is_empty()
        && let Some(mut baseline) = target.baseline(rules)?
    {
        baseline.apply(&mut findings);
    }
    Ok(findings)
}

/// Checks the files in a tree using the tree's own rules.
///
/// # Errors
/// Returns an error if `[lint]`, its baseline or a gate is not valid, or if a blob cannot be read.
pub(crate) fn lint_tree(
    observer: &mut dyn Observer,
    repo: &Repo,
    tree: &Tree,
    gates: &LintGates,
) -> Result<TreeLint, OpsError> {
    let target = LintTarget::of_tree(repo, tree.clone());
    let config = target.config(None)?;
    let (gates, baseline) = (gates.or_configured(&config)?, target.baseline(config.config.lint())?);
    let result = LintRun::new(&target, &config, &LintSelection::default())?.lint(&[])?;
    result.report_skipped(observer);
    let (config, findings) = (config.config, result.findings.clone());
    Ok(TreeLint { config, result, findings, baseline, gates })
}
