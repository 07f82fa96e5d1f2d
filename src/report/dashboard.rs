//! Builds the dashboard page as a single self-contained file.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use zlib_rs::{InflateConfig, decompress_slice};

const PAGE: &str = include_str!("dashboard/page.html");
const STYLE: &str = include_str!("dashboard/style.css");
const SCRIPT: &str = concat!(
    include_str!("dashboard/app/elements.js"),
    include_str!("dashboard/app/summary.js"),
    include_str!("dashboard/app/findings.js"),
    include_str!("dashboard/app/code.js"),
    include_str!("dashboard/app/plots.js"),
    include_str!("dashboard/app/figures.js"),
    include_str!("dashboard/app/search.js"),
    include_str!("dashboard/app/start.js"),
);
/// The chart library's files, compressed with gzip.
const LIBRARY_FILES: [&[u8]; 2] = [
    include_bytes!("dashboard/vendor/d3.min.js.gz"),
    include_bytes!("dashboard/vendor/plot.umd.min.js.gz"),
];
static LIBRARY: LazyLock<String> = LazyLock::new(|| LIBRARY_FILES.map(unpacked).join("\n;\n"));

/// The hashes of the scripts that the page may run, so that a script in a file name or commit
/// message is not run.
static HASHES: LazyLock<String> = LazyLock::new(|| {
    [SCRIPT, &LIBRARY]
        .map(|script| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(script))))
        .join(" ")
});

/// Returns the page with its data, a JSON document.
pub fn page(data: &str) -> String {
    // Inserted text is not searched for placeholders, because a path may look like one.
    let mut parts = PAGE.split("{{");
    let mut page = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once("}}").unwrap_or((part, ""));
        match name {
            "STYLE" => page.push_str(STYLE),
            "SCRIPT" => page.push_str(SCRIPT),
            "LIBRARY" => page.push_str(&LIBRARY),
            "HASHES" => page.push_str(&HASHES),
            // This escaping keeps the data from ending the script element or starting a comment.
            _ => page.push_str(&data.replace('<', "\\u003c")),
        }
        page.push_str(rest);
    }
    page
}

/// Returns the text in a gzip file, whose last four bytes contain the length of the text.
fn unpacked(file: &[u8]) -> String {
    let size = file.last_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes));
    let mut text = vec![0; size as usize];
    // zlib accepts a gzip header only if 16 is added to the window size.
    let gzip = InflateConfig { window_bits: 16 + 15 };
    let (text, _) = decompress_slice(&mut text, file, gzip);
    String::from_utf8_lossy(text).into_owned()
}

/// Returns whether a file is a dashboard page.
pub fn is_page(bytes: &[u8]) -> bool {
    let head = PAGE.split("{{").next().unwrap_or_default();
    bytes.starts_with(head.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_filled_and_data_cannot_end_the_script() {
        let page = page(r#"{"path":"</script><!-- {{STYLE}}"}"#);
        assert!(page.contains(r#"{"path":"\u003c/script>\u003c!-- {{STYLE}}"}"#));
        let parts = [STYLE, SCRIPT, &LIBRARY];
        let own: usize = parts.iter().map(|part| part.matches("{{").count()).sum();
        assert_eq!(page.matches("{{").count(), 1 + own);
        assert!(parts.iter().all(|part| page.contains(part)));
        assert!(!page.contains("src=\"http") && !page.contains("href=\"http"));
    }

    #[test]
    fn the_chart_library_is_complete() {
        assert_eq!(LIBRARY_FILES.map(|file| unpacked(file).len()), [280_622, 209_183]);
    }

    #[test]
    fn each_script_has_its_hash_in_the_policy() {
        let page = page("{}");
        let scripts: Vec<_> = page.split("<script>").skip(1).collect();
        assert_eq!(scripts.len(), 2);
        for script in scripts {
            let script = script.split("</script>").next().expect("a script");
            let hash = STANDARD.encode(Sha256::digest(script));
            assert!(page.contains(&format!("'sha256-{hash}'")), "{}", &script[..40]);
        }
    }
}
