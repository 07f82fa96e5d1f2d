//! Hints for errors from `idhooks ci`, refused CI configurations, and refused sources for idhooks.

use idhooks_ops::{CiInitRefusal, CiRefusal, GitErrorKind, PinnedSourceFault, PinnedSourceRefusal};

use super::CommandError;
use crate::output::shell_quoted;

/// An example of each kind of source.
const EXAMPLES: [&str; 3] = [
    "a git repository at a commit: --from https://git.example.org/tools/idhooks@0123456789abcdef0123456789abcdef01234567",
    "a release archive with its SHA-256: --from 'https://example.org/idhooks.tar.gz#sha256=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef'",
    "the action of a repository at a commit (GitHub, Gitea): --from tools/idhooks@0123456789abcdef0123456789abcdef01234567",
];

impl From<CiRefusal> for CommandError {
    fn from(refusal: CiRefusal) -> Self {
        let converted = Self::new(refusal.to_string());
        match refusal {
            CiRefusal::NoChange => {
                converted.hint("name it: idhooks ci --base origin/main --head HEAD")
            }
            CiRefusal::NoHead(_) => converted.hint("list the commits: git log --oneline --all"),
            CiRefusal::NoBase(_) => converted
                // By default, CI services fetch only one commit, so the target branch is often
                // missing.
                .hint("fetch it first: git fetch origin; on GitHub: 'fetch-depth: 0' for actions/checkout")
                .hint("or name the target branch: idhooks ci --base <rev>"),
            CiRefusal::Unrelated(_) => converted.hint("a shallow clone lacks it; fetch the rest: git fetch --unshallow (on GitHub, 'fetch-depth: 0' for actions/checkout; on GitLab, GIT_DEPTH: 0)"),
            CiRefusal::NotCheckedOut(_) => converted.hint("check out its branch: git switch <branch> (on GitHub, 'ref: ${{ github.head_ref }}' for actions/checkout)"),
            CiRefusal::Conflicts { target, .. } => converted
                // A forge merges the file as text; many of these conflicts do not occur with the
                // merge driver.
                .hint(format!("merge it by hand, with idhooks installed: git merge {target}")),
            CiRefusal::NotCommitted(error) => {
                let is_unknown = error.kind() == GitErrorKind::UnknownAuthor;
                Self::from(error).hint(if is_unknown {
                    "set your name and email: git config user.name <name>; git config user.email <email>"
                } else {
                    "nothing was changed; fix what git reports, then try again"
                })
            }
        }
    }
}

impl From<CiInitRefusal> for CommandError {
    fn from(refusal: CiInitRefusal) -> Self {
        let converted = Self::new(refusal.to_string());
        match refusal {
            CiInitRefusal::NoSource(provider, is_heal) => {
                let heal = if is_heal { " --heal" } else { "" };
                name_a_source(converted, &format!("idhooks ci init --provider {provider}{heal}"))
            }
            CiInitRefusal::Source(refusal) => refusal.into(),
            CiInitRefusal::NoClock(_) => converted.hint(
                "heal a service clone every hour: idhooks schedule install --systemd --hourly",
            ),
            CiInitRefusal::RepositoryOnly => converted.hint("name one at a commit: --from <URL>@<COMMIT>; without --from and --install, the installed idhooks runs"),
            CiInitRefusal::NoInstall => converted.hint("leave out --from and --install"),
            CiInitRefusal::Exists(_) => converted
                .hint("print the configuration, and add it by hand: --dry-run")
                .hint("or replace it: --force"),
        }
    }
}

/// Adds hints on how to name the source that a command requires.
pub fn name_a_source(error: CommandError, command: &str) -> CommandError {
    let error = error.hint(format!("name a source: {command} --from <SOURCE>"));
    EXAMPLES.into_iter().fold(error, CommandError::hint)
}

impl From<PinnedSourceRefusal> for CommandError {
    fn from(refusal: PinnedSourceRefusal) -> Self {
        let of_command = |what| Self::new(format!("the command of --install {what}"));
        match refusal {
            PinnedSourceRefusal::SeveralLines => {
                of_command("has several lines").hint("join them: --install 'first && second'")
            }
            PinnedSourceRefusal::NoCommand => {
                of_command("is empty").hint("name a source instead: --from <SOURCE>")
            }
            PinnedSourceRefusal::ControlCharacters => {
                of_command("has control characters").hint("name a source instead: --from <SOURCE>")
            }
            PinnedSourceRefusal::Invalid(text, fault) => of_text(&text, &fault),
        }
    }
}

/// Returns the error for a string that is not a source.
fn of_text(text: &str, fault: &PinnedSourceFault) -> CommandError {
    let message = format!("'{}' is not a valid source for --from: {fault}", text.escape_debug());
    let error = CommandError::new(message);
    match fault {
        PinnedSourceFault::Character(_) => {
            error.hint("write characters other than letters, digits and -._~:/?#@%+=,& as %XX")
        }
        PinnedSourceFault::NotPinned => EXAMPLES.into_iter().fold(error, CommandError::hint),
        PinnedSourceFault::NotAUrl { host, path, commit } => error
            .hint(format!("write it as: ssh://{host}/{}@{commit}", path.trim_start_matches('/'))),
        PinnedSourceFault::NoPlace(commit) => {
            error.hint(format!("a repository on this machine: file:///path/to/idhooks@{commit}"))
        }
        PinnedSourceFault::NoHash => error.hint("print the hash of the archive: sha256sum <file>"),
        PinnedSourceFault::Zip => error.hint("name a tar archive (.tar.gz, .tar.xz)"),
        PinnedSourceFault::NoActions => {
            error.hint(format!("name the repository by its URL: --from https://github.com/{text}"))
        }
        PinnedSourceFault::Commit { url, commit } => error.hint(format!(
            "look the commit up, then write it in full: {}",
            how_to_look_up(url, commit)
        )),
        PinnedSourceFault::Scheme(_) => error.hint(EXAMPLES[0]),
        PinnedSourceFault::RelativeFile | PinnedSourceFault::Incomplete => {
            // Only an archive URL contains a hash.
            error.hint(EXAMPLES[usize::from(text.contains('#'))])
        }
        PinnedSourceFault::Credentials => {
            error.hint("remove them; jobs get credentials from the secrets of the service")
        }
    }
}

/// Returns the command that prints the full name of a commit in a repository.
fn how_to_look_up(url: &str, commit: &str) -> String {
    let url = shell_quoted(url);
    match commit {
        "" => format!("git ls-remote {url} HEAD"),
        // A remote resolves only ref names, so `git ls-remote` does not find abbreviated ids.
        _ if commit.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            format!("git rev-parse {commit} (in a clone of it)")
        }
        // For an annotated tag, the second line names the commit.
        _ => format!(
            "git ls-remote {url} {} {}",
            shell_quoted(commit),
            shell_quoted(&format!("{commit}^{{}}"))
        ),
    }
}
