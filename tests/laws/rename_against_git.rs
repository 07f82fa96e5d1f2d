//! Pairs compared with those of real git, and the differences that are meant.
//!
//! Any repository can be compared as a whole, every commit with each of its parents, with the
//! git that is the first on `PATH`; the numbers that `docs/design.md` has come from this:
//!
//! ```sh
//! IDHOOKS_RENAME_REPO=/path/to/repo.git \
//!     cargo test --locked --test suite every_commit -- --ignored --nocapture
//! ```

mod diffs;
mod git;
mod reasons;
mod scenario;

use self::git::{Memory, Repo, counts_last_line};
use self::reasons::{Reason, Report};
use self::scenario::Kind::{self, File, Link};
use self::scenario::{Files, Generator, Random, Scenario};
use idhooks_core::config::RenamePolicy;
use idhooks_core::registry::{Change, Tree};
use idhooks_core::rename::{Pair, Pairs, pair};

/// Thresholds and limits in turn; most are the defaults.
const VARIANTS: [(u8, usize); 8] =
    [(50, 1000), (50, 1000), (50, 0), (30, 1000), (75, 1000), (50, 2), (90, 4), (100, 1000)];

fn scenarios(seed: u64, count: usize, make: fn(&mut Generator) -> Scenario) -> Vec<Scenario> {
    let mut generator = Generator { random: Random(seed), open_ends: counts_last_line() };
    (0..count).map(|_| make(&mut generator)).collect()
}

fn store(scenarios: &[Scenario]) -> (Repo, Vec<Tree>) {
    let trees: Vec<&Files> = scenarios.iter().flat_map(|s| [&s.old, &s.new]).collect();
    Repo::new(&trees)
}

fn shown(letter: char, pairs: &[Pair]) -> Vec<String> {
    let line = |p: &Pair| format!("{letter}{:03} {} {}", p.similarity, p.from, p.to);
    let mut lines: Vec<String> = pairs.iter().map(line).collect();
    lines.sort();
    lines
}

fn found(old: &Tree, new: &Tree, blobs: &Memory, similarity: u8, limit: usize) -> Pairs {
    let options = RenamePolicy { similarity, limit, ..RenamePolicy::default() };
    pair(&Change::between(old, new), blobs, &options)
}

#[test]
fn finds_the_renames_of_git() {
    let scenarios = scenarios(1, 400, Generator::moves);
    let (repo, trees) = store(&scenarios);
    let mut total = 0;
    for number in 0..scenarios.len() {
        let (similarity, limit) = VARIANTS[number % VARIANTS.len()];
        let (old, new) = (2 * number, 2 * number + 1);
        // Above the limit, the index finds what git finds without one.
        let flags = [format!("-M{similarity}%"), "-l0".to_owned()];
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        let expected = repo.diff(&flags, old, new);
        let pairs = found(&trees[old], &trees[new], &repo.blobs, similarity, limit);
        assert_eq!(shown('R', &pairs.renames), expected, "scenario {number} {flags:?}");
        total += expected.len();
    }
    assert!(total > 1500, "the scenarios have become too tame: {total} renames");
}

#[test]
fn finds_the_renames_of_the_index() {
    let scenarios = scenarios(2, 40, Generator::moves);
    let (repo, trees) = store(&scenarios);
    for number in 0..scenarios.len() {
        let (old, new) = (2 * number, 2 * number + 1);
        let expected = repo.diff_cached(&["-M50%", "-l1000"], old, new);
        let pairs = found(&trees[old], &trees[new], &repo.blobs, 50, 1000);
        assert_eq!(shown('R', &pairs.renames), expected, "scenario {number}");
    }
}

#[test]
fn finds_the_copies_of_git_where_nothing_was_renamed() {
    let scenarios = scenarios(3, 150, Generator::copies);
    let (repo, trees) = store(&scenarios);
    let mut total = 0;
    for number in 0..scenarios.len() {
        let (old, new) = (2 * number, 2 * number + 1);
        let expected = repo.diff(&["-C50%", "-l1000"], old, new);
        let pairs = found(&trees[old], &trees[new], &repo.blobs, 50, 1000);
        assert!(pairs.renames.is_empty());
        assert_eq!(shown('C', &pairs.copies), expected, "scenario {number}");
        total += expected.len();
    }
    assert!(total > 200, "the scenarios have become too tame: {total} copies");
}

/// Makes some files nearly empty, the same ones in every tree.
fn shrink(files: &mut Files) {
    for (_, content) in files.values_mut() {
        if content.len() % 3 == 0 {
            content.truncate(24);
        }
    }
}

#[test]
fn every_difference_has_a_reason() {
    let mut scenarios = scenarios(4, 120, Generator::moves);
    scenarios.extend(self::scenarios(5, 40, Generator::copies));
    for scenario in scenarios.iter_mut().step_by(4) {
        shrink(&mut scenario.old);
        shrink(&mut scenario.new);
    }
    let (repo, _) = store(&scenarios);
    let mut report = Report::default();
    for diff in repo.diffs(scenarios.len()) {
        report.add(&diff, &repo.blobs, counts_last_line());
    }
    assert!(report.unexplained.is_empty(), "{report}");
    for reason in [Reason::NearlyEmpty, Reason::WhichIsTheRename, Reason::CopyFirst] {
        assert!(report.differing.contains_key(&reason), "{reason:?} is untested\n{report}");
    }
}

#[test]
#[ignore = "needs IDHOOKS_RENAME_REPO=<repository>"]
#[expect(clippy::print_stdout, reason = "the numbers are what it is run for")]
fn every_commit_of_a_repository() {
    let dir = std::env::var_os("IDHOOKS_RENAME_REPO").expect("IDHOOKS_RENAME_REPO is set");
    let dir = std::path::Path::new(&dir);
    let repo = idhooks_repo::git::Repo::open_to_read(dir).expect("a repository");
    let (pairs, commits, merges) = diffs::all_commits(dir);
    let mut report = Report::default();
    for diff in diffs::diffs(dir, &pairs) {
        report.add(&diff, &repo, counts_last_line());
    }
    println!("{commits} commits, {merges} merges, {report}");
    assert!(report.unexplained.is_empty(), "see above");
}

/// A case by hand, with what git says of it.
struct Case {
    repo: Repo,
    trees: Vec<Tree>,
}

impl Case {
    fn new(old: &[(&str, Kind, &str)], new: &[(&str, Kind, &str)]) -> Self {
        let files = |list: &[(&str, Kind, &str)]| -> Files {
            let file = |(path, kind, content): &(&str, Kind, &str)| {
                ((*path).to_owned(), (*kind, content.as_bytes().to_vec()))
            };
            list.iter().map(file).collect()
        };
        let (repo, trees) = Repo::new(&[&files(old), &files(new)]);
        Case { repo, trees }
    }

    fn git(&self, limit: usize) -> Vec<String> {
        self.repo.diff(&["-M50%", &format!("-l{limit}")], 0, 1)
    }

    fn pairs(&self, limit: usize) -> Pairs {
        found(&self.trees[0], &self.trees[1], &self.repo.blobs, 50, limit)
    }

    fn renames(&self, limit: usize) -> Vec<String> {
        shown('R', &self.pairs(limit).renames)
    }
}

/// Returns ten lines, `edited` of them different from those of `text(0)`.
fn text(edited: usize) -> String {
    (0..10).map(|n| format!("line {} {n}\n", if n < edited { "x" } else { "y" })).collect()
}

#[test]
fn differs_for_nearly_empty_files_with_unrelated_names() {
    let old = [("a/__init__.py", File, ""), ("a/one.txt", File, "a few bytes\n")];
    let case = Case::new(&old, &[("b/style.css", File, ""), ("b/two.txt", File, "a few bytes\n")]);
    let expected = ["R100 a/__init__.py b/style.css", "R100 a/one.txt b/two.txt"];
    assert_eq!(case.git(1000), expected);
    assert_eq!(case.renames(1000), [""; 0]);

    let case = Case::new(&old, &[("b/__init__.py", File, ""), ("b/one.md", File, "a few bytes\n")]);
    let expected = ["R100 a/__init__.py b/__init__.py", "R100 a/one.txt b/one.md"];
    assert_eq!(case.git(1000), expected);
    assert_eq!(case.renames(1000), expected);

    let case = Case::new(
        &[("a", File, "one\ntwo\nthree\nfour\n"), ("c", File, "one\ntwo\nthree\nfive\n")],
        &[("b", File, "one\ntwo\nthree\nfour\nsix\n"), ("c.old", File, "one\ntwo\nthree\nsix\n")],
    );
    assert_eq!(case.git(1000), ["R073 c c.old", "R082 a b"]);
    assert_eq!(case.renames(1000), ["R073 c c.old"]);
}

#[test]
fn differs_for_a_blob_not_at_hand() {
    let equal = text(9);
    let mut case = Case::new(
        &[("a", File, &text(0)), ("c", File, &equal)],
        &[("b", File, &text(1)), ("d", File, &equal)],
    );
    assert_eq!(case.git(1000), ["R090 a b", "R100 c d"]);
    assert_eq!(case.renames(1000), case.git(1000));
    case.repo.blobs = Memory::default();
    assert_eq!(case.renames(1000), ["R100 c d"]);
}

#[test]
fn finds_above_git_s_limit_what_git_finds_without_it() {
    let (one, two, six) = (text(1), text(2), text(6));
    let case = Case::new(
        &[("a/named", File, &text(0)), ("a/x", File, &six), ("l/x", Link, "x"), ("p", File, &two)],
        &[("b/named", File, &one), ("b/y", File, &text(7)), ("q", File, &two)],
    );
    assert_eq!(case.git(1), ["R090 a/named b/named", "R100 p q"]);
    for limit in [0, 1, 2] {
        assert_eq!(case.git(0), ["R090 a/named b/named", "R090 a/x b/y", "R100 p q"]);
        assert_eq!(case.renames(limit), case.git(0));
        assert_eq!(case.pairs(limit).skipped, None);
    }
}

#[test]
fn finds_the_renames_of_git_by_its_index() {
    let mut scenarios = scenarios(6, 150, Generator::moves);
    scenarios.extend(self::scenarios(7, 30, Generator::crowds));
    let (repo, trees) = store(&scenarios);
    let mut total = 0;
    for number in 0..scenarios.len() {
        let (similarity, _) = VARIANTS[number % VARIANTS.len()];
        let (old, new) = (2 * number, 2 * number + 1);
        let flag = format!("-M{similarity}%");
        let expected = repo.diff(&[&flag, "-l0"], old, new);
        let pairs = found(&trees[old], &trees[new], &repo.blobs, similarity, 1);
        assert_eq!(shown('R', &pairs.renames), expected, "scenario {number} {flag}");
        total += expected.len();
    }
    assert!(total > 1500, "the scenarios have become too tame: {total} renames");
}

#[test]
fn takes_no_part_of_a_type_change() {
    let case = Case::new(&[("a", File, &text(0))], &[("a", Link, "b"), ("b", File, &text(0))]);
    assert_eq!(case.git(1000), [""; 0]);
    let pairs = case.pairs(1000);
    assert_eq!(shown('R', &pairs.renames), [""; 0]);
    assert_eq!(shown('C', &pairs.copies), ["C100 a b"]);
    assert_eq!(shown('C', &pairs.copies), case.repo.diff(&["-C50%"], 0, 1));
}

#[test]
fn follows_a_file_into_the_directory_that_takes_its_name() {
    let case = Case::new(&[("a", File, &text(0))], &[("a/b", File, &text(1))]);
    assert_eq!(case.git(1000), ["R090 a a/b"]);
    assert_eq!(case.renames(1000), case.git(1000));
    let case = Case::new(&[("a/b", File, &text(0))], &[("a", File, &text(1))]);
    assert_eq!(case.git(1000), ["R090 a/b a"]);
    assert_eq!(case.renames(1000), case.git(1000));
}

#[test]
fn looks_at_a_hundred_equal_files_only() {
    let content = text(0);
    let old: Vec<String> = (100..260).map(|n| format!("a/{n}.txt")).collect();
    let new: Vec<String> = (100..260).rev().step_by(3).map(|n| format!("b/{n}.txt")).collect();
    let files = |paths: &[String]| -> Files {
        paths.iter().map(|p| (p.clone(), (File, content.clone().into_bytes()))).collect()
    };
    let (repo, trees) = Repo::new(&[&files(&old), &files(&new)]);
    let expected = repo.diff(&["-M50%"], 0, 1);
    let pairs = found(&trees[0], &trees[1], &repo.blobs, 50, 1000);
    assert_eq!(shown('R', &pairs.renames), expected);
    assert!(expected.iter().any(|line| !line.ends_with(&line[7..14])), "the cap was not reached");
}
