//! A world whose history is written anew: a directory that is renamed or left out in all commits, a branch without
//! parents, and all commits as one, with files that moved in it.

use std::collections::BTreeSet;

use crate::judge::View;
use crate::simulator::guesses::origin;
use crate::simulator::team::Outcome;

use super::births::{self, births};
use super::yard::{Place, Yard};

/// How the history is written anew.
#[derive(Debug, Clone, Copy)]
enum Way {
    DirectoryRenamed,
    DirectoryLeftOut,
    Orphan,
    Squashed,
}

/// One clone.
pub(super) fn run(yard: &mut Yard<'_>) -> Outcome {
    let ann = yard.copy("hooked", "ann");
    let ann = Place { repo: ann.repo.with("FILTER_BRANCH_SQUELCH_WARNING", "1"), ..ann };
    let mut left_out = BTreeSet::new();
    for _ in 0..3 {
        for _ in 0..yard.dice.roll(4) {
            births::change(yard, &ann)?;
            let has_hooks = yard.dice.roll(3) > 0;
            births::commit(yard, &ann, has_hooks)?;
        }
        births::commit(yard, &ann, true)?;
        let view = View::of(&ann.repo, "HEAD");
        let before = births(&ann);
        let ways = [Way::DirectoryRenamed, Way::DirectoryLeftOut, Way::Orphan, Way::Squashed];
        let way = *yard.dice.choose(&ways);
        let has_hooks = yard.dice.roll(2) == 0;
        left_out.extend(rewrite(yard, &ann, way, has_hooks)?);
        let open = &unknown(yard, &ann, &view) | &left_out;
        yard.judge.counts.note(&format!("histories written anew: {way:?}"));
        for _ in 0..yard.dice.roll(3) {
            births::change(yard, &ann)?;
            births::commit(yard, &ann, false)?;
        }
        births::commit(yard, &ann, true)?;
        births::kept(&before, &births(&ann), &open)?;
        // A first commit with hooks has the records of its files.
        let is_new = matches!(way, Way::Orphan) && has_hooks;
        births::sound(yard, &ann, Some(&view).filter(|_| !is_new))?;
    }
    Ok(())
}

/// Writes the history anew; returns the births that were in a directory which is left out.
fn rewrite(
    yard: &mut Yard<'_>,
    place: &Place,
    way: Way,
    has_hooks: bool,
) -> Outcome<BTreeSet<String>> {
    match way {
        Way::DirectoryRenamed => {
            let (from, to) = (folder(yard, place), format!("moved-{}", yard.next()));
            let filter = format!(
                "git ls-files -s | sed 's|\t{from}/|\t{to}/|' | \
                 GIT_INDEX_FILE=$GIT_INDEX_FILE.new git update-index --index-info && \
                 mv \"$GIT_INDEX_FILE.new\" \"$GIT_INDEX_FILE\""
            );
            filter_branch(yard, place, &filter)?;
        }
        Way::DirectoryLeftOut => {
            let folder = folder(yard, place);
            let objects = yard.ask(place, &["rev-list", "--objects", "HEAD", "--", &folder]);
            let blobs = objects.lines().filter_map(|line| line.split_once(' '));
            let blobs = blobs.filter(|(_, path)| path.contains('.'));
            let births = blobs.filter_map(|(blob, _)| birth_of(yard, place, blob)).collect();
            let filter = format!("git rm -r -q --cached --ignore-unmatch {folder}");
            filter_branch(yard, place, &filter)?;
            return Ok(births);
        }
        Way::Orphan => {
            yard.must(place, &["checkout", "-q", "--orphan", "orphan"])?;
            move_some(yard, place)?;
            births::commit(yard, place, has_hooks)?;
            yard.must(place, &["branch", "-q", "-M", "main"])?;
        }
        Way::Squashed => {
            move_some(yard, place)?;
            births::commit(yard, place, false)?;
            let root = yard.must(place, &["commit-tree", "HEAD^{tree}", "-m", "all"])?;
            yard.must(place, &["reset", "-q", "--hard", root.trim()])?;
        }
    }
    Ok(BTreeSet::new())
}

/// Returns the birth in a blob.
fn birth_of(yard: &Yard<'_>, place: &Place, blob: &str) -> Option<String> {
    births::birth_in(&yard.ask(place, &["cat-file", "blob", blob]))
}

/// Returns a top directory with files.
fn folder(yard: &mut Yard<'_>, place: &Place) -> String {
    let files = yard.files(place);
    let folders: BTreeSet<&str> =
        files.iter().filter_map(|file| Some(file.split_once('/')?.0)).collect();
    let folders: Vec<&str> = folders.into_iter().collect();
    (*yard.dice.choose(&folders)).to_owned()
}

fn filter_branch(yard: &mut Yard<'_>, place: &Place, filter: &str) -> Outcome {
    yard.must(place, &["filter-branch", "-f", "--index-filter", filter, "HEAD"])?;
    yard.must(place, &["reset", "-q", "--hard"])?;
    Ok(())
}

fn move_some(yard: &mut Yard<'_>, place: &Place) -> Outcome {
    for _ in 0..yard.dice.roll(4) {
        let files = yard.files(place);
        let (file, to) = (yard.dice.choose(&files).clone(), yard.free_path());
        yard.move_file(place, &file, &to)?;
    }
    Ok(())
}

/// Returns the births of the files that moved in the first commit with other content than they began with: it
/// has no parent, so that nothing shows which files they were. `before` is the last commit that was not written
/// anew.
fn unknown(yard: &Yard<'_>, place: &Place, before: &View) -> BTreeSet<String> {
    let root = yard.ask(place, &["rev-list", "--max-parents=0", "HEAD"]);
    let view = View::of(&place.repo, &root);
    let own = view.records.iter().filter(|one| before.records.iter().any(|it| it.id == one.id));
    let records: Vec<_> = own.chain(&before.records).filter(|record| record.active).collect();
    let is_known = |path: &[u8], blob: &str| {
        records.iter().any(|it| it.path == path || it.origin == origin(&it.path, blob))
    };
    let files = view.tree.iter().filter(|(path, file)| !is_known(path, &file.blob));
    files.filter_map(|(_, file)| birth_of(yard, place, &file.blob)).collect()
}
