//! The output of a command, with everything that helps to understand a failure.

use std::fmt;

use super::Repo;

/// The output of a command.
#[must_use = "an output that is not checked tests nothing"]
pub(crate) struct Output<'r> {
    pub(super) repo: &'r Repo,
    pub(super) command: String,
    pub(super) code: Option<i32>,
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: Vec<u8>,
}

impl Output<'_> {
    /// Asserts the exit code.
    pub(crate) fn code(self, expected: i32) -> Self {
        assert!(self.code == Some(expected), "expected exit code {expected}\n{self}");
        self
    }

    /// Asserts success.
    pub(crate) fn ok(self) -> Self {
        self.code(0)
    }

    /// Asserts that the command failed, with any exit code.
    pub(crate) fn refused(self) -> Self {
        assert!(self.code.is_some_and(|code| code != 0), "expected a refusal\n{self}");
        self
    }

    /// Asserts that standard error contains the text.
    pub(crate) fn complains(self, text: &str) -> Self {
        assert!(self.stderr().contains(text), "expected {text:?} on stderr\n{self}");
        self
    }

    /// Asserts an `error:` line that names the thing, a `hint:` line, and no panic.
    pub(crate) fn explains(self, thing: &str) -> Self {
        let stderr = self.stderr();
        let errors = stderr.lines().filter(|line| line.starts_with("error: "));
        let causes = stderr.lines().filter(|line| line.starts_with("cause: "));
        assert!(
            errors.clone().count() > 0 && errors.chain(causes).any(|line| line.contains(thing)),
            "expected an error that names {thing:?}\n{self}"
        );
        assert!(stderr.lines().any(|line| line.starts_with("hint: ")), "expected a hint\n{self}");
        assert!(!stderr.contains("panicked"), "a panic\n{self}");
        self
    }

    /// Returns the exit code; nothing if the command was killed.
    pub(crate) fn exit(&self) -> Option<i32> {
        self.code
    }

    /// Ends a chain of assertions.
    pub(crate) fn done(self) {}

    /// Returns standard output as text.
    pub(crate) fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Returns standard error as text.
    pub(crate) fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }

    /// Returns standard output as bytes.
    pub(crate) fn bytes(self) -> Vec<u8> {
        self.stdout
    }

    /// Returns standard output as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        let parsed = serde_json::from_slice(&self.stdout);
        assert!(parsed.is_ok(), "not JSON: {parsed:?}\n{self}");
        parsed.expect("asserted above")
    }

    /// Returns whether the command succeeded.
    pub(crate) fn succeeded(&self) -> bool {
        self.code == Some(0)
    }
}

impl fmt::Display for Output<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Output { repo, command, code, .. } = self;
        writeln!(f, "command: {command}\nexit code: {code:?}")?;
        writeln!(f, "--- stdout\n{}--- stderr\n{}", clip(&self.stdout()), clip(&self.stderr()))?;
        write!(f, "{}", repo.situation())
    }
}

/// Returns at most the first few thousand characters.
pub(super) fn clip(text: &str) -> String {
    let mut clipped: String = text.chars().take(4000).collect();
    if clipped.len() < text.len() {
        clipped.push_str("\n[…]\n");
    }
    clipped
}
