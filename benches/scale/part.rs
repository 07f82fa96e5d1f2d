//! What the library does for a line, in a process of its own: `--part <name> <argument>…`.
//!
//! One function per line, so that a faster way through the library has one place to go to.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use idhooks_core::config::RenamePolicy;
use idhooks_core::registry::{Change, PartialRegistry, RepoPath, Splice};
use idhooks_core::rename::{Pair, pair};
use idhooks_repo::git::Repo;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha1::{Digest, Sha1};

/// What makes this program do one of the parts.
pub(crate) const WORD: &str = "--part";

/// How many records [`edit`] and [`edit_by_serde`] edit.
pub(crate) const EDITS: usize = 50;
/// What they append to the path of a record.
pub(crate) const EDITED: &str = ".edited";

/// Does the part that `args` name.
pub(crate) fn run(args: &[OsString]) -> Result<ExitCode> {
    let words: Vec<&str> = args.iter().filter_map(|word| word.to_str()).collect();
    match words[..] {
        ["changes", dir] => {
            let lines = find_changes(Path::new(dir))?;
            print!("{}", lines.concat());
        }
        ["floor", dir] => pass_through(Path::new(dir))?,
        ["stage", dir, path, blob] => stage(Path::new(dir), path, blob)?,
        ["edit", file] => {
            let source = File::open(file)?;
            edit(&source)?.put(&source, io::sink())?;
        }
        ["edit", file, result] => {
            let source = File::open(file)?;
            edit(&source)?.put(&source, File::create(result)?)?;
        }
        ["serde", file] => drop(edit_by_serde(&fs::read(file)?)?),
        ["serde", file, result] => fs::write(result, edit_by_serde(&fs::read(file)?)?)?,
        _ => bail!("no such part: {words:?}"),
    }
    Ok(ExitCode::SUCCESS)
}

/// Does only what any program that adds a record to a registry and stages it cannot avoid: reads,
/// hashes and writes the registry and the index, and copies a compressed registry without
/// compressing anything. Each file is replaced atomically.
fn pass_through(dir: &Path) -> Result<()> {
    let git = dir.join(".git");
    // Nothing was kept to be copied if the registry is short.
    let kept = fs::read_dir(git.join("idhooks/cache/last-registry")).ok();
    let kept = kept.and_then(|mut files| files.next()).transpose()?.map(|file| file.path());
    let hashed = [dir.join(".idhooks/registry.json"), git.join("index")].map(|file| (file, true));
    for (from, is_hashed) in hashed.into_iter().chain(kept.map(|file| (file, false))) {
        let name = from.file_name().context("a file")?;
        let [temp, to] = ["new", "old"].map(|kind| git.join(kind).with_extension(name));
        let mut from = File::open(&from)?;
        let (mut sum, mut out) = (Sha1::new(), File::create(&temp)?);
        let mut piece = vec![0; 128 << 10];
        loop {
            let length = from.read(&mut piece)?;
            if length == 0 {
                break;
            }
            if is_hashed {
                sum.update(&piece[..length]);
            }
            out.write_all(&piece[..length])?;
        }
        fs::rename(temp, to)?;
        std::hint::black_box(sum.finalize());
    }
    Ok(())
}

/// Finds and pairs what differs between HEAD and the index; returns lines as those of
/// `git diff --name-status`.
fn find_changes(dir: &Path) -> Result<Vec<String>> {
    let repo = Repo::open(dir)?;
    let head = repo.head()?.context("a commit")?;
    let old = repo.commit(head)?.tree;
    let glance = repo.peek(&repo.index_file())?.context("an index of a plain form")?;
    let changes = repo.changes(old, glance.root)?;
    Ok(name_status(&repo, &changes))
}

fn name_status(repo: &Repo, changes: &[Change]) -> Vec<String> {
    let pairs = pair(changes, repo, &RenamePolicy::default());
    let mut gone: Vec<&RepoPath> = pairs.renames.iter().map(|pair| &pair.from).collect();
    gone.sort_unstable();
    let mut gone = gone.into_iter().peekable();
    // All of it is in the order of paths.
    let (mut renames, mut copies) =
        (pairs.renames.iter().peekable(), pairs.copies.iter().peekable());
    let line = |change: &Change| {
        let path = &change.path;
        let paired = |letter: char, Pair { from, similarity, .. }: &Pair| {
            format!("{letter}{similarity:03}\t{from}\t{path}\n")
        };
        let is_gone = gone.next_if(|gone| *gone == path).is_some();
        let rename = renames.next_if(|pair| pair.to == *path);
        match (change.old, rename, copies.next_if(|pair| pair.to == *path)) {
            (Some(_), ..) if change.new.is_some() => Some(format!("M\t{path}\n")),
            (Some(_), ..) => (!is_gone).then(|| format!("D\t{path}\n")),
            (None, Some(rename), _) => Some(paired('R', rename)),
            (None, None, Some(copy)) => Some(paired('C', copy)),
            (None, None, None) => Some(format!("A\t{path}\n")),
        }
    };
    changes.iter().filter_map(line).collect()
}

/// Makes one path of the index hold a blob.
fn stage(dir: &Path, path: &str, blob: &str) -> Result<()> {
    let repo = Repo::open(dir)?;
    repo.stage_written(&repo.index_file(), &[(path, blob.parse()?, true)], None)?;
    Ok(())
}

/// Edits some records of a registry, and returns what becomes of it.
fn edit(source: &File) -> Result<Splice> {
    // About as many as there are: a record takes some 160 bytes.
    let records = usize::try_from(source.metadata()?.len())? / 160;
    let (step, mut n, mut edits) = ((records / EDITS / 2).max(1), 0, 0);
    let excerpt = PartialRegistry::of(source, |_| {
        n += 1;
        let is_one = n % step == 0 && edits < EDITS;
        edits += usize::from(is_one);
        is_one
    });
    let excerpt = excerpt.context("a registry in canonical form")?;
    let mut registry = excerpt.registry();
    for record in &mut registry.allocations {
        let path = [record.path.as_bytes(), EDITED.as_bytes()].concat();
        record.path = RepoPath::new(path)?;
    }
    excerpt.with(&registry).context("the same records")
}

/// A registry as any program would declare it.
#[derive(Deserialize, Serialize)]
struct Plain {
    schema_version: String,
    scope: String,
    counters: Value,
    metadata: Value,
    allocations: Vec<PlainRecord>,
}

#[derive(Deserialize, Serialize)]
struct PlainRecord {
    id: String,
    file_path: String,
    allocated_at: String,
    status: String,
    metadata: Value,
}

/// Does what [`edit`] does with serde_json.
fn edit_by_serde(bytes: &[u8]) -> Result<String> {
    let mut registry: Plain = serde_json::from_slice(bytes)?;
    let step = registry.allocations.len() / EDITS;
    for record in registry.allocations.iter_mut().step_by(step.max(1)).take(EDITS) {
        record.file_path += EDITED;
    }
    Ok(serde_json::to_string(&registry)?)
}
