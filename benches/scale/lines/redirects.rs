//! `idhooks export --format redirects`: a file for a server against listing a commit, and a page for
//! each identity against copying these pages.

use std::fs;

use anyhow::{Context, Result};

use super::Subject;
use crate::report::Line;
use crate::rounds::Contender;

pub(super) fn measure(subject: &Subject<'_>) -> Result<()> {
    let (file, pages) = (subject.line("redirects for nginx"), subject.line("redirects as pages"));
    if file.is_none() && pages.is_none() {
        return Ok(());
    }
    let (sandbox, repository) = (&subject.bench.sandbox, subject.adopted()?);
    repository.git("remote add origin https://github.com/team/docs.git")?;
    let dir = &repository.dir;
    let [made, copied] = ["redirects", "copied"].map(|name| sandbox.path(name));
    let clear = || -> Result<()> {
        for dir in [&made, &copied].into_iter().filter(|dir| dir.exists()) {
            fs::remove_dir_all(dir)?;
        }
        Ok(())
    };
    let program = sandbox.idhooks_path().as_os_str().to_owned();
    let export = |form: &str| {
        let words = ["export", "--format", "redirects", "--form", form, "--output"];
        let words = words.map(Into::into).into_iter();
        [program.clone()].into_iter().chain(words).chain([made.clone().into_os_string()])
    };
    if let Some(name) = file {
        let listed = "git ls-tree -r HEAD >.git/listed";
        let contenders = [
            Contender::new("git ls-tree -r >file", dir, ["sh", "-c", listed]),
            Contender::new("idhooks", dir, export("nginx")).before(clear),
        ];
        let figures = subject.bench.measure(&name, subject.rounds(), &contenders)?;
        subject.bench.add(Line::ratio(&name, figures, None));
    }
    if let Some(name) = pages {
        let source = sandbox.path("pages");
        clear()?;
        let place = source.to_str().context("a plain path")?;
        repository.idhooks(&format!("export --format redirects --form pages --output {place}"))?;
        let words =
            ["cp".into(), "-r".into(), source.clone().into_os_string(), copied.clone().into()];
        let contenders = [
            Contender::new("cp -r", dir, words).before(clear),
            Contender::new("idhooks", dir, export("pages")).before(clear),
        ];
        // Each round makes and removes as many files as there are identities.
        let figures = subject.bench.measure(&name, 3, &contenders)?;
        fs::remove_dir_all(&source)?;
        subject.bench.add(Line::ratio(&name, figures, subject.large(1.5)));
    }
    clear()?;
    repository.git("remote remove origin")?;
    Ok(())
}
