//! The steps of a history, as lines of shell.

/// The shell code that must precede the lines of a [`Script`].
pub(crate) const PRELUDE: &str = r#"# in <member> <command…>: every git command a minute later than the one before
now=1700000000
in() { now=$((now+60)); d=$1; shift; (cd "$d" && GIT_AUTHOR_DATE="$now +0000" GIT_COMMITTER_DATE="$now +0000" GIT_EDITOR=: "$@"); }"#;

/// The lines so far.
#[derive(Default)]
pub(crate) struct Script {
    lines: Vec<String>,
    loud: bool,
}

impl Script {
    /// Returns an empty script; a loud one is shown while it is written.
    pub(crate) fn new(loud: bool) -> Script {
        Script { lines: Vec::new(), loud }
    }

    /// Adds a line.
    #[expect(clippy::print_stderr, reason = "a replay shows what happens")]
    pub(crate) fn say(&mut self, line: String) {
        if self.loud {
            eprintln!("{line}");
        }
        self.lines.push(line);
    }

    /// Returns the lines.
    pub(crate) fn text(&self) -> String {
        self.lines.join("\n")
    }
}

/// Returns a command line.
pub(crate) fn command(words: &[&str]) -> String {
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:~^@+,%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}
