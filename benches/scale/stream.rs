//! The repositories, written for `git fast-import`.

use std::io::{self, Write};

use crate::repository::Kind;
use crate::seed::{content, large_dir, path};

/// Returns the path of a file under another name.
fn other_path(number: u32, name: &str) -> String {
    path(number).replace("/file", &format!("/{name}"))
}

/// The commit that everything begins with.
pub(crate) const BASE: &str = "refs/bench/base";

/// Writes a repository for `git fast-import`: `main`, and a commit after it for each
/// change.
pub(crate) fn write(files: u32, out: &mut impl Write) -> io::Result<()> {
    write_commit(out, "refs/heads/main", "")?;
    for number in 0..files {
        write_file(out, &path(number), &content(number, 0))?;
    }
    // `main` goes on when the repository is adopted.
    write!(out, "reset {BASE}\nfrom refs/heads/main\n\n")?;
    for kind in Kind::ALL.into_iter().filter(|kind| kind.fits(files)) {
        write_commit(out, &kind.reference(), "from refs/heads/main\n")?;
        write_change(files, kind, out)?;
    }
    writeln!(out, "done")
}

fn write_commit(out: &mut impl Write, name: &str, from: &str) -> io::Result<()> {
    let who = "Bench <bench@example.org> 1700000000 +0000";
    write!(out, "commit {name}\nauthor {who}\ncommitter {who}\ndata 5\nfiles\n{from}")
}

fn write_file(out: &mut impl Write, path: &str, content: &str) -> io::Result<()> {
    write!(out, "M 100644 inline {path}\ndata {}\n{content}\n", content.len())
}

fn write_change(files: u32, kind: Kind, out: &mut impl Write) -> io::Result<()> {
    if kind == Kind::Moved {
        return writeln!(out, "R {} moved/all", large_dir(0));
    }
    let counts = kind.counts();
    let steps = counts.renamed + counts.added + counts.modified + counts.deleted;
    let mut numbers = (0..steps).map(|step| step * (files / steps));
    for number in numbers.by_ref().take(counts.renamed as usize) {
        writeln!(out, "D {}", path(number))?;
        write_file(out, &other_path(number, "renamed"), &content(number, 2))?;
    }
    for number in numbers.by_ref().take(counts.added as usize) {
        write_file(out, &other_path(number, "added"), &content(number + files, 0))?;
    }
    for number in numbers.by_ref().take(counts.modified as usize) {
        write_file(out, &path(number), &content(number, 2))?;
    }
    for number in numbers {
        writeln!(out, "D {}", path(number))?;
    }
    Ok(())
}
