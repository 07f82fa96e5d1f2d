//! The request that a waiting `idhooks allocate` sends to the running one, which then makes the
//! changes for both at once.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::path::Path;

use idhooks_core::plan::Choice;
use idhooks_core::registry::{Id, RepoPath};
use idhooks_repo::git::Repo;
use idhooks_repo::store::WaitingRequest;

use super::case::{AllocateCase, AllocateStep, IfHeld};
use super::options::AllocateOptions;
use crate::typed_paths::named_file;
use crate::{OpsError, PathError, RegistryDraft};

/// The first word of a request; other versions of the program may write a different word.
const KIND: &str = "allocate-2";

/// Files that need an identity.
#[derive(Debug, PartialEq, Eq)]
struct AllocateRequest {
    if_missing: bool,
    choice: Choice,
    paths: BTreeSet<RepoPath>,
}

/// Builds the request that a waiting process sends to the running one, for the files in `options`.
///
/// # Errors
/// Returns an error if a path is outside the repository.
pub(super) fn of(repo: &Repo, options: &AllocateOptions) -> Result<Vec<u8>, OpsError> {
    let paths = options.files.iter().map(|typed| named_file(repo, typed));
    let paths = paths.collect::<Result<_, PathError>>()?;
    let (if_missing, choice) = (options.if_missing, options.choice);
    Ok(AllocateRequest { if_missing, choice, paths }.to_bytes())
}

/// Returns the answer to a request: each identity with its path, terminated by NUL.
pub(super) fn answer(ids: &BTreeMap<RepoPath, Id>) -> Vec<u8> {
    let entry = |(path, id): (&RepoPath, &Id)| {
        [id.to_string().as_bytes(), b" ", path.as_bytes(), b"\0"].concat()
    };
    ids.iter().flat_map(entry).collect()
}

/// Parses an answer; returns `None` for anything else.
pub(super) fn answered(bytes: &[u8]) -> Option<BTreeMap<RepoPath, Id>> {
    let entries = bytes.strip_suffix(b"\0")?.split(|byte| *byte == 0);
    let entry = |entry: &[u8]| {
        let (id, path) = entry.split_at_checked(Id::DIGITS)?;
        let id = std::str::from_utf8(id).ok()?.parse().ok()?;
        Some((RepoPath::new(path.strip_prefix(b" ")?).ok()?, id))
    };
    entries.map(entry).collect()
}

impl AllocateRequest {
    /// Formats the request: a line of words, then the NUL-terminated paths, then a marker that
    /// shows that the request is complete.
    fn to_bytes(&self) -> Vec<u8> {
        let Choice { type_code, namespace } = self.choice;
        let (type_code, namespace) = (word(type_code), word(namespace));
        let mut bytes =
            format!("{KIND} {} {type_code} {namespace}\n", self.if_missing).into_bytes();
        for path in &self.paths {
            bytes.extend_from_slice(path.as_bytes());
            bytes.push(0);
        }
        bytes.push(b'\n');
        bytes
    }

    fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let (words, rest) = bytes.split_at(bytes.iter().position(|byte| *byte == b'\n')?);
        let words: Vec<&str> = std::str::from_utf8(words).ok()?.split(' ').collect();
        let [KIND, if_missing, type_code, namespace] = *words else { return None };
        let part = |text: &str| (text != "-").then(|| text.to_owned());
        let choice = Choice {
            type_code: part(type_code).map(|text| text.parse()).transpose().ok()?,
            namespace: part(namespace).map(|text| text.parse()).transpose().ok()?,
        };
        let paths = rest.strip_prefix(b"\n")?.strip_suffix(b"\0\n")?.split(|byte| *byte == 0);
        let paths = paths.map(RepoPath::new).collect::<Result<_, _>>().ok()?;
        Some(AllocateRequest { if_missing: if_missing.parse().ok()?, choice, paths })
    }
}

fn word(part: Option<impl Display>) -> String {
    part.map_or_else(|| "-".to_owned(), |part| part.to_string())
}

/// Adds the identities that waiting processes request to `draft`, except for requests that need a
/// decision. Returns the answer to each request. A process whose request is not answered runs by
/// itself and reports the error.
pub(super) fn carry_out(
    draft: &mut RegistryDraft<'_>,
    case: impl Fn(&Path, Choice, IfHeld) -> Result<AllocateCase, OpsError>,
) -> Vec<(WaitingRequest, BTreeMap<RepoPath, Id>)> {
    let repo = draft.transaction.repo;
    // The waiting processes refer to the working tree's own index, but a commit such as 'git commit
    // FILE' uses a temporary one.
    if repo.index_is_named() {
        return Vec::new();
    }
    let waiting = WaitingRequest::all(&repo.worktree_state_dir());
    let done = waiting.into_iter().filter_map(|waiting| {
        let request = AllocateRequest::of_bytes(&waiting.text)?;
        let ids = carry_out_one(draft, &case, request)?;
        Some((waiting, ids))
    });
    done.collect()
}

/// Carries out one request; returns `None` if a file cannot get an identity. In that case the draft
/// is unchanged, unless a counter turned out to be full partway through.
fn carry_out_one(
    draft: &mut RegistryDraft<'_>,
    case: &impl Fn(&Path, Choice, IfHeld) -> Result<AllocateCase, OpsError>,
    AllocateRequest { if_missing, choice, paths }: AllocateRequest,
) -> Option<BTreeMap<RepoPath, Id>> {
    let if_held = if if_missing { IfHeld::Return } else { IfHeld::Refuse };
    let (mut ids, mut open) = (BTreeMap::new(), Vec::new());
    for path in paths {
        let typed = draft.transaction.repo.top().join(path.to_os_path());
        match (case(&typed, choice, if_held).ok()?.step, draft.holder(&path)) {
            (AllocateStep::Held(id), _) => drop(ids.insert(path, id)),
            (AllocateStep::Open, None) => open.push(path),
            // This run has already given the file an identity, for itself or for another request.
            _ => return None,
        }
    }
    // Nothing is allocated until every file is accepted, because a refused request must leave the
    // draft unchanged.
    draft.assigner.choice = choice;
    for path in open {
        let new = draft.allocate(&path, None).ok()??;
        ids.insert(path, new.id);
    }
    Some(ids)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_as_it_was_written_or_not_at_all() {
        let paths = [&b"a b\n"[..], b"c/\xff"].map(|path| RepoPath::new(path).expect("valid"));
        let ids = ["0110000001260118", "2010000002260118"].map(|id| id.parse().expect("valid"));
        let ids: BTreeMap<RepoPath, Id> = paths.into_iter().zip(ids).collect();
        let bytes = answer(&ids);
        assert_eq!(answered(&bytes), Some(ids.clone()));
        for length in 0..bytes.len() {
            assert_ne!(answered(&bytes[..length]), Some(ids.clone()));
        }
        assert_eq!(answered(b"0110000001260118 a\n"), None);
    }

    #[test]
    fn a_request_is_read_as_it_was_written_or_not_at_all() {
        let paths = [&b"a b\n"[..], b"c/\xff"].map(|path| RepoPath::new(path).expect("valid"));
        for choice in [
            Choice::default(),
            Choice { type_code: "20".parse().ok(), namespace: "100".parse().ok() },
        ] {
            let request = AllocateRequest { if_missing: true, choice, paths: paths.clone().into() };
            let bytes = request.to_bytes();
            assert_eq!(AllocateRequest::of_bytes(&bytes), Some(request));
            for length in 0..bytes.len() {
                assert_eq!(AllocateRequest::of_bytes(&bytes[..length]), None);
            }
        }
        assert_eq!(AllocateRequest::of_bytes(b"allocate-3 true - -\na\0\n"), None);
    }
}
