//! The hook alone, called as git calls it, in an index without a working tree: its memory, and
//! its time as more and more is added.

use anyhow::Result;

use super::Subject;
use crate::report::Line;
use crate::repository::Kind;
use crate::rounds::Contender;
use crate::staged::Staged;

/// What is added.
const ADDITIONS: [Kind; 4] = [Kind::Added, Kind::Hundred, Kind::Thousand, Kind::Myriad];

pub(super) fn measure(subject: &Subject<'_>) -> Result<()> {
    if let Some(name) = subject.line("memory of the hook, 70 changed") {
        let line = measure_one(subject, &name, Kind::Many)?;
        subject.bench.add(Line::memory(&name, line.contenders, Some(subject.memory())));
    }
    for kind in ADDITIONS.into_iter().filter(|kind| kind.fits(subject.files)) {
        if let Some(name) = subject.line(&format!("hook process, {}", kind.title())) {
            subject.bench.add(measure_one(subject, &name, kind)?);
        }
    }
    Ok(())
}

fn measure_one(subject: &Subject<'_>, name: &str, kind: Kind) -> Result<Line> {
    let (sandbox, repository) = (&subject.bench.sandbox, subject.adopted()?);
    let staged = Staged::in_index(repository, kind)?;
    let words = ["hook", "pre-commit"].map(AsRef::as_ref);
    let program = sandbox.idhooks_path().as_os_str();
    let diff = ["git", "diff", "--cached", "--name-status", "-M", "-C"];
    let diff = Contender::new("git diff -M -C", &repository.dir, diff);
    let hook = Contender::new("idhooks", &repository.dir, [program].into_iter().chain(words))
        .compared()
        .before(|| staged.restore())
        .after(|| staged.assert_registry("", true));
    let figures = subject.bench.measure(name, 3, &[diff, hook])?;
    let tree = repository.git("write-tree")?;
    staged.assert_true(&tree_commit(repository, &tree)?)?;
    staged.restore()?;
    Ok(Line::ratio(name, figures, None))
}

/// Returns a commit of a tree, after HEAD.
fn tree_commit(repository: &crate::repository::Repository<'_>, tree: &str) -> Result<String> {
    repository.git(&format!("commit-tree -p HEAD -m hook {tree}"))
}
