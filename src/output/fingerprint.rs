//! Computes the fingerprints that code scanning services use to recognize a finding in the next
//! run.

use std::collections::HashMap;

use idhooks_core::{check::Finding, registry::hex};
use sha2::{Digest, Sha256};

/// Returns a fingerprint for each finding, in order. Fingerprints are unique, and stable between
/// runs.
///
/// A fingerprint does not depend on the message, which contains numbers that change from run to
/// run. Findings that differ only in their messages are numbered.
pub(super) fn fingerprints(findings: &[Finding]) -> Vec<String> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let number = |finding| {
        // The first of several equal findings keeps the fingerprint it would have on its own, so
        // that a new equal finding does not reopen it.
        let own = fingerprint(finding, 0);
        let times = seen.entry(own.clone()).or_default();
        *times += 1;
        if *times == 1 { own } else { fingerprint(finding, *times) }
    };
    findings.iter().map(number).collect()
}

fn fingerprint(finding: &Finding, times: usize) -> String {
    let mut hash = Sha256::new();
    let mut add = |part: Option<&[u8]>| {
        // Without the lengths, the same text split differently would have the same hash.
        let part = part.map(|part| (part.len().to_string(), part));
        let (length, part) = part.unwrap_or_default();
        hash.update(length);
        hash.update(":");
        hash.update(part);
    };
    add(Some(finding.code.as_str().as_bytes()));
    add(finding.path.as_ref().map(|path| path.as_bytes()));
    add(finding.id.as_deref().map(str::as_bytes));
    for related in finding.lasting_related() {
        add(related.path.as_ref().map(|path| path.as_bytes()));
        add(related.id.as_deref().map(str::as_bytes));
        add(related.commit.as_deref().map(str::as_bytes));
    }
    // A reference that was reviewed and becomes suspect again is a new finding.
    if let Some(reference) = &finding.reference {
        add(Some(reference.text.as_bytes()));
    }
    // The line number is left out, because it changes with every edit above it.
    if let Some(class) = finding.code_class() {
        add(Some(class.kind.as_bytes()));
    }
    add(Some(times.to_string().as_bytes()));
    hex::encode(&hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;
    use idhooks_core::{check::Code, registry::RepoPath};

    #[test]
    fn a_fingerprint_does_not_depend_on_the_message() {
        let path = |bytes: &[u8]| RepoPath::new(bytes).expect("a path");
        let a = Finding::new(Code::MissingId, "m", "h").at(&path(b"a"));
        let b = Finding { message: "other".to_owned(), ..a.clone() };
        let bytes = a.clone().at(&path(b"\xff"));
        let others = a.clone().at(&path(b"\xfe"));
        let prints = fingerprints(&[a.clone(), bytes, others, b.clone()]);
        assert_eq!(prints[0], fingerprints(&[b])[0]);
        let distinct: std::collections::BTreeSet<&String> = prints.iter().collect();
        assert_eq!(distinct.len(), 4);
        assert_eq!(fingerprints(&[a.clone(), a.clone()])[1], fingerprints(&[a.clone(), a])[1]);
    }
}
