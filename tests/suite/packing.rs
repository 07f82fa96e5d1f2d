//! The registry's loose versions: git packs them in the background, exactly those, and nothing
//! that happens meanwhile does any harm.

mod beside;
mod bounds;
mod left_alone;
mod stopped;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use idhooks_repo::store::resolve_path;

use crate::common::{Args, Git, Repo};
use crate::judge;

/// The bound of the tests, in versions.
const VERSIONS: usize = 4;

/// An adopted repository with small bounds, in which git packs nothing by itself.
fn bounded(git: &Git) -> Repo {
    bounds(Repo::empty(git)).adopt("")
}

/// Sets the small bounds.
fn bounds(repo: Repo) -> Repo {
    for setting in
        ["maintenance.auto true", "gc.auto 1000000", "idhooks.looseBytes 1k", "gc.autoDetach false"]
    {
        repo.run(format!("config {setting}").as_str());
    }
    repo.run(format!("config idhooks.looseVersions {VERSIONS}").as_str());
    repo
}

/// Makes eight versions that are loose and listed, and that the next commit would have packed.
fn due(repo: Repo) -> Repo {
    repo.run("config maintenance.auto false");
    commit_files(&repo, "new", 8);
    repo.run("config maintenance.auto true");
    repo
}

/// Makes commits that change the registry.
fn commit_files(repo: &Repo, name: &str, number: usize) {
    for number in 0..number {
        repo.commit_file(&format!("docs/{name}-{number}.md"), format!("{name} {number}\n"));
    }
}

/// Returns the directory that the working trees share.
fn common_dir(repo: &Repo) -> PathBuf {
    let dir = repo.ask("rev-parse --git-common-dir");
    repo.path().join(dir)
}

/// Returns the versions of the registry in all commits, those of the reflog included.
fn versions(repo: &Repo) -> Vec<String> {
    let commits = repo.ask("rev-list --all --reflog");
    // This reads no version, which a partial clone would fetch.
    let mut args = vec!["rev-parse".into()];
    args.extend(commits.lines().map(|id| format!("{id}:.idhooks/registry.json").into()));
    let mut versions: Vec<String> = repo.ask(args).lines().map(str::to_owned).collect();
    versions.sort();
    versions.dedup();
    versions
}

fn is_loose(repo: &Repo, object: &str) -> bool {
    let (fan, rest) = object.split_at(2);
    common_dir(repo).join("objects").join(fan).join(rest).exists()
}

/// Returns the versions of the registry that are loose objects.
fn loose(repo: &Repo) -> Vec<String> {
    versions(repo).into_iter().filter(|version| is_loose(repo, version)).collect()
}

/// Returns the files in the directory of packs with this extension.
fn packs(repo: &Repo, extension: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(common_dir(repo).join("objects/pack")).expect("readable");
    let files = entries.flatten().map(|entry| entry.path());
    files.filter(|file| file.extension().is_some_and(|it| it == extension)).collect()
}

/// Runs the process that packs, in the foreground.
fn pack(repo: &Repo) {
    pack_with(repo, "").ok().done();
}

fn pack_with<'r>(repo: &'r Repo, options: &str) -> crate::common::Output<'r> {
    let mut args = "hook pack-registry".list();
    args.push(common_dir(repo).into());
    args.extend(options.list());
    repo.idhooks(args)
}

/// Returns whether a process that packs has been started in this repository and has not ended. It
/// may not have taken its lock yet, and trying the lock could keep it from doing so.
fn is_packing(repo: &Repo) -> bool {
    let dir = resolve_path(&common_dir(repo)).expect("a directory");
    let processes = std::fs::read_dir("/proc").expect("readable").flatten();
    processes.map(|process| process.path()).any(|process| {
        let command = std::fs::read(process.join("cmdline")).unwrap_or_default();
        command.split(|byte| *byte == 0).any(|word| word == b"pack-registry")
            && process.join("cwd").read_link().is_ok_and(|cwd| cwd == dir)
    })
}

/// Waits until something is so.
#[track_caller]
fn until(repo: &Repo, what: &str, mut holds: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !holds() {
        assert!(begin.elapsed() < Duration::from_secs(120), "{what}\n{}", repo.situation());
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Asserts that nothing is missing or damaged and that no lock and no unfinished file is left.
fn assert_whole(repo: &Repo) {
    repo.run("fsck --strict --no-dangling --no-progress");
    judge::assert_all_consistent(repo);
    assert_eq!(unfinished(&common_dir(repo).join("objects")), [""; 0]);
}

/// Returns the names of unfinished files and directories of packing.
fn unfinished(objects: &Path) -> Vec<String> {
    let names = |dir: &Path| {
        let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect::<Vec<_>>()
    };
    let all = [names(objects), names(&objects.join("pack"))].concat();
    all.into_iter().filter(|name| name.starts_with("tmp_") || name.ends_with(".lock")).collect()
}
