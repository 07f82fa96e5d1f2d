//! Where the jobs of a generated workflow get idhooks: a source that the user names, pinned by a hash.
//! There is no default: the owner of a guessed name could run code in every user's CI.

use clap::Args;

use crate::error::{CommandError, CommandResult};
use crate::output::shell_quoted;

/// The help of `--from`.
const FROM_HELP: &str = "\
Where a job gets idhooks, pinned by a hash

<URL>@<COMMIT>: a git repository at a full commit, built by cargo. <URL>#sha256=<HEX>: a tar archive \
with the program 'idhooks' in it. <OWNER>/<REPOSITORY>@<COMMIT>: the action of that repository, for \
GitHub and Gitea. URLs begin with https://, ssh:// (git only) or file://. A job on a machine that has \
idhooks uses that one.";

/// Options that name the source.
#[derive(Debug, Clone, Args)]
pub(super) struct SourceOptions {
    /// Where a job gets idhooks, pinned by a hash
    #[arg(long, value_name = "SOURCE", long_help = FROM_HELP)]
    from: Option<String>,
    /// Your own command by which a job gets idhooks, in the place of --from; nothing pins what it
    /// installs
    #[arg(long, value_name = "COMMAND", conflicts_with = "from")]
    install: Option<String>,
}

/// How a job gets idhooks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PinnedSource {
    /// A git repository, built at a commit.
    Repository { url: String, commit: String },
    /// An archive with the program.
    Archive { url: String, sha256: String },
    /// The action of a repository at a commit.
    Action { repository: String, commit: String },
    /// A command of the user.
    Command(String),
}

/// An example of each form.
const EXAMPLES: [&str; 3] = [
    "a git repository at a commit: --from https://git.example.org/tools/idhooks@0123456789abcdef0123456789abcdef01234567",
    "a release archive with its SHA-256: --from 'https://example.org/idhooks.tar.gz#sha256=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef'",
    "the action of a repository at a commit (GitHub, Gitea): --from tools/idhooks@0123456789abcdef0123456789abcdef01234567",
];
/// The punctuation that a source may contain; it is harmless in YAML and in a shell.
const PUNCTUATION: &str = "-._~:/?#@%+=,&";

impl SourceOptions {
    /// Returns the source, which `command` requires.
    ///
    /// # Errors
    /// Returns an error if there is no source, or if it is not pinned or not usable in a workflow.
    pub(super) fn required(&self, command: &str) -> CommandResult<PinnedSource> {
        self.named()?.ok_or_else(|| {
            let error = CommandError::new("no source of idhooks for the job is named");
            let error = error.hint(format!("name a source: {command} --from <SOURCE>"));
            EXAMPLES.into_iter().fold(error, CommandError::hint)
        })
    }

    /// Returns the source, if there is one.
    ///
    /// # Errors
    /// Returns an error if it is not pinned or not usable in a workflow.
    pub(super) fn named(&self) -> CommandResult<Option<PinnedSource>> {
        match (&self.from, &self.install) {
            (Some(from), _) => PinnedSource::parse(from).map(Some),
            (None, Some(command)) => own_command(command).map(Some),
            (None, None) => Ok(None),
        }
    }
}

fn own_command(command: &str) -> CommandResult<PinnedSource> {
    if command.contains(['\n', '\r']) {
        return Err(CommandError::new("the command of --install has several lines")
            .hint("join them: --install 'first && second'"));
    }
    // YAML takes some of these for the end of a line, and rejects others.
    let is_unfit = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}');
    if command.trim().is_empty() || command.contains(is_unfit) {
        let what = if command.trim().is_empty() { "is empty" } else { "has control characters" };
        return Err(CommandError::new(format!("the command of --install {what}"))
            .hint("name a source instead: --from <SOURCE>"));
    }
    Ok(PinnedSource::Command(command.to_owned()))
}

fn refused(text: &str, why: &str) -> CommandError {
    CommandError::new(format!("'{}' is not a valid source for --from: {why}", text.escape_debug()))
}

impl PinnedSource {
    fn parse(text: &str) -> CommandResult<Self> {
        let is_fit = |c: char| c.is_ascii_alphanumeric() || PUNCTUATION.contains(c);
        if let Some(bad) = text.chars().find(|c| !is_fit(*c)) {
            let why = format!("it contains the character {bad:?}");
            return Err(refused(text, &why)
                .hint("write characters other than letters, digits and -._~:/?#@%+=,& as %XX"));
        }
        if let Some((url, fragment)) = text.split_once('#') {
            return Self::archive(text, url, fragment);
        }
        let Some((place, commit)) = text.rsplit_once('@') else {
            let error = refused(text, "it is not pinned");
            return Err(EXAMPLES.into_iter().fold(error, CommandError::hint));
        };
        let commit = full_commit(text, place, commit)?;
        if place.contains("://") {
            assert_url(text, place, &["https", "ssh", "file"])?;
            return Ok(PinnedSource::Repository { url: place.to_owned(), commit });
        }
        if is_action(place) {
            return Ok(PinnedSource::Action { repository: place.to_owned(), commit });
        }
        Err(match place.split_once(':') {
            Some((host, path)) => refused(text, "it is not a URL").hint(format!(
                "write it as: ssh://{host}/{}@{commit}",
                path.trim_start_matches('/')
            )),
            None => refused(text, "it is neither a URL nor <OWNER>/<REPOSITORY>")
                .hint(format!("a repository on this machine: file:///path/to/idhooks@{commit}")),
        })
    }

    fn archive(text: &str, url: &str, fragment: &str) -> CommandResult<Self> {
        let hash = fragment.strip_prefix("sha256=").map(str::to_ascii_lowercase);
        let is_hash = |hash: &String| is_hex(hash, &[64]);
        let Some(sha256) = hash.filter(is_hash) else {
            return Err(refused(text, "after '#' must be 'sha256=' and 64 hexadecimal digits")
                .hint("print the hash of the archive: sha256sum <file>"));
        };
        assert_url(text, url, &["https", "file"])?;
        let path = url.split('?').next().unwrap_or(url);
        if path.ends_with(".zip") {
            return Err(
                refused(text, "it is a zip file").hint("name a tar archive (.tar.gz, .tar.xz)")
            );
        }
        Ok(PinnedSource::Archive { url: url.to_owned(), sha256 })
    }

    /// Returns the part of a step of GitHub's or Gitea's Actions that gets idhooks, in lines.
    pub(super) fn action_step(&self) -> Vec<String> {
        match self {
            PinnedSource::Action { repository, commit } => vec![
                format!("uses: {repository}@{commit}"),
                "with:".to_owned(),
                // The steps of the workflow run the check.
                "  check: 'false'".to_owned(),
            ],
            source => source.block("run: |"),
        }
    }

    /// Returns the item of a script of GitLab's that gets idhooks, in lines.
    ///
    /// # Errors
    /// Returns an error for an action, which GitLab cannot run.
    pub(super) fn script_item(&self) -> CommandResult<Vec<String>> {
        if let PinnedSource::Action { repository, commit } = self {
            let source = format!("{repository}@{commit}");
            return Err(refused(&source, "GitLab runs no actions").hint(format!(
                "name the repository by its URL: --from https://github.com/{source}"
            )));
        }
        Ok(self.block("|"))
    }

    /// Returns shell lines, for a shell that stops at the first error. The script of a source that
    /// is not a command runs the program once: the downloaded file may be something else.
    fn script(&self) -> Vec<String> {
        let get = match self {
            PinnedSource::Command(command) => {
                let lines = ["if ! command -v idhooks; then", &format!("  {command}"), "fi"];
                return lines.map(str::to_owned).to_vec();
            }
            PinnedSource::Action { .. } => return Vec::new(),
            PinnedSource::Repository { url, commit } => format!(
                r#"cargo install --locked --root "$dir" --git {} --rev {commit} idhooks"#,
                single_quoted(url)
            ),
            PinnedSource::Archive { url, sha256 } => {
                let scheme = url.split(':').next().unwrap_or_default();
                let values =
                    [("@SCHEME@", scheme), ("@URL@", &single_quoted(url)), ("@SHA256@", sha256)];
                filled(include_str!("templates/get-archive.sh").trim_end(), &values)
            }
        };
        let script = filled(include_str!("templates/get-idhooks.sh"), &[("@GET@", &get)]);
        script.lines().map(str::to_owned).collect()
    }

    /// Returns the script below the key or dash that begins it.
    fn block(&self, head: &str) -> Vec<String> {
        let script = self.script().into_iter().map(|line| format!("  {line}"));
        std::iter::once(head.to_owned()).chain(script).collect()
    }
}

/// Quotes a URL for a shell or for YAML; accepted URLs contain no quote.
pub(super) fn single_quoted(url: &str) -> String {
    format!("'{url}'")
}

fn is_hex(text: &str, lengths: &[usize]) -> bool {
    lengths.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Returns the full name of a commit; a shorter name could change its target.
fn full_commit(text: &str, place: &str, commit: &str) -> CommandResult<String> {
    let is_any = commit.bytes().any(|digit| digit != b'0');
    if is_hex(commit, &[40, 64]) && is_any {
        return Ok(commit.to_ascii_lowercase());
    }
    let why = match commit {
        "" => "the commit after '@' is missing".to_owned(),
        _ => format!(
            "'{commit}' is not a full commit; a tag, a branch or a short name can change its target"
        ),
    };
    let url = match is_action(place) {
        true => format!("https://github.com/{place}"),
        false => place.to_owned(),
    };
    let is_short = !commit.is_empty() && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    let look_up = match commit {
        "" => format!("git ls-remote {} HEAD", shell_quoted(&url)),
        _ if is_short => format!("git rev-parse {commit} (in a clone of it)"),
        // For an annotated tag, the second line is the commit.
        _ => format!(
            "git ls-remote {} {} {}",
            shell_quoted(&url),
            shell_quoted(commit),
            shell_quoted(&format!("{commit}^{{}}"))
        ),
    };
    Err(refused(text, &why).hint(format!("look the commit up, then write it in full: {look_up}")))
}

/// Returns whether a text has the form `<OWNER>/<REPOSITORY>`.
fn is_action(place: &str) -> bool {
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphanumeric())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c))
    };
    place.split_once('/').is_some_and(|(owner, name)| is_name(owner) && is_name(name))
}

/// Asserts that a URL is complete, has a safe scheme and contains no credentials.
fn assert_url(text: &str, url: &str, schemes: &[&str]) -> CommandResult<()> {
    let prefixes = schemes.iter().map(|scheme| format!("{scheme}://")).collect::<Vec<_>>();
    let rest = prefixes.iter().find_map(|scheme| url.strip_prefix(scheme.as_str()));
    let Some(rest) = rest else {
        return Err(refused(text, &format!("the URL does not begin with {}", prefixes.join(", ")))
            .hint(EXAMPLES[0]));
    };
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let is_file = url.starts_with("file:");
    if path.is_empty() || authority.is_empty() != is_file || authority.starts_with('-') {
        let why =
            if is_file { "a file:// URL needs an absolute path" } else { "the URL is incomplete" };
        return Err(refused(text, why).hint(EXAMPLES[usize::from(schemes.len() < 3)]));
    }
    let user = authority.rsplit_once('@').map(|(user, _)| user);
    let is_secret = |user: &str| !url.starts_with("ssh:") || user.contains(':');
    if user.is_some_and(is_secret) {
        return Err(refused(
            text,
            "the URL has a user or a password, which everyone could read in the file",
        )
        .hint("leave it out; a job gets its credentials from the secrets of the service"));
    }
    Ok(())
}

/// Replaces placeholders in a template; placeholders in values are not replaced.
pub(super) fn filled(template: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::new();
    let mut rest = template;
    let next = |rest: &str| {
        let places =
            values.iter().filter_map(|(place, value)| Some((rest.find(place)?, *place, *value)));
        places.min()
    };
    while let Some((at, place, value)) = next(rest) {
        out.push_str(&rest[..at]);
        out.push_str(value);
        rest = &rest[at + place.len()..];
    }
    out + rest
}

#[cfg(test)]
mod tests;
