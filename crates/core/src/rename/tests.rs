//! Rename rules on invented changes; `tests/laws/rename_against_git.rs` compares them with git.

use std::{cell::RefCell, collections::BTreeMap};

use proptest::prelude::*;

use crate::registry::{BlobId, Mode, Tree};

use super::*;

/// Blobs in memory that remember which were read.
#[derive(Debug, Clone, Default)]
struct MemoryBlobs {
    blobs: BTreeMap<BlobId, Vec<u8>>,
    read: RefCell<Vec<BlobId>>,
}

impl Blobs for MemoryBlobs {
    fn size(&self, blob: BlobId) -> Option<u64> {
        self.blobs.get(&blob).map(|data| data.len() as u64)
    }

    fn read(&self, blob: BlobId) -> Option<Vec<u8>> {
        self.read.borrow_mut().push(blob);
        self.blobs.get(&blob).cloned()
    }
}

/// Two trees under construction.
#[derive(Debug, Clone, Default)]
struct TwoTrees {
    old: Tree,
    new: Tree,
    memory: MemoryBlobs,
}

impl TwoTrees {
    fn entry(&mut self, mode: Mode, content: &str) -> Entry {
        // Any injective id works; a few bytes distinguish the blobs of the tests.
        let mut id = [0_u8; 20];
        for (at, byte) in content.bytes().enumerate() {
            id[at % 20] = id[at % 20].wrapping_mul(31).wrapping_add(byte);
        }
        let blob = BlobId::from_bytes(&id).expect("20 bytes");
        self.memory.blobs.insert(blob, content.as_bytes().to_vec());
        Entry { mode, blob }
    }

    fn before(mut self, path: &str, content: &str) -> Self {
        let entry = self.entry(Mode::Regular, content);
        self.old.insert(repo_path(path), entry);
        self
    }

    fn after(mut self, path: &str, content: &str) -> Self {
        let entry = self.entry(Mode::Regular, content);
        self.new.insert(repo_path(path), entry);
        self
    }

    fn links(mut self, old: &[&str], new: &[&str]) -> Self {
        let entry = self.entry(Mode::Symlink, "where the links point to");
        self.old.extend(old.iter().map(|path| (repo_path(path), entry)));
        self.new.extend(new.iter().map(|path| (repo_path(path), entry)));
        self
    }

    fn lose(mut self, content: &str) -> Self {
        let entry = self.entry(Mode::Regular, content);
        self.memory.blobs.remove(&entry.blob);
        self
    }

    fn changes(&self) -> Vec<Change> {
        Change::between(&self.old, &self.new)
    }

    fn pair(&self, options: &RenamePolicy) -> Pairs {
        pair(&self.changes(), &self.memory, options)
    }

    fn renames(&self) -> Vec<String> {
        shown(&self.pair(&RenamePolicy::default()).renames)
    }

    fn copies(&self) -> Vec<String> {
        shown(&self.pair(&RenamePolicy::default()).copies)
    }
}

fn repo_path(text: &str) -> RepoPath {
    RepoPath::new(text.as_bytes().to_vec()).expect("valid")
}

fn shown(pairs: &[Pair]) -> Vec<String> {
    pairs.iter().map(|p| format!("{} {} {}", p.similarity, p.from, p.to)).collect()
}

/// Returns ten lines of ten bytes, the first `edited` of them different from `text(0)`.
fn text(edited: usize) -> String {
    (0..10).map(|n| format!("line {} {n}\n", if n < edited { "x" } else { "y" })).collect()
}

#[test]
fn equal_content_prefers_the_same_basename_then_the_first_path() {
    let case = TwoTrees::default()
        .before("a/one.rs", &text(0))
        .before("a/two.rs", &text(0))
        .before("a/zzz.rs", &text(0))
        .after("b/two.rs", &text(0))
        .after("b/six.rs", &text(0));
    assert_eq!(case.renames(), ["100 a/one.rs b/six.rs", "100 a/two.rs b/two.rs"]);
}

#[test]
fn a_unique_basename_wins_over_higher_similarity() {
    let case = TwoTrees::default()
        .before("a/pool.rs", &text(2))
        .before("a/other.rs", &text(1))
        .after("b/pool.rs", &text(0));
    assert_eq!(case.renames(), ["80 a/pool.rs b/pool.rs"]);
    // Less similar than halfway from 50 to 100 percent, the name is not enough.
    let case = TwoTrees::default()
        .before("a/pool.rs", &text(3))
        .before("a/other.rs", &text(1))
        .after("b/pool.rs", &text(0));
    assert_eq!(case.renames(), ["90 a/other.rs b/pool.rs"]);
}

#[test]
fn a_link_of_the_same_name_makes_it_ambiguous() {
    let case = TwoTrees::default()
        .before("a/pool.rs", &text(2))
        .before("a/other.rs", &text(1))
        .links(&["l/pool.rs"], &[])
        .after("b/pool.rs", &text(0));
    assert_eq!(case.renames(), ["90 a/other.rs b/pool.rs"]);
    // A moved link is paired first.
    let case = case.links(&["l/pool.rs"], &["m/elsewhere"]);
    assert_eq!(case.renames(), ["80 a/pool.rs b/pool.rs"]);
}

#[test]
fn links_are_never_in_the_result() {
    let case = TwoTrees::default()
        .links(&["a/link"], &["b/link"])
        .before("a/file", "where the links point to")
        .after("b/file", &text(0));
    assert_eq!(case.pair(&RenamePolicy::default()), Pairs::default());
}

#[test]
fn half_is_enough_and_less_is_not() {
    let case = TwoTrees::default().before("a", &text(5)).after("b", &text(0));
    assert_eq!(case.renames(), ["50 a b"]);
    let case = TwoTrees::default().before("a", &text(6)).after("b", &text(0));
    assert!(case.renames().is_empty());
    let options = RenamePolicy { similarity: 40, ..RenamePolicy::default() };
    assert_eq!(shown(&case.pair(&options).renames), ["40 a b"]);
}

#[test]
fn a_modified_path_is_neither_side_of_a_rename() {
    let case = TwoTrees::default()
        .before("kept", &text(0))
        .after("kept", "something quite different now\n")
        .after("fresh", &text(0));
    assert!(case.renames().is_empty());
    assert_eq!(case.copies(), ["100 kept fresh"]);
}

#[test]
fn nearly_empty_files_need_related_names() {
    let case = TwoTrees::default().before("a/__init__.py", "").after("b/style.css", "");
    assert_eq!(case.pair(&RenamePolicy::default()), Pairs::default());
    let case = case.before("c/base.css", "").before("c/restyle.css.in", "");
    assert_eq!(case.renames(), ["100 c/restyle.css.in b/style.css"]);
    let similar = "one\ntwo\nthree\nfour\n";
    let case =
        TwoTrees::default().before("x.txt", similar).after("y.txt", "one\ntwo\nthree\nfive\n");
    assert!(case.renames().is_empty());
    let case = case.before("y", similar);
    assert_eq!(case.renames(), ["73 y y.txt"]);
}

#[test]
fn thirty_two_bytes_are_enough() {
    let content = "0123456789abcdef0123456789abcde";
    let case = TwoTrees::default().before("x", content).after("y", content);
    assert!(case.renames().is_empty());
    let content = format!("{content}f");
    let case = TwoTrees::default().before("x", &content).after("y", &content);
    assert_eq!(case.renames(), ["100 x y"]);
}

#[test]
fn a_missing_blob_pairs_by_its_id_only() {
    let case = TwoTrees::default()
        .before("a", &text(0))
        .before("b", &text(1))
        .after("c", &text(0))
        .after("d", &text(2))
        .lose(&text(0))
        .lose(&text(2));
    assert_eq!(case.renames(), ["100 a c"]);
    assert!(case.copies().is_empty());
}

#[test]
fn sizes_that_differ_too_much_are_not_read() {
    let case = TwoTrees::default().before("a", &text(0)).after("b", &text(0).repeat(3));
    assert!(case.renames().is_empty());
    assert!(case.memory.read.borrow().is_empty());
}

#[test]
fn every_blob_is_read_once() {
    let case = TwoTrees::default()
        .before("a", &text(1))
        .before("b", &text(2))
        .after("c", &text(3))
        .after("d", &text(4))
        .after("e", &text(5));
    assert_eq!(case.pair(&RenamePolicy::default()).renames.len(), 2);
    assert_eq!(case.memory.read.borrow().len(), 5);
}

/// Two exact or named pairs, and one that only the contents show.
fn case_over_the_limit() -> TwoTrees {
    TwoTrees::default()
        .before("a/equal", &text(0))
        .before("a/named", &text(1))
        .before("a/one", &text(4))
        .before("a/two", "something else that is a bit longer\n")
        .after("b/same", &text(0))
        .after("b/named", &text(2))
        .after("b/uno", &text(5))
}

#[test]
fn over_the_limit_the_index_finds_the_same() {
    let case = case_over_the_limit();
    for limit in [1, 2, 0] {
        let pairs = case.pair(&RenamePolicy { limit, ..RenamePolicy::default() });
        assert_eq!((pairs.renames.len(), pairs.skipped), (3, None));
    }
}

#[test]
fn over_the_bounds_only_equal_content_and_unique_basenames_pair() {
    let case = case_over_the_limit();
    let policy = RenamePolicy { limit: 1, ..RenamePolicy::default() };
    // One addition, two deletions, and their bytes.
    let bytes =
        [text(5), text(4), "something else that is a bit longer\n".to_owned()].concat().len();
    let bytes = bytes as u64;
    for (max_files, max_bytes) in [(2, bytes), (3, bytes - 1)] {
        let pairs = case.pair(&RenamePolicy { max_files, max_bytes, ..policy });
        assert_eq!(shown(&pairs.renames), ["90 a/named b/named", "100 a/equal b/same"]);
        let skipped = pairs.skipped.expect("one of the limits is exceeded");
        assert_eq!((skipped.additions.len(), skipped.deletions.len()), (1, 2));
        let needed = match max_files {
            2 => crate::config::RenameLimits { max_files: 3, max_bytes: 0 },
            _ => crate::config::RenameLimits { max_files: 0, max_bytes: bytes },
        };
        assert_eq!(skipped.needed, needed);
    }
    let pairs = case.pair(&RenamePolicy { max_files: 3, max_bytes: bytes, ..policy });
    assert_eq!((pairs.renames.len(), pairs.skipped), (3, None));
}

#[test]
fn a_hundred_percent_compares_no_content() {
    let case = TwoTrees::default().before("a", "ab\ncd\nef\ngh\nij\nkl\nmn\nop\nqr\nst\nuv\n");
    let case = case.after("b", "uv\nab\ncd\nef\ngh\nij\nkl\nmn\nop\nqr\nst\n");
    assert_eq!(case.renames(), ["100 a b"]);
    let options = RenamePolicy { similarity: 100, limit: 1, ..RenamePolicy::default() };
    assert_eq!(case.pair(&options), Pairs::default());
}

#[test]
fn copies_come_after_renames() {
    let case = TwoTrees::default()
        .before("gone", &text(0))
        .before("edited", &text(9))
        .after("edited", "something quite different now, and long\n")
        .after("a", &text(1))
        .after("b", &text(0))
        .after("c", &text(8))
        .after("d", &text(2));
    assert_eq!(case.renames(), ["100 gone b"]);
    assert_eq!(case.copies(), ["90 gone a", "90 edited c", "80 gone d"]);
    let options = RenamePolicy { copies: false, ..RenamePolicy::default() };
    assert!(case.pair(&options).copies.is_empty());
}

#[test]
fn similar_enough_is_the_rule_of_renames() {
    let (a, b) = (text(0), text(5));
    assert!(similar_enough(a.as_bytes(), b.as_bytes(), 50));
    assert!(!similar_enough(a.as_bytes(), b.as_bytes(), 51));
    assert!(similar_enough(b"", b"", 100));
    assert!(!similar_enough(b"", b"x", 1));
}

/// A few names and contents, so that ties and near misses are frequent.
fn any_case() -> impl Strategy<Value = TwoTrees> {
    let file = ("[ab]/[xyz](\\.c)?", 0..9_usize, any::<bool>());
    prop::collection::vec(file, 0..14).prop_map(|files| {
        files.into_iter().fold(TwoTrees::default(), |case, (path, edited, is_old)| {
            let content = if edited == 8 { String::new() } else { text(edited) };
            if is_old { case.before(&path, &content) } else { case.after(&path, &content) }
        })
    })
}

/// Files of lines that many of them have, and some that few have; many are equally similar.
fn common_lines() -> impl Strategy<Value = TwoTrees> {
    let line = prop_oneof![3 => 0..6_u32, 1 => 0..60_u32];
    let lines = prop::collection::vec(line, 1..12);
    let file = (lines, any::<bool>(), 0..5_u8);
    prop::collection::vec(file, 2..40).prop_map(|files| {
        let file = |case: TwoTrees, (n, (lines, is_old, name)): (usize, (Vec<u32>, bool, u8))| {
            let line = |line: &u32| format!("line {line} {}\n", "-".repeat(*line as usize % 7));
            let content: String = lines.iter().map(line).collect();
            // The ids of the tests see few bytes: a number keeps equal ones apart.
            let content = format!("{content}{}\n", lines.len());
            match is_old {
                true => case.before(&format!("{n}/{name}"), &content),
                false => case.after(&format!("{n}/{name}"), &content),
            }
        };
        files.into_iter().enumerate().fold(TwoTrees::default(), file)
    })
}

fn shuffled_case() -> impl Strategy<Value = (TwoTrees, Vec<Change>)> {
    any_case().prop_flat_map(|case| {
        let shuffled = Just(case.changes()).prop_shuffle();
        (Just(case), shuffled)
    })
}

proptest! {
    #[test]
    fn order_never_matters((case, shuffled) in shuffled_case(), limit in 0..4_usize) {
        let options = RenamePolicy { limit, ..RenamePolicy::default() };
        prop_assert_eq!(pair(&shuffled, &case.memory, &options), case.pair(&options));
    }

    #[test]
    fn the_index_finds_what_comparing_all_finds(case in any_case(), percent in 1..100_u8) {
        let policy = RenamePolicy { similarity: percent, copies: false, ..RenamePolicy::default() };
        let indexed = case.pair(&RenamePolicy { limit: 1, ..policy });
        prop_assert_eq!(indexed.renames, case.pair(&policy).renames);
    }

    #[test]
    fn the_index_finds_it_among_files_with_common_lines(
        case in common_lines(), percent in prop::sample::select(vec![10, 30, 50, 60, 80]),
    ) {
        let policy = RenamePolicy { similarity: percent, copies: false, ..RenamePolicy::default() };
        let indexed = case.pair(&RenamePolicy { limit: 1, ..policy });
        prop_assert_eq!(indexed.renames, case.pair(&policy).renames);
    }

    #[test]
    fn no_path_is_paired_twice(case in any_case()) {
        let pairs = case.pair(&RenamePolicy::default());
        let is = |path: &RepoPath, old: bool, new: bool| {
            case.old.contains_key(path) == old && case.new.contains_key(path) == new
        };
        for Pair { from, to, .. } in &pairs.renames {
            prop_assert!(is(from, true, false) && is(to, false, true));
            prop_assert_eq!(pairs.renames.iter().filter(|p| p.from == *from).count(), 1);
        }
        let both: Vec<&Pair> = pairs.renames.iter().chain(&pairs.copies).collect();
        for Pair { from, to, .. } in &both {
            prop_assert!(case.old.contains_key(from) && is(to, false, true));
            prop_assert_eq!(both.iter().filter(|p| p.to == *to).count(), 1);
        }
        prop_assert!(pairs.renames.is_sorted_by_key(|p| &p.to));
        prop_assert!(pairs.copies.is_sorted_by_key(|p| &p.to));
    }
}
