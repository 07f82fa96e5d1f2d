//! Reads the table `[rename]`.

use super::rename_policy::RenamePolicy;
use super::value::{Keys, put};

/// The keys of the table.
pub(super) const RENAME: &Keys<RenamePolicy> = &[
    ("similarity", |rename, value| {
        let percent = value.number(1..101, "a percentage from 1 to 100");
        put(&mut rename.similarity, percent.map(|percent| percent as u8))
    }),
    ("copies", |rename, value| put(&mut rename.copies, value.boolean())),
    ("limit", |rename, value| {
        put(&mut rename.limit, value.number(0..100_001, "a number from 0 (the default) to 100000"))
    }),
    ("max_files", |rename, value| {
        put(&mut rename.max_files, value.number(0..10_000_001, "a number from 0 to 10000000"))
    }),
    ("max_bytes", |rename, value| {
        let bytes = value.number(0..1_000_000_000_001, "a number of bytes from 0 to 1000000000000");
        put(&mut rename.max_bytes, bytes.map(|bytes| bytes as u64))
    }),
    ("fetch_timeout", |rename, value| {
        let seconds = value.number(1..3601, "a number of seconds from 1 to 3600");
        put(&mut rename.fetch_timeout, seconds.map(|seconds| seconds as u16))
    }),
];
