//! The quick look at an index and the patch of one, on bytes made here.

use std::fs;
use std::io::Cursor;

use proptest::prelude::*;

use super::index_bytes::{IndexLayout, STAT};
use super::index_form::{IndexForm, NEW, OLD, ROOT, checksum, item};
use super::index_patch::{patched, replace};
use super::index_peek::IndexReader;
use super::index_tail::IndexTail;
use crate::registry::{BlobId, Pieces, REGISTRY_PATH};

impl IndexForm {
    fn look(&self) -> Option<(String, String)> {
        look(&self.bytes(), self.ids).map(|(root, blob)| (root.to_string(), blob.to_string()))
    }

    fn patch(&self) -> Option<Vec<u8>> {
        patch(&self.bytes(), self.ids)
    }
}

fn layout(bytes: &[u8], ids: usize) -> Option<IndexLayout> {
    IndexLayout::read(bytes, bytes.len() as u64, ids, REGISTRY_PATH, |_| {})
}

/// Returns the root and the registry, as the ends of an index tell.
fn look(bytes: &[u8], ids: usize) -> Option<(BlobId, BlobId)> {
    let ends = IndexTail::read(Cursor::new(bytes), bytes.len() as u64, ids, REGISTRY_PATH)?;
    Some((ends.root, ends.entry.id))
}

fn patch(bytes: &[u8], ids: usize) -> Option<Vec<u8>> {
    let mut stat = [NEW; STAT];
    stat[24..28].copy_from_slice(&0o100_644_u32.to_be_bytes());
    let id = vec![NEW; ids];
    let layout = layout(bytes, ids)?;
    let mut patched = patched(&layout, REGISTRY_PATH, &id, &stat)?.over(bytes)?;
    let sum = if layout.is_hashed { checksum(&patched, ids) } else { vec![0; ids] };
    patched.extend(sum);
    Some(patched)
}

/// Forms that are understood, with the names of what is special in them.
fn understood() -> Vec<(&'static str, IndexForm)> {
    let mut forms = Vec::new();
    for ids in [20, 32] {
        let mut add = |what, change: fn(&mut IndexForm)| {
            let mut form = IndexForm::plain(ids);
            change(&mut form);
            forms.push((what, form));
        };
        add("plain", |_| {});
        add("version 3", |form| {
            form.version = 3;
            form.items[0].more = 0x4000;
            form.items[4].more = 0x4000;
        });
        add("assume valid elsewhere", |form| form.items[0].stage = 0x8000);
        add("other extensions", |form| {
            form.before = vec![(b"REUC", b"undone")];
            form.after = vec![(b"UNTR", b"untracked")];
        });
        add("no checksum", |form| form.is_hashed = false);
    }
    forms
}

#[test]
fn a_look_finds_the_tree_and_the_registry() {
    for (what, form) in understood() {
        let ids = [ROOT, OLD].map(|byte| format!("{byte:02x}").repeat(form.ids));
        assert_eq!(form.look(), Some(ids.into()), "{what}");
    }
}

#[test]
fn a_patch_changes_one_entry_and_the_trees_above_it() {
    for (what, form) in understood() {
        let mut after = form.clone();
        (after.registry().id, after.registry().stat) = (NEW, NEW);
        let trees = after.trees.as_mut().expect("cached trees");
        for outdated in [0, 4] {
            trees[outdated].1 = false;
        }
        assert_eq!(form.patch(), Some(after.bytes()), "{what}");
        // A second time there is nothing more to see to.
        assert_eq!(after.patch(), Some(after.bytes()), "{what}");
        assert_eq!(after.look(), None, "{what}");
    }
}

#[test]
fn a_patch_needs_no_cached_trees() {
    let mut form = IndexForm::plain(20);
    form.trees = None;
    let mut after = form.clone();
    (after.registry().id, after.registry().stat) = (NEW, NEW);
    assert_eq!(form.patch(), Some(after.bytes()));
    assert_eq!(form.look(), None);
}

#[test]
fn without_a_cached_tree_a_look_tells_nothing() {
    let changes: [fn(&mut IndexForm); 2] =
        [|form| form.trees.as_mut().expect("cached trees")[0].1 = false, |form| form.trees = None];
    for (number, change) in changes.into_iter().enumerate() {
        let mut form = IndexForm::plain(20);
        change(&mut form);
        assert_eq!(form.look(), None, "{number}");
        assert!(form.patch().is_some(), "{number}");
    }
}

#[test]
fn entries_that_no_commit_can_have_hinder_no_patch() {
    let changes: [fn(&mut IndexForm); 3] = [
        |form| form.items[2].stage = 0x2000,
        |form| {
            form.version = 3;
            form.items[2].more = 0x2000;
        },
        |form| form.items[2].mode = 0o040_000,
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let mut form = IndexForm::plain(20);
        change(&mut form);
        assert!(form.patch().is_some(), "{number}");
        assert!(!layout(&form.bytes(), 20).expect("an index").is_complete(), "{number}");
    }
}

#[test]
fn cached_trees_are_found_behind_whatever_looks_like_them() {
    let mut form = IndexForm::plain(20);
    let fake = form.tree_bytes(&[("", true, 0)]);
    let fake = [&b"TREE"[..], &u32::try_from(fake.len()).expect("short").to_be_bytes(), &fake];
    let fake = fake.concat();
    form.before = vec![(b"REUC", fake.clone().leak()), (b"UNTR", vec![b'T'; 100_000].leak())];
    form.after = vec![(b"UNTR", b"TREETREE")];
    let root = form.look().expect("cached trees").0;
    assert_eq!(root, format!("{ROOT:02x}").repeat(20));
    form.after = vec![(b"UNTR", vec![b'E'; 600_000].leak())];
    assert_eq!(form.look().map(|look| look.0), Some(root));
    // What does not end where the extensions do is none.
    form.trees = None;
    form.before = vec![];
    form.after = vec![(b"UNTR", fake[..fake.len() - 1].to_owned().leak())];
    assert_eq!(form.look(), None);
}

#[test]
fn extensions_that_name_entries_or_places_hinder_a_patch_only() {
    for name in [b"EOIE", b"IEOT", b"FSMN", b"NEWS"] {
        let mut form = IndexForm::plain(20);
        form.after = vec![(name, b"something")];
        assert!(form.look().is_some());
        assert_eq!(form.patch(), None);
    }
}

#[test]
fn what_is_not_understood_is_left_alone() {
    let changes: [fn(&mut IndexForm); 17] = [
        |form| form.version = 1,
        |form| form.version = 4,
        |form| form.items[0].more = 0x4000,
        |form| {
            form.version = 3;
            form.items[0].more = 0x8000;
        },
        |form| form.items[0].mode = 0o010_644,
        |form| form.after = vec![(b"link", b"")],
        |form| form.after = vec![(b"sdir", b"")],
        |form| form.after = vec![(b"what", b"")],
        |form| form.after = vec![(b"TREE", b"\0-1 0\n")],
        |form| {
            form.version = 3;
            form.registry().more = 0x4000;
        },
        |form| form.registry().stage = 0x8000,
        |form| form.registry().stage = 0x1000,
        |form| form.registry().mode = 0o100_755,
        |form| form.registry().mode = 0o120_000,
        |form| form.registry().path.push('x'),
        |form| form.items.insert(1, item(REGISTRY_PATH)),
        |form| form.trees.as_mut().expect("cached trees")[0].2 = 4,
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let mut form = IndexForm::plain(20);
        change(&mut form);
        assert_eq!(form.look(), None, "{number}");
        assert_eq!(form.patch(), None, "{number}");
    }
}

#[test]
fn a_whole_tree_without_the_directory_is_left_alone() {
    let mut form = IndexForm::plain(20);
    form.trees = Some(vec![("", true, 1), ("a", true, 1), (".idhooks", true, 0)]);
    assert_eq!(form.patch(), None);
    form.trees = Some(vec![("", false, 1), ("a", true, 1), (".idhooks", true, 0)]);
    assert!(form.patch().is_some());
}

#[test]
fn a_tree_of_another_number_of_entries_is_no_answer() {
    let mut form = IndexForm::plain(20);
    let trees = form.trees.take().expect("cached trees");
    let content = form.tree_bytes(&trees);
    form.after = vec![(b"TREE", content.leak())];
    assert!(form.look().is_some());
    form.items.pop();
    assert_eq!(form.look(), None);
}

#[test]
fn every_shortened_index_is_left_alone() {
    let mut form = IndexForm::plain(20);
    let bytes = form.bytes();
    form.trees = None;
    // Where an extension begins only the checksum would tell, and git does not look at it either.
    let is_complete = |length: usize| length == form.bytes().len();
    for length in 0..bytes.len() {
        assert!(look(&bytes[..length], 20).is_none(), "{length}");
        assert_eq!(patch(&bytes[..length], 20).is_some(), is_complete(length), "{length}");
    }
    assert!(look(&bytes, 32).is_none());
}

proptest! {
    #[test]
    fn any_bytes_are_survived(
        form in 0..10_usize,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in any::<Option<prop::sample::Index>>(),
        id_length in prop::sample::select(vec![20_usize, 32]),
    ) {
        let mut bytes = understood()[form].1.bytes();
        for (place, byte) in changes {
            *place.get_mut(&mut bytes) = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let _ = look(&bytes, id_length);
        let length = bytes.len();
        if let Some(patched) = patch(&bytes, id_length) {
            prop_assert!(patched.len() <= length);
        }
    }

    #[test]
    fn any_entries_are_survived(tail in proptest::collection::vec(any::<u8>(), 0..300)) {
        let bytes = [&b"DIRC\0\0\0\x02\0\0\0\x01"[..], &tail].concat();
        let _ = (look(&bytes, 20), patch(&bytes, 20));
    }

    #[test]
    fn any_cached_trees_are_survived(tail in "[\0 \n0-9a-]{0,40}") {
        let mut form = IndexForm::plain(20);
        form.trees = None;
        form.after = vec![(b"TREE", tail.into_bytes().leak())];
        let _ = (form.look(), form.patch());
    }
}

fn pieces(bytes: &[u8]) -> Pieces {
    let mut pieces = Pieces::default();
    pieces.write(bytes);
    pieces
}

#[test]
fn an_index_is_replaced_under_the_lock_of_git() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let [file, lock] = ["index", "index.lock"].map(|name| dir.path().join(name));
    let names = || fs::read_dir(dir.path()).expect("readable").count();
    fs::write(&file, "old").expect("writable");
    let seen = IndexReader::open(&file).expect("readable").expect("there");

    fs::write(&lock, "held").expect("writable");
    replace(&file, &seen, &pieces(b"new"), None).expect_err("somebody has the lock");
    assert_eq!(fs::read(&lock).expect("there"), b"held");
    assert_eq!((fs::read(&file).expect("there"), names()), (b"old".to_vec(), 2));
    fs::remove_file(&lock).expect("there");

    replace(&file, &seen, &pieces(b"new"), None).expect("nobody has the lock");
    assert_eq!((fs::read(&file).expect("there"), names()), (b"new".to_vec(), 1));
    let now = fs::metadata(&file).expect("there");
    assert_eq!(now.permissions(), seen.meta.permissions());
    assert!(now.modified().expect("known") < seen.meta.modified().expect("known"));

    replace(&file, &seen, &pieces(b"newer"), None).expect_err("somebody has written it");
    assert_eq!((fs::read(&file).expect("there"), names()), (b"new".to_vec(), 1));
}

#[cfg(unix)]
#[test]
fn a_link_to_an_index_is_left_to_git() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let [file, link] = ["index", "link"].map(|name| dir.path().join(name));
    fs::write(&file, "old").expect("writable");
    std::os::unix::fs::symlink(&file, &link).expect("a link can be made");
    let seen = IndexReader::open(&link).expect("readable").expect("there");
    replace(&link, &seen, &pieces(b"new"), None).expect_err("a link");
    assert_eq!(fs::read(&file).expect("there"), b"old");
}
