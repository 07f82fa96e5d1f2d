//! What the repositories hold: the same for everybody, spread like a real one.

use std::fmt::Write;

/// Files to a directory, and to the directory above it.
const SMALL: u32 = 50;
/// Files below a directory that is moved as a whole.
pub(crate) const LARGE: u32 = 5_000;

/// Lines of a file.
const LINES: u32 = 20;

/// One for each of the built-in namespaces, and one for none.
const TOPS: [&str; 11] = [
    "src",
    "docs",
    "data",
    "scripts/python",
    "scripts/powershell",
    "scripts/mq4",
    "storage",
    "assets",
    "logs",
    "reports",
    "bin",
];

/// Most of the built-in types, and one that has none.
const EXTENSIONS: [&str; 18] = [
    "rs", "md", "txt", "csv", "json", "yaml", "yml", "jsonl", "py", "ps1", "mq4", "db", "xml",
    "png", "log", "html", "exe", "dll",
];

/// Returns the directory of the 5,000 files that begin with this one.
pub(crate) fn large_dir(group: u32) -> String {
    format!("{}/g{group:03}", TOPS[group as usize % TOPS.len()])
}

/// Returns the path of a file.
pub(crate) fn path(number: u32) -> String {
    let (group, small) = (number / LARGE, number % LARGE / SMALL);
    let extension = EXTENSIONS[number as usize % EXTENSIONS.len()];
    format!("{}/d{small:02}/file{number:07}.{extension}", large_dir(group))
}

/// Returns what a file holds after so many edits of one line each, from the first line to the last
/// and over again.
pub(crate) fn content(number: u32, edits: u32) -> String {
    let mut text = String::new();
    for line in 0..LINES {
        let version = u64::from((edits + LINES - 1 - line) / LINES);
        let word = mixed(u64::from(number) << 20 | u64::from(line) << 4 | version);
        let _infallible = writeln!(text, "line {line} of {number}: {word:016x}");
    }
    text
}

/// Returns a number that looks like any other (splitmix64).
pub(crate) fn mixed(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
