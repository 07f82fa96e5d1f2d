//! The steps of a history, as lines of shell.

use std::path::{Path, PathBuf};

use crate::simulator::team::Answer;

/// The shell code that must precede the lines of a [`Script`].
pub(crate) const PRELUDE: &str = r#"# in <member> <command…>: every git command a minute later than the one before
now=1700000000
in() { now=$((now+60)); d=$1; shift; (cd "$d" && GIT_AUTHOR_DATE="$now +0000" GIT_COMMITTER_DATE="$now +0000" GIT_EDITOR=: "$@"); }"#;

/// The lines so far.
#[derive(Default)]
pub(crate) struct Script {
    lines: Vec<String>,
    loud: bool,
    /// The lines and what was answered, if a transcript is wanted.
    transcript: Option<String>,
}

impl Script {
    /// Returns an empty script; a loud one is shown while it is written.
    pub(crate) fn new(loud: bool) -> Script {
        let transcript = transcripts().map(|_| String::new());
        Script { lines: Vec::new(), loud, transcript }
    }

    /// Adds a line.
    #[expect(clippy::print_stderr, reason = "a replay shows what happens")]
    pub(crate) fn say(&mut self, line: String) {
        if self.loud {
            eprintln!("{line}");
        }
        if let Some(transcript) = &mut self.transcript {
            transcript.push_str(&line);
            transcript.push('\n');
        }
        self.lines.push(line);
    }

    /// Notes what was answered to the last line.
    pub(crate) fn hear(&mut self, answer: &Answer) {
        let Some(transcript) = &mut self.transcript else { return };
        transcript.push_str(if answer.ok { "# done\n" } else { "# refused\n" });
        for line in answer.text.lines() {
            transcript.push_str(&format!("# {line}\n"));
        }
    }

    /// Writes the transcript, in which the directory of the history is `<root>`.
    pub(crate) fn keep_transcript(&self, name: &str, root: &Path) {
        let (Some(transcript), Some(dir)) = (&self.transcript, transcripts()) else { return };
        let text = transcript.replace(&*root.to_string_lossy(), "<root>");
        std::fs::create_dir_all(&dir).expect("a directory can be made");
        std::fs::write(dir.join(name), text).expect("a transcript can be written");
    }

    /// Returns the lines.
    pub(crate) fn text(&self) -> String {
        self.lines.join("\n")
    }
}

/// Returns the directory for transcripts, if they are wanted.
fn transcripts() -> Option<PathBuf> {
    std::env::var_os("IDHOOKS_TRANSCRIPTS").map(PathBuf::from)
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
