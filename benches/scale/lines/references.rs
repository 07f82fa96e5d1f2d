//! `idhooks refs`: against `git grep` for the text that references begin with.

use std::fs;

use anyhow::Result;

use super::Subject;
use crate::report::Line;
use crate::rounds::Contender;

/// What the search has found in each file.
const CACHE: &str = ".git/idhooks/cache/references";

pub(super) fn measure(subject: &Subject<'_>) -> Result<()> {
    let lines = [("refs, nothing cached", 1.2), ("refs, all files cached", 0.1)];
    for (what, target) in lines {
        let Some(name) = subject.line(what) else { continue };
        let (sandbox, repository) = (&subject.bench.sandbox, subject.adopted()?);
        let dir = &repository.dir;
        let is_cached = what.ends_with("all files cached");
        let prepare = || -> Result<()> {
            let cache = dir.join(CACHE);
            if !is_cached && cache.exists() {
                fs::remove_file(cache)?;
            }
            Ok(())
        };
        repository.idhooks("refs")?;
        // Without a match, git fails.
        let grep = "git grep --cached -c -F idhooks: >.git/found || :";
        let program = sandbox.idhooks_path().as_os_str();
        let contenders = [
            Contender::new("git grep --cached", dir, ["sh", "-c", grep]),
            Contender::new("idhooks", dir, [program, "refs".as_ref()]).before(prepare),
        ];
        let figures = subject.bench.measure(&name, subject.rounds(), &contenders)?;
        subject.bench.add(Line::ratio(&name, figures, subject.large(target)));
    }
    Ok(())
}
