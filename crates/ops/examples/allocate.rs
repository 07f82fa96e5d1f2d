//! Adopts the repository in the current directory, and allocates identities for the files named as
//! arguments.

use std::io::{Write, stdout};
use std::path::Path;

use idhooks_ops::{AllocateOptions, InitOptions, Notice, allocate, init, open_to_change};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut notices: Vec<Notice> = Vec::new();
    let repo = open_to_change(Path::new("."))?;
    init(&mut notices, &repo, &InitOptions::default())?;
    let files = std::env::args_os().skip(1).map(Into::into).collect();
    let options = AllocateOptions { files, if_missing: true, ..AllocateOptions::default() };
    for (path, id) in allocate(&mut notices, &repo, &options)?.ids {
        writeln!(stdout(), "{id} {path}")?;
    }
    Ok(())
}
