//! A checkout that changes every file, as `.ci/watch` measures it.

use std::path::Path;
use std::process::Command;

use crate::common::{binary, is_long, skip};

/// How many files there are by default, and with `IDHOOKS_TEST_ALL=1`.
const FILES: [&str; 2] = ["200", "100000"];

/// The script fails if the watcher needs more than 200 MB, misses a change or has a dead letter, or if a
/// git command fails meanwhile.
#[test]
fn a_checkout_of_every_file_is_followed_in_little_memory() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(".ci/watch");
    let files = FILES[usize::from(is_long())];
    let answer =
        Command::new("python3").arg(script).arg("--storm").arg(binary()).arg(files).output();
    match answer {
        Ok(answer) => {
            let said =
                [answer.stdout, answer.stderr].map(|text| String::from_utf8(text).expect("UTF-8"));
            assert!(answer.status.success() && said[0].contains("caught up"), "{said:#?}");
        }
        Err(error) => skip(&format!("python3: {error}")),
    }
}
