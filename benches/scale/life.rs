//! A repository in which people have worked: commit after commit of typical shape.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use anyhow::{Context, Result, bail};

use crate::repository::{Counts, Repository};
use crate::seed;

/// A file that exists.
#[derive(Clone)]
struct LiveFile {
    path: String,
    number: u32,
    edits: u32,
}

/// A repository whose commits follow each other.
#[derive(Clone)]
pub(crate) struct Life<'a, 'b> {
    repository: &'a Repository<'b>,
    files: Vec<LiveFile>,
    /// How many commits were staged.
    staged: u32,
    /// The number of the next new file.
    next: u32,
}

impl<'a, 'b> Life<'a, 'b> {
    /// Begins with the checked out files of a repository as it was built.
    pub(crate) fn new(repository: &'a Repository<'b>) -> Self {
        let file = |number| LiveFile { path: seed::path(number), number, edits: 0 };
        let files = (0..repository.files).map(file).collect();
        Life { repository, files, staged: 0, next: repository.files }
    }

    /// Returns the same life on another branch, where the next changes are other ones.
    pub(crate) fn elsewhere(&self) -> Self {
        let mut other = self.clone();
        other.staged += 10_000;
        other.next += 10_000;
        other
    }

    /// Returns how many files there are.
    pub(crate) fn len(&self) -> u32 {
        u32::try_from(self.files.len()).unwrap_or(u32::MAX)
    }

    /// Makes the next change in the working tree, spread over all files, and stages it as git
    /// leaves the index for the pre-commit hook.
    pub(crate) fn stage(&mut self, counts: Counts) -> Result<()> {
        self.staged += 1;
        let steps = counts.renamed + counts.modified + counts.deleted;
        let mut touched = Vec::new();
        if let Some(stride) = self.len().checked_div(steps) {
            let start = (seed::mixed(u64::from(self.staged)) % u64::from(self.len())) as u32;
            let mut places: Vec<usize> =
                (0..steps).map(|step| ((start + step * stride) % self.len()) as usize).collect();
            let (renamed, rest) = places.split_at(counts.renamed as usize);
            let (modified, deleted) = rest.split_at(counts.modified as usize);
            for place in renamed {
                self.rename(*place, &mut touched)?;
            }
            for place in renamed.iter().chain(modified) {
                let file = &mut self.files[*place];
                file.edits += 2;
                write(self.repository, file)?;
                touched.push(file.path.clone());
            }
            for place in deleted {
                let file = &self.files[*place];
                fs::remove_file(self.repository.path(&file.path))?;
                touched.push(file.path.clone());
            }
            places.drain(..(counts.renamed + counts.modified) as usize);
            places.sort_unstable();
            for place in places.into_iter().rev() {
                self.files.swap_remove(place);
            }
        }
        for _ in 0..counts.added {
            let file = LiveFile { path: seed::path(self.next), number: self.next, edits: 0 };
            self.next += 1;
            write(self.repository, &file)?;
            touched.push(file.path.clone());
            self.files.push(file);
        }
        self.add(&touched)
    }

    /// Gives a file another name in its directory.
    fn rename(&mut self, place: usize, touched: &mut Vec<String>) -> Result<()> {
        let file = &mut self.files[place];
        let (dir, name) = file.path.rsplit_once('/').context("a directory")?;
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        let path = format!("{dir}/moved{:04}n{:07}.{extension}", self.staged, file.number);
        fs::remove_file(self.repository.path(&file.path))?;
        touched.push(std::mem::replace(&mut file.path, path));
        Ok(())
    }

    /// Stages these paths.
    fn add(&self, paths: &[String]) -> Result<()> {
        let repository = self.repository;
        let mut command = repository.sandbox.command("git", &repository.dir);
        command.args(["update-index", "--add", "--remove", "-z", "--stdin"]);
        let mut child = command.stdin(Stdio::piped()).spawn()?;
        let mut pipe = child.stdin.take().context("a pipe to git")?;
        pipe.write_all(paths.join("\0").as_bytes())?;
        drop(pipe);
        if !child.wait()?.success() {
            bail!("git update-index failed");
        }
        repository.git("write-tree").map(drop)
    }
}

fn write(repository: &Repository<'_>, file: &LiveFile) -> Result<()> {
    let path = repository.path(&file.path);
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir)?;
    }
    Ok(fs::write(path, seed::content(file.number, file.edits))?)
}
