//! `REGISTRY_CORRUPT` and `MALFORMED_ID`: the findings about a registry that cannot be read or has
//! the wrong scope.

use idhooks_core::check::{Code, Finding};
use idhooks_core::merge::{Contested, MergeSide};
use idhooks_core::registry::{REGISTRY_PATH, ReadError, RepoPath, excerpt, shell_quoted};

use crate::store::own_install_method;

/// Returns the remedy for a registry written by a later version of idhooks.
pub fn how_to_upgrade() -> String {
    format!(
        "upgrade idhooks: a later version wrote this registry, and an earlier one must not change it; {}",
        own_install_method().how_to_install()
    )
}

/// Returns the findings about a registry that cannot be read.
pub fn corrupt(error: &ReadError) -> Vec<Finding> {
    let ReadError::Ids(malformed) = error else {
        let message = format!("'{REGISTRY_PATH}' cannot be read: {error}");
        return vec![Finding::new(Code::RegistryCorrupt, message, help(error))];
    };
    let finding = |bad: &idhooks_core::registry::MalformedId| {
        let message = format!(
            "line {}: '{}' is not an identity (16 digits, sequence not 00000)",
            bad.line,
            excerpt(&bad.id)
        );
        let mut finding = Finding::new(Code::MalformedId, message, help(error)).at(&bad.path);
        finding.id = Some(excerpt(&bad.id).into_owned());
        finding
    };
    malformed.iter().map(finding).collect()
}

fn help(error: &ReadError) -> String {
    match error {
        // The registry is not damaged, so it must not be replaced with an older version.
        ReadError::Newer(_) => return how_to_upgrade(),
        ReadError::ConflictMarkers(_) => "run 'idhooks resolve', which merges both sides and does not need the markers",
        _ => "undo the edit: git restore --source=HEAD --staged --worktree .idhooks/registry.json; if HEAD is damaged too: idhooks reconcile && git commit",
    }
    .to_owned()
}

/// Returns the finding about a tree that has `idhooks.toml` but no registry. `source` is the
/// revision with the last registry, or else instructions for getting started.
pub fn missing(source: Result<&str, &str>) -> Finding {
    let message = format!("'{REGISTRY_PATH}' is missing, although there is an idhooks.toml");
    let help = match source {
        // The present version, not an older one.
        Ok("HEAD") => format!(
            "restore the last version and commit it: git restore --source=HEAD --staged --worktree {REGISTRY_PATH}"
        ),
        Ok(source) => format!(
            "'{source}' has one; the next 'git commit' with idhooks installed writes it again, with every identity; to stage it now: idhooks reconcile"
        ),
        Err(how_to_adopt) => format!("no earlier commit has one; {how_to_adopt}"),
    };
    Finding::new(Code::RegistryCorrupt, message, help)
}

/// Returns the finding about a symlink in place of the registry or its directory. `source` is the
/// revision with the last registry, if any.
pub fn linked(path: &RepoPath, source: Option<&str>) -> Finding {
    let message =
        format!("'{path}' is a symbolic link: idhooks does not follow links inside a repository");
    Finding::new(Code::RegistryCorrupt, message, replace_link(path, source))
}

/// Returns instructions for replacing a symlink with the last registry, which is in the given
/// revision.
pub fn replace_link(path: &RepoPath, source: Option<&str>) -> String {
    match source {
        Some(source) => format!(
            "replace it with the last registry, and commit it: git restore --source={source} --staged --worktree {REGISTRY_PATH}"
        ),
        None => format!(
            "no earlier commit has a registry; remove the link: git rm -f -- {}",
            path.shell_quoted()
        ),
    }
}

/// Returns the finding about a registry that is unmerged in the index.
pub fn unmerged() -> Finding {
    let message = format!("'{REGISTRY_PATH}' is unmerged");
    let help = "run 'idhooks resolve', which merges both sides and stages the result";
    Finding::new(Code::RegistryCorrupt, message, help)
}

/// Returns the finding about a merge that, made without the merge driver, would leave conflict
/// markers in the registry. If the two sides have no common registry, `contested` is an allocation
/// that is at a different path on the branch. `kept` is the branch's side.
pub fn collides_as_text(branch: &str, contested: Option<&Contested>, kept: MergeSide) -> Finding {
    let message = format!(
        "merged without the merge driver, as on a forge, '{REGISTRY_PATH}' conflicts with '{branch}'"
    );
    let resolve = contested.map_or_else(String::new, |contested| {
        format!("; idhooks resolve {}; git commit", contested.path_option(kept))
    });
    let help = format!(
        "merge in a clone with idhooks installed, then push: git merge {}{resolve}",
        shell_quoted(branch)
    );
    Finding::new(Code::RegistryCorrupt, message, help)
}

/// Returns the finding about a registry that was removed along with its configuration, although the
/// revision `before` has one.
pub fn removed(before: &str) -> Finding {
    let message = format!("'{REGISTRY_PATH}' was removed, and with it every identity");
    let help =
        format!("'{before}' has it; to take every identity up again: idhooks init, then commit");
    Finding::new(Code::RegistryCorrupt, message, help)
}

#[cfg(test)]
mod tests {
    use super::*;
    use idhooks_core::registry::Registry;

    const GOOD: &str = concat!(
        r#"{"schema_version":"1.0","scope":"260118","counters":{},"metadata":{},"allocations":["#,
        "\n",
        r#"{"id":"0110073814260118","file_path":"README.md","allocated_at":"2023-11-14T22:13:20Z","status":"active","metadata":{"origin":"c122650e81a52c85"}},"#,
        "\n",
        r#"{"id":"2099941877260118","file_path":"notes.txt","allocated_at":"2023-11-14T22:13:20Z","status":"active","metadata":{"origin":"7d0a75c1e9b04f13"}}"#,
        "\n]}\n"
    );

    #[test]
    fn whatever_is_no_registry_is_one_finding_about_the_whole() {
        assert!(Registry::parse(GOOD.as_bytes()).is_ok());
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        let (head, tail) = GOOD.split_once('\n').expect("lines");
        let conflicted = format!("{head}\n<<<<<<< HEAD\n{tail}=======\n{tail}>>>>>>> side\n");
        let forge = |old: &str, new: &str| GOOD.replacen(old, new, 1).into_bytes();
        let mut forged = vec![
            Vec::new(),
            GOOD.as_bytes()[..GOOD.len() / 2].to_vec(),
            (0..=255).cycle().take(5000).collect(),
            [&GOOD.as_bytes()[..60], b"\xff\xfe", &GOOD.as_bytes()[60..]].concat(),
            b"[]\n".to_vec(),
            vec![b'['; 1_000_000],
            conflicted.into_bytes(),
            forge("\"scope\":\"260118\",", ""),
            forge("\"1.0\"", "\"2.0\""),
            forge("\"status\":\"active\"", "\"status\":\"active\",\"status\":\"active\""),
            forge("\"counters\":{}", "\"counters\":{},\"counters\":{}"),
            forge("\"active\"", "\"alive\""),
            forge("2023-", "23-"),
            forge("\"metadata\":{}", &format!("\"metadata\":{{\"deep\":{deep}}}")),
        ];
        for path in ["../a", "a/../../a", "/etc/passwd", "", "a//b", "./notes.txt", ".git/config"] {
            forged.push(forge("\"notes.txt\"", &format!("\"{path}\"")));
        }
        for text in forged {
            let start = String::from_utf8_lossy(&text[..text.len().min(400)]);
            let error = Registry::parse(&text).expect_err(&start);
            let codes: Vec<Code> = corrupt(&error).iter().map(|finding| finding.code).collect();
            assert_eq!(codes, [Code::RegistryCorrupt], "{start}");
            assert!(error.to_string().len() < 1000, "{error}");
        }
    }
}
