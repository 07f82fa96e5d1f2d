//! The page of the dashboard: everything that it needs in one file.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

const PAGE: &str = include_str!("dashboard/page.html");
const STYLE: &str = include_str!("dashboard/style.css");
const SCRIPT: &str = include_str!("dashboard/app.js");
const LIBRARY: &str = concat!(
    include_str!("dashboard/vendor/d3.min.js"),
    "\n;\n",
    include_str!("dashboard/vendor/plot.umd.min.js")
);

/// The scripts that the page may run, by what they are: whatever else gets into it stays words.
static HASHES: LazyLock<String> = LazyLock::new(|| {
    [SCRIPT, LIBRARY]
        .map(|script| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(script))))
        .join(" ")
});

/// Returns the page with its data, a JSON document.
pub fn page(data: &str) -> String {
    // What is put in is not looked at again: a path may be called as a place of the page.
    let mut parts = PAGE.split("{{");
    let mut page = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once("}}").unwrap_or((part, ""));
        match name {
            "STYLE" => page.push_str(STYLE),
            "SCRIPT" => page.push_str(SCRIPT),
            "LIBRARY" => page.push_str(LIBRARY),
            "HASHES" => page.push_str(&HASHES),
            // Nothing in a script of data ends it, or begins a comment.
            _ => page.push_str(&data.replace('<', "\\u003c")),
        }
        page.push_str(rest);
    }
    page
}

/// Returns whether a file is such a page.
pub fn is_page(bytes: &[u8]) -> bool {
    let head = PAGE.split("{{").next().unwrap_or_default();
    bytes.starts_with(head.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_place_is_filled_and_data_ends_nothing() {
        let page = page(r#"{"path":"</script><!-- {{STYLE}}"}"#);
        assert!(page.contains(r#"{"path":"\u003c/script>\u003c!-- {{STYLE}}"}"#));
        let parts = [STYLE, SCRIPT, LIBRARY];
        let own: usize = parts.iter().map(|part| part.matches("{{").count()).sum();
        assert_eq!(page.matches("{{").count(), 1 + own);
        assert!(parts.iter().all(|part| page.contains(part)));
        assert!(!page.contains("src=\"http") && !page.contains("href=\"http"));
    }

    #[test]
    fn each_script_is_named_by_its_hash() {
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
