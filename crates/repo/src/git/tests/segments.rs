//! Tests of blobs that are stored in segments: git must read every one of them.

use std::fs::{self, File};
use std::io::Write;

use idhooks_core::registry::Splice;
use proptest::prelude::*;

use super::made::MadeRepo;
use crate::git::{FormerBlob, Repo, Segments};

/// A text that is edited again and again.
struct VersionedText<'a> {
    made: &'a MadeRepo,
    repo: Repo,
    text: Vec<u8>,
    segments: Option<Segments>,
}

impl VersionedText<'_> {
    /// Stores the next version, given what was stored before. Returns how many segments of the
    /// former version it has.
    fn store(&mut self, splice: &Splice) -> usize {
        let (source, object) = (self.made.top().join("source"), self.made.top().join("object"));
        fs::write(&source, &self.text).expect("writable");
        let former = self.segments.clone().unwrap_or_default();
        let blob = self.segments.take().map(|segments| {
            FormerBlob::new(File::open(&object).expect("a former object"), segments)
        });
        let (mut out, source) = (Vec::new(), File::open(&source).expect("readable"));
        let spliced = self.repo.splice_blob(splice, &source, blob, &mut out).expect("readable");
        assert_eq!(Some(&out), splice.over(&self.text).as_ref());
        let id = spliced.id;
        let mut whole = tempfile::tempfile().expect("a temporary file");
        whole.write_all(&out).expect("writable");
        let segments = self.repo.place_blob(spliced, &whole).expect("stored");
        assert_eq!(Some(id), self.repo.blob_of(&out[..], out.len() as u64));
        let _ = fs::remove_file(&object);
        fs::copy(self.repo.loose_path(id), &object).expect("a loose object");
        self.text = out;
        self.segments = segments;
        let list = self.segments.iter().flat_map(|segments| &segments.list);
        list.filter(|segment| former.list.contains(segment)).count()
    }
}

impl VersionedText<'_> {
    /// Has git inflate and hash every version.
    fn verify(self) {
        self.made.git(&["fsck", "--strict", "--no-dangling"]);
    }
}

/// Returns text as compressible as a registry.
fn lines(from: usize, count: usize) -> Vec<u8> {
    let line = |n: usize| {
        let origin = (n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        format!(
            "{{\"id\":\"{n:016}\",\"file_path\":\"docs/{n}.md\",\"origin\":\"{origin:016x}\"}},\n"
        )
    };
    (from..from + count).flat_map(|n| line(n).into_bytes()).collect()
}

/// Returns the text in which these ranges, given in parts per thousand, are replaced.
fn edited(length: u64, edits: &[(u16, u16, usize)]) -> Splice {
    let (mut splice, mut at) = (Splice::default(), 0);
    for (n, (start, skipped, count)) in edits.iter().enumerate() {
        let start = (length * u64::from(*start) / 1000).max(at);
        splice.copy(at..start);
        splice.write(lines(1_000_000 + n, *count));
        at = (start + length * u64::from(*skipped) / 1000).min(length);
    }
    splice.copy(at..length);
    splice
}

#[test]
fn unchanged_segments_are_copied() {
    let made = MadeRepo::empty();
    let repo = made.open();
    let mut text = VersionedText { made: &made, repo, text: Vec::new(), segments: None };
    assert_eq!(text.store(&Splice::from_text(lines(0, 10_000))), 0);
    let count = |text: &VersionedText<'_>| text.segments.as_ref().expect("segments").list.len();
    let first = count(&text);
    assert!(first >= 10, "{first}");
    // One record more changes one segment, wherever it is.
    for start in [0, 300, 301, 302, 999, 1000] {
        let splice = edited(text.text.len() as u64, &[(start, 0, 1)]);
        let before = count(&text);
        assert!(text.store(&splice) + 2 >= before, "{start}");
    }
    // However often the text is edited, segments do not get shorter and shorter.
    for n in 0..40 {
        let splice = edited(text.text.len() as u64, &[(n * 25, 0, 1), (n * 25 + 1, 1, 2)]);
        assert!(text.store(&splice) > 0);
    }
    let list = &text.segments.as_ref().expect("segments").list;
    let (_, most) = list.split_last().expect("segments");
    assert!(most.iter().all(|segment| (8 << 10..=48 << 10).contains(&segment.length)));
    text.verify();
}

#[test]
fn nothing_damaged_is_copied() {
    let made = MadeRepo::empty();
    let repo = made.open();
    let mut text = VersionedText { made: &made, repo, text: Vec::new(), segments: None };
    text.store(&Splice::from_text(lines(0, 5_000)));
    // The copy of the former object is damaged, cut off or another one.
    for (n, damaged) in [&b"other content"[..], b"", &[0; 200_000]].into_iter().enumerate() {
        // The copy of an object is read-only, as git's own are.
        let object = made.top().join("object");
        let _ = fs::remove_file(&object);
        fs::write(object, damaged).expect("writable");
        let splice = edited(text.text.len() as u64, &[(500, 0, n + 1)]);
        text.store(&splice);
    }
    // The text is not the one that was stored.
    text.text[70_000..70_004].copy_from_slice(b"xxxx");
    let splice = edited(text.text.len() as u64, &[(990, 0, 1)]);
    text.store(&splice);
    // The segments belong to another version of the file.
    let segments = text.segments.clone();
    text.store(&edited(text.text.len() as u64, &[(200, 100, 1)]));
    text.segments = segments;
    text.store(&edited(text.text.len() as u64, &[(0, 0, 1)]));
    text.verify();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn git_reads_every_version(
        level in prop_oneof![Just("0"), Just("1"), Just("6"), Just("9")],
        versions in prop::collection::vec(
            prop::collection::vec((0_u16..1000, 0_u16..200, 0_usize..600), 0..6),
            1..6,
        ),
        count in 0_usize..6_000,
    ) {
        let made = MadeRepo::empty();
        made.git(&["config", "core.looseCompression", level]);
        let repo = made.open();
        let mut text = VersionedText { made: &made, repo, text: Vec::new(), segments: None };
        text.store(&Splice::from_text(lines(0, count)));
        for mut edits in versions {
            edits.sort_unstable();
            let splice = edited(text.text.len() as u64, &edits);
            text.store(&splice);
        }
        text.verify();
    }
}
