//! Redirects from identities and former paths to the present pages of files.

mod refusal;

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use idhooks_core::config::CONFIG_PATH;
use idhooks_core::registry::{LeftPath, Mode, RepoPath};
use idhooks_references::{
    ForgePage, LeftOut, RedirectFile, RedirectForm, RedirectInput, RedirectStatus, RedirectTable,
    SourceKind, Website,
};
use idhooks_repo::git::{CommitId, Repo};
use idhooks_repo::history::{History, MissingObjects};
use idhooks_repo::state::index_entry;
use idhooks_repo::store::{OutputFile, OutputTree};

use super::url::LinkSite;
use super::{
    LinkRefusal, Notice, Observer, OpsError, OutputRefusal, Progress, Revision, guard_output,
};

pub use refusal::RedirectRefusal;

/// The commit whose files redirects lead to, unless another one is named.
const HEAD: &str = "HEAD";

/// Which redirects to make.
#[derive(Debug)]
pub struct RedirectOptions {
    /// The commit, or the branch, whose files the redirects lead to; HEAD by default.
    pub rev: Option<String>,
    /// What reads them.
    pub form: RedirectForm,
    /// The status for former paths.
    pub status: RedirectStatus,
    /// The path at which the output directory is published.
    pub base: String,
    /// Whether to leave out former paths.
    pub without_history: bool,
}

/// The redirects of a commit.
#[derive(Debug)]
pub struct RedirectReport {
    /// The files to write.
    pub files: Vec<RedirectFile>,
    /// The number of identities that are answered, including former ones.
    pub identities: usize,
    /// The number of former paths that are answered.
    pub former: usize,
    /// The number of former paths that are left out because a file has their page now.
    pub taken: usize,
    /// The redirects that the form does not hold.
    pub left_out: Vec<LeftOut>,
    /// The files that redirects are left out for, because the registry has them and the commit does
    /// not.
    pub lost: BTreeSet<RepoPath>,
}

/// Makes the redirects of a commit.
///
/// # Errors
/// Returns an error if the commit has no registry, if it is not known where files are shown, if two
/// files have the same page, if the history is not complete, or if the form cannot hold so many.
pub fn redirects(
    observer: &mut dyn Observer,
    repo: &Repo,
    options: &RedirectOptions,
) -> Result<RedirectReport, OpsError> {
    let rev = options.rev.as_deref();
    if rev.is_none() && has_other_rules(repo)? {
        observer.notice(Notice::Remark(
            "idhooks.toml differs from that in HEAD, which the redirects are made from; commit it first"
                .to_owned(),
        ));
    }
    let answering = Answering::Website { without_history: options.without_history };
    let table = table(observer, repo, rev, &answering)?;
    let made = options.form.files(&table, options.status, &options.base);
    let made = made.map_err(RedirectRefusal::Form)?;
    let count = |kind: SourceKind| {
        let all = table.redirects.iter().filter(|redirect| redirect.kind == kind).count();
        all - made.left_out.iter().filter(|left| left.kind == kind).count()
    };
    let (identities, former) = (count(SourceKind::Identity), count(SourceKind::FormerPath));
    let left_out = [&*table.left_out, &*made.left_out].concat();
    let RedirectTable { taken, lost, .. } = table;
    Ok(RedirectReport { files: made.files, identities, former, taken, left_out, lost })
}

/// Returns where the identities in a commit lead from another website than that of the files.
///
/// # Errors
/// Returns an error if the commit has no registry, if it is not known where files are shown, or if
/// two files have the same page.
pub fn identity_redirects(
    observer: &mut dyn Observer,
    repo: &Repo,
    rev: &str,
) -> Result<RedirectTable, OpsError> {
    table(observer, repo, Some(rev), &Answering::Elsewhere)
}

/// Which website answers.
enum Answering {
    /// That of the files, which also answers for the paths that they had before.
    Website { without_history: bool },
    /// Another one.
    Elsewhere,
}

fn table(
    observer: &mut dyn Observer,
    repo: &Repo,
    rev: Option<&str>,
    answering: &Answering,
) -> Result<RedirectTable, OpsError> {
    if rev.is_none() && repo.head()?.is_none() {
        return Err(LinkRefusal::NoCommit.into());
    }
    let revision = Revision::named(rev.unwrap_or(HEAD));
    let state = revision.state(repo)?;
    let registry = &revision.registry(repo, &state.view)?.registry;
    let rules = &state.config.links;
    let site = (!rules.has_site()).then(|| LinkSite::find(repo, rules)).transpose()?;
    let target = site.as_ref().map(|site| site.target(rev, false)).transpose()?;
    for note in target.iter().flat_map(|target| &target.note) {
        observer.notice(Notice::Remark(note.clone()));
    }
    if let Some(target) = target.as_ref().filter(|target| rev.is_none() && !target.is_branch()) {
        observer.notice(Notice::Remark(format!(
            "HEAD is detached, so identities lead to the pages of {}, which never change; for those of a branch, name it: --rev <branch>",
            target.place
        )));
    }
    let page = site
        .as_ref()
        .zip(target.as_ref())
        .map(|(site, target)| move |path: &RepoPath| site.page(path, &target.revision, None));
    let website = Website::new(rules, page.as_ref().map(|page| page as &ForgePage<'_>));
    let website = match answering {
        Answering::Website { .. } => website,
        Answering::Elsewhere => website.from_elsewhere(),
    };
    // It takes longest, so everything that can be refused without it comes first.
    let left = match (answering, revision.commit(repo)?) {
        (Answering::Website { without_history: false }, Some(commit)) => {
            left_paths(observer, repo, commit)?
        }
        _ => Vec::new(),
    };
    let tree = &state.view.tree;
    let files = tree.iter().filter(|(_, entry)| entry.mode.is_file());
    let links = tree.iter().filter(|(_, entry)| entry.mode == Mode::Symlink);
    let (files, links) = (&mut files.map(|(path, _)| path), &mut links.map(|(path, _)| path));
    let input = RedirectInput { registry, files, links, left: &left };
    Ok(RedirectTable::build(&website, input).map_err(RedirectRefusal::Shared)?)
}

/// Returns whether the rules in the index are not those of HEAD.
fn has_other_rules(repo: &Repo) -> Result<bool, OpsError> {
    if repo.is_bare() {
        return Ok(false);
    }
    let head = repo.head()?.map(|head| repo.commit(head)).transpose()?;
    let head = head.map(|head| repo.tree_entry(head.tree, CONFIG_PATH)).transpose()?.flatten();
    Ok(index_entry(repo, CONFIG_PATH)? != head)
}

/// Returns the paths that files had before, in the whole history of a commit.
fn left_paths(
    observer: &mut dyn Observer,
    repo: &Repo,
    commit: CommitId,
) -> Result<Vec<LeftPath>, OpsError> {
    let history =
        History::of(repo, commit, &mut |total| observer.progress(Progress::ReadHistory(total)))?;
    observer.progress(Progress::Done);
    if history.is_incomplete() {
        return Err(RedirectRefusal::Incomplete(MissingObjects::of(repo)).into());
    }
    let left =
        history.left_paths(repo, &mut |total| observer.progress(Progress::ReadRegistries(total)));
    observer.progress(Progress::Done);
    Ok(left?)
}

/// A page that was not written because something else is in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOutPage {
    /// The place.
    pub place: PathBuf,
    /// The kind of address that the page redirects from.
    pub from: SourceKind,
}

/// Which files in a directory are replaced and removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputList {
    /// Those of an export of redirects.
    Redirects,
    /// Those of a dashboard.
    Dashboard,
}

impl OutputList {
    fn name(self) -> &'static str {
        match self {
            OutputList::Redirects => ".idhooks-redirects.json",
            OutputList::Dashboard => ".idhooks-dashboard.json",
        }
    }
}

/// Writes redirects to a directory, and removes those that it has no longer. Returns the pages that
/// were left out because something else is in their places.
///
/// # Errors
/// Returns an error if the directory may not be written to, if a file that a host reads is not that
/// of idhooks, in which case nothing is written, or if a file cannot be written.
pub fn write_redirects(
    repo: &Repo,
    dir: &Path,
    list: OutputList,
    files: &[RedirectFile],
) -> Result<Vec<LeftOutPage>, OpsError> {
    guard_output(repo, dir)?;
    if dir.exists() && !dir.is_dir() {
        return Err(OutputRefusal::NoDirectory(dir.to_owned()).into());
    }
    let outputs = files.iter().map(|RedirectFile { path, text, page_of }| OutputFile {
        path,
        content: text.as_bytes(),
        is_required: page_of.is_none(),
    });
    let outputs: Vec<OutputFile<'_>> = outputs.collect();
    let taken: HashSet<String> =
        OutputTree::open(dir, list.name())?.keep(&outputs)?.taken.into_iter().collect();
    let pages = files.iter().filter(|file| taken.contains(&file.path));
    let left_out = |file: &RedirectFile| {
        let place = dir.join(&file.path);
        file.page_of.map(|from| LeftOutPage { place, from })
    };
    Ok(pages.filter_map(left_out).collect())
}
