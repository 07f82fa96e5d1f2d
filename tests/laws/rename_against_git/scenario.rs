//! Invented histories of one commit: the files before and after. The same on every run.

use std::collections::BTreeMap;

/// The kind of a tracked path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    File,
    Program,
    Link,
}

/// Paths with what is there.
pub(crate) type Files = BTreeMap<String, (Kind, Vec<u8>)>;

/// What one commit does.
pub(crate) struct Scenario {
    pub(crate) old: Files,
    pub(crate) new: Files,
}

/// SplitMix64: small, and the same everywhere.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}

const DIRS: [&str; 7] = ["", "src/", "src/db/", "lib/", "docs/", "docs/api/v2/", "tests/"];
const NAMES: [&str; 9] =
    ["mod.rs", "index.js", "README.md", "pool.py", "a", "b.c", "data.bin", "x.tar.gz", ".keep"];
const WORDS: [&str; 12] = [
    "let",
    "return",
    "{",
    "}",
    "",
    "pool",
    "// note",
    "x = 1;",
    "import os",
    "if a < b",
    "the quick brown fox jumps over the lazy dog and runs on through the wide and empty field",
    "    ",
];

/// Where a scenario is generated.
pub(crate) struct Generator {
    pub(crate) random: Random,
    /// Whether a last line may lack its LF.
    pub(crate) open_ends: bool,
}

impl Generator {
    /// Returns a commit that moves and edits many files of one template: nearly all lines are common,
    /// many pairs are equally similar, and some names stay.
    pub(crate) fn crowds(&mut self) -> Scenario {
        let (mut old, mut new) = (Files::new(), Files::new());
        let header: String = (0..self.random.below(30)).map(|n| format!("header {n}\n")).collect();
        let kinds = 1 + self.random.below(12);
        for number in 0..20 + self.random.below(60) {
            let kind = self.random.below(kinds);
            let mut body: Vec<String> =
                (0..8 + kind).map(|n| format!("part {kind} {}\n", n % 9)).collect();
            for _ in 0..self.random.below(4) {
                body.push(format!("own {}\n", self.random.below(40)));
            }
            let content = format!("{header}{}", body.concat());
            old.insert(format!("a/{number}.txt"), (Kind::File, content.into_bytes()));
            for _ in 0..self.random.below(5) {
                let at = self.random.below(body.len());
                body[at] = format!("edited {}\n", self.random.below(30));
            }
            let content = format!("{header}licence\n{}", body.concat());
            let name = match self.random.below(4) {
                0 => number,
                _ => 100 + self.random.below(400),
            };
            if self.random.chance(90) {
                new.insert(format!("b/{name}.txt"), (Kind::File, content.into_bytes()));
            }
        }
        Scenario { old, new }
    }

    /// Returns a commit of moves, edits, additions and deletions of any kind.
    pub(crate) fn moves(&mut self) -> Scenario {
        let old = self.tree();
        let mut new = Files::new();
        let moved_dir = *self.random.pick(&DIRS[1..]);
        let move_dirs = self.random.chance(30);
        for (path, (kind, content)) in &old {
            let mut content = content.clone();
            if self.random.chance(50) {
                self.edit(&mut content);
            }
            let target = match self.random.below(12) {
                _ if move_dirs && path.starts_with(moved_dir) => {
                    path.replacen(moved_dir, "new/", 1)
                }
                0..=3 => continue,
                4..=5 => path.clone(),
                6 => format!("{path}/inner"),
                7..=9 => format!("{}{}", self.random.pick(&DIRS), name(path)),
                _ => self.path(),
            };
            let kind = if self.random.chance(5) { Kind::Link } else { *kind };
            insert(&mut new, target, kind, content);
        }
        for _ in 0..self.random.below(8) {
            let content = self.content(&old);
            let path = self.path();
            insert(&mut new, path, Kind::File, content);
        }
        Scenario { old, new }
    }

    /// Returns a commit without deletions: nothing but edits and additions.
    pub(crate) fn copies(&mut self) -> Scenario {
        let old = self.tree();
        let mut new = old.clone();
        for (_, content) in new.values_mut() {
            if self.random.chance(60) {
                self.edit(content);
            }
        }
        for _ in 0..self.random.below(10) {
            let content = self.content(&old);
            let path = format!("more/{}", self.path());
            insert(&mut new, path, Kind::File, content);
        }
        Scenario { old, new }
    }

    fn tree(&mut self) -> Files {
        let mut files = Files::new();
        for _ in 0..2 + self.random.below(28) {
            let content = self.content(&files);
            let kind = match self.random.below(20) {
                0 => Kind::Link,
                1..=3 => Kind::Program,
                _ => Kind::File,
            };
            let path = self.path();
            insert(&mut files, path, kind, content);
        }
        files
    }

    fn path(&mut self) -> String {
        let dir = self.random.pick(&DIRS);
        if self.random.chance(60) {
            return format!("{dir}{}", self.random.pick(&NAMES));
        }
        format!("{dir}f{}.txt", self.random.below(40))
    }

    /// Returns new content, or something like what is in `files` already.
    fn content(&mut self, files: &Files) -> Vec<u8> {
        let known: Vec<&Vec<u8>> = files.values().map(|(_, content)| content).collect();
        if known.is_empty() || self.random.chance(45) {
            return self.fresh();
        }
        let mut content = (*self.random.pick(&known)).clone();
        if self.random.chance(70) {
            self.edit(&mut content);
        }
        content
    }

    fn fresh(&mut self) -> Vec<u8> {
        let mut content = if self.random.chance(15) {
            (0..40 + self.random.below(900)).map(|_| self.random.below(256) as u8).collect()
        } else {
            let lines = 1 + self.random.below(40);
            (0..lines).flat_map(|_| self.line()).collect()
        };
        self.finish(&mut content);
        content
    }

    fn line(&mut self) -> Vec<u8> {
        let words: Vec<&str> =
            (0..1 + self.random.below(4)).map(|_| *self.random.pick(&WORDS)).collect();
        let end = if self.random.chance(8) { "\r\n" } else { "\n" };
        let number = self.random.below(60);
        format!("{} {number}{end}", words.join(" ")).into_bytes()
    }

    fn edit(&mut self, content: &mut Vec<u8>) {
        let mut lines: Vec<Vec<u8>> =
            content.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
        for _ in 0..1 + self.random.below(4) {
            let at = self.random.below(lines.len());
            let count = self.random.below(1 + lines.len() / 3);
            match self.random.below(6) {
                0 => lines.rotate_left(at),
                1 => drop(lines.drain(at..(at + count).min(lines.len()))),
                2 => (0..=count).for_each(|_| lines.insert(at, self.line())),
                3 => lines.iter_mut().skip(at).take(count).for_each(|l| *l = self.line()),
                4 => lines.iter_mut().for_each(toggle_cr),
                _ => lines.reverse(),
            }
        }
        *content = lines.concat();
        self.finish(content);
    }

    /// Keeps the content clear of the rule for nearly empty files, and ends it.
    fn finish(&mut self, content: &mut Vec<u8>) {
        while content.len() < 32 {
            content.extend(self.line());
        }
        if self.open_ends && self.random.chance(25) {
            content.extend(b"no end");
        } else if content.last() != Some(&b'\n') {
            content.push(b'\n');
        }
    }
}

fn toggle_cr(line: &mut Vec<u8>) {
    if line.ends_with(b"\r\n") {
        line.remove(line.len() - 2);
    } else if line.ends_with(b"\n") {
        line.insert(line.len() - 1, b'\r');
    }
}

fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Adds a path unless it would be a file and a directory at once.
fn insert(files: &mut Files, path: String, kind: Kind, mut content: Vec<u8>) {
    let inside = |outer: &str, inner: &str| {
        inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('/'))
    };
    if files.keys().any(|known| inside(known, &path) || inside(&path, known)) {
        return;
    }
    if kind == Kind::Link {
        content.retain(|byte| *byte != 0);
    }
    files.insert(path, (kind, content));
}
