//! Where the jobs in a generated workflow get idhooks: from a source that the user names, pinned by
//! a hash. There is no default, because the owner of a guessed name could run code in every user's
//! CI.

/// How a job gets idhooks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PinnedSource {
    /// A git repository, built at a specific commit.
    Repository {
        /// The repository's URL.
        url: String,
        /// The commit's full hash.
        commit: String,
    },
    /// An archive that contains the program.
    Archive {
        /// The archive's URL.
        url: String,
        /// The archive's SHA-256, as hexadecimal digits.
        sha256: String,
    },
    /// An action in a repository, at a specific commit.
    Action {
        /// The repository's owner and name.
        repository: String,
        /// The commit's full hash.
        commit: String,
    },
    /// The user's own command, which is not pinned.
    Command(String),
}

/// Why a source is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PinnedSourceRefusal {
    /// The string is not a valid source.
    #[error("'{}' is not a valid source: {}", .0.escape_debug(), .1)]
    Invalid(String, PinnedSourceFault),
    /// The command has several lines.
    #[error("the command has several lines")]
    SeveralLines,
    /// The command is empty.
    #[error("the command is empty")]
    NoCommand,
    /// The command contains characters that end a line in YAML or that YAML rejects.
    #[error("the command has control characters")]
    ControlCharacters,
}

/// Why a string is not a valid source.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PinnedSourceFault {
    /// It contains a character that may be special in YAML or in a shell.
    #[error("it contains the character {0:?}")]
    Character(char),
    /// It names neither a commit nor a hash.
    #[error("it is not pinned")]
    NotPinned,
    /// It uses ssh's short form, HOST:PATH.
    #[error("it is not a URL")]
    NotAUrl {
        /// The name of the host.
        host: String,
        /// The path on that host.
        path: String,
        /// The commit.
        commit: String,
    },
    /// It has neither a URL nor an owner, only this commit.
    #[error("it is neither a URL nor <OWNER>/<REPOSITORY>")]
    NoPlace(String),
    /// The archive's URL is not followed by a hash.
    #[error("after '#' must be 'sha256=' and 64 hexadecimal digits")]
    NoHash,
    /// The archive is a zip file.
    #[error("it is a zip file")]
    Zip,
    /// It is an action, but the service does not support actions.
    #[error("GitLab runs no actions")]
    NoActions,
    /// A source's commit is missing, or is not a full hash.
    #[error("{}", match .commit.as_str() {
        "" => "the commit after '@' is missing".to_owned(),
        commit => format!("'{commit}' is not a full commit; a tag, a branch or a short name can change its target"),
    })]
    Commit {
        /// The URL of the repository.
        url: String,
        /// The commit.
        commit: String,
    },
    /// The URL has none of these schemes.
    #[error("the URL does not begin with {}", .0.iter().map(|scheme| format!("{scheme}://")).collect::<Vec<_>>().join(", "))]
    Scheme(&'static [&'static str]),
    /// The file URL has no absolute path.
    #[error("a file:// URL needs an absolute path")]
    RelativeFile,
    /// The URL has no host, or no path after the host.
    #[error("the URL is incomplete")]
    Incomplete,
    /// The URL contains a user or a password.
    #[error("the URL has a user or a password, which everyone could read in the file")]
    Credentials,
}

/// The punctuation allowed in a source; these characters are harmless in YAML and in a shell.
const PUNCTUATION: &str = "-._~:/?#@%+=,&";

/// The schemes allowed in URLs of git repositories.
const REPOSITORY_SCHEMES: &[&str] = &["https", "ssh", "file"];
/// The schemes allowed in archive URLs.
const ARCHIVE_SCHEMES: &[&str] = &["https", "file"];

impl PinnedSource {
    /// Parses a source that is pinned by a hash.
    ///
    /// # Errors
    /// Returns an error if the source is not pinned, or not usable in a workflow.
    pub fn parse(text: &str) -> Result<Self, PinnedSourceRefusal> {
        Self::parse_valid(text)
            .map_err(|fault| PinnedSourceRefusal::Invalid(text.to_owned(), fault))
    }

    /// Accepts a user's own command.
    ///
    /// # Errors
    /// Returns an error if the command is empty, or not usable in a workflow.
    pub fn command(command: &str) -> Result<Self, PinnedSourceRefusal> {
        // Some of these characters end a line in YAML; YAML rejects the others.
        let is_unfit =
            |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}');
        if command.contains(['\n', '\r']) {
            Err(PinnedSourceRefusal::SeveralLines)
        } else if command.trim().is_empty() {
            Err(PinnedSourceRefusal::NoCommand)
        } else if command.contains(is_unfit) {
            Err(PinnedSourceRefusal::ControlCharacters)
        } else {
            Ok(PinnedSource::Command(command.to_owned()))
        }
    }

    fn parse_valid(text: &str) -> Result<Self, PinnedSourceFault> {
        let is_fit = |c: char| c.is_ascii_alphanumeric() || PUNCTUATION.contains(c);
        if let Some(bad) = text.chars().find(|c| !is_fit(*c)) {
            return Err(PinnedSourceFault::Character(bad));
        }
        if let Some((url, fragment)) = text.split_once('#') {
            return Self::archive(url, fragment);
        }
        let (place, commit) = text.rsplit_once('@').ok_or(PinnedSourceFault::NotPinned)?;
        let commit = full_commit(place, commit)?;
        if place.contains("://") {
            assert_url(place, REPOSITORY_SCHEMES)?;
            return Ok(PinnedSource::Repository { url: place.to_owned(), commit });
        }
        if is_action(place) {
            return Ok(PinnedSource::Action { repository: place.to_owned(), commit });
        }
        Err(match place.split_once(':') {
            Some((host, path)) => {
                PinnedSourceFault::NotAUrl { host: host.to_owned(), path: path.to_owned(), commit }
            }
            None => PinnedSourceFault::NoPlace(commit),
        })
    }

    fn archive(url: &str, fragment: &str) -> Result<Self, PinnedSourceFault> {
        let hash = fragment.strip_prefix("sha256=").map(str::to_ascii_lowercase);
        let sha256 = hash.filter(|hash| is_hex(hash, &[64])).ok_or(PinnedSourceFault::NoHash)?;
        assert_url(url, ARCHIVE_SCHEMES)?;
        // A query may follow the file name. Zip files are refused because the script unpacks
        // archives with tar.
        if url.split('?').next().unwrap_or(url).ends_with(".zip") {
            return Err(PinnedSourceFault::Zip);
        }
        Ok(PinnedSource::Archive { url: url.to_owned(), sha256 })
    }

    /// Returns the lines that install idhooks as a step in GitHub or Gitea Actions.
    pub fn action_step(&self) -> Vec<String> {
        match self {
            PinnedSource::Action { repository, commit } => vec![
                format!("uses: {repository}@{commit}"),
                "with:".to_owned(),
                // The workflow's own steps run the check.
                "  check: 'false'".to_owned(),
            ],
            source => source.block("run: |"),
        }
    }

    /// Returns the lines that install idhooks as an item in a GitLab script.
    ///
    /// # Errors
    /// Returns an error if the source is an action, which GitLab cannot run.
    pub(super) fn script_item(&self) -> Result<Vec<String>, PinnedSourceRefusal> {
        if let PinnedSource::Action { repository, commit } = self {
            let source = format!("{repository}@{commit}");
            return Err(PinnedSourceRefusal::Invalid(source, PinnedSourceFault::NoActions));
        }
        Ok(self.block("|"))
    }

    /// Returns the lines that install idhooks, for a shell that stops at the first error. Unless
    /// the source is a command, the lines also run the program once, in case something else was
    /// downloaded.
    fn script(&self) -> Vec<String> {
        let get = match self {
            PinnedSource::Command(command) => {
                // The job's machine may already have idhooks.
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

    /// Returns the script, indented to fit under the key or dash that introduces it.
    fn block(&self, head: &str) -> Vec<String> {
        let script = self.script().into_iter().map(|line| format!("  {line}"));
        std::iter::once(head.to_owned()).chain(script).collect()
    }
}

/// Quotes a URL for a shell or for YAML; accepted URLs contain no quotes.
pub(super) fn single_quoted(url: &str) -> String {
    format!("'{url}'")
}

fn is_hex(text: &str, lengths: &[usize]) -> bool {
    lengths.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Returns a commit's full hash; an abbreviated hash could later match another commit as well.
fn full_commit(place: &str, commit: &str) -> Result<String, PinnedSourceFault> {
    // Forges write zeros when there is no commit.
    let is_any = commit.bytes().any(|digit| digit != b'0');
    if is_hex(commit, &[40, 64]) && is_any {
        return Ok(commit.to_ascii_lowercase());
    }
    let url = match is_action(place) {
        true => format!("https://github.com/{place}"),
        false => place.to_owned(),
    };
    Err(PinnedSourceFault::Commit { url, commit: commit.to_owned() })
}

/// Returns whether a string has the form `<OWNER>/<REPOSITORY>`.
fn is_action(place: &str) -> bool {
    // Without this check, a name could be mistaken for an option or a hidden file.
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphanumeric())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c))
    };
    place.split_once('/').is_some_and(|(owner, name)| is_name(owner) && is_name(name))
}

/// Checks that a URL is complete, has a safe scheme and contains no credentials.
fn assert_url(url: &str, schemes: &'static [&'static str]) -> Result<(), PinnedSourceFault> {
    let scheme = url.split_once("://").filter(|(scheme, _)| schemes.contains(scheme));
    let (_, rest) = scheme.ok_or(PinnedSourceFault::Scheme(schemes))?;
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let is_file = url.starts_with("file:");
    // ssh mistakes a host that begins with '-' for an option.
    if path.is_empty() || authority.is_empty() != is_file || authority.starts_with('-') {
        return Err(if is_file {
            PinnedSourceFault::RelativeFile
        } else {
            PinnedSourceFault::Incomplete
        });
    }
    let user = authority.rsplit_once('@').map(|(user, _)| user);
    // An ssh URL needs a user, such as git@, which is not a secret.
    let is_secret = |user: &str| !url.starts_with("ssh:") || user.contains(':');
    if user.is_some_and(is_secret) { Err(PinnedSourceFault::Credentials) } else { Ok(()) }
}

/// Fills in the placeholders in a template; placeholders inside values are left alone.
pub fn filled(template: &str, values: &[(&str, &str)]) -> String {
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
