//! Parses the command line that a shell passes for completion, and formats candidates for the shell.

use std::{ffi::OsString, path::Path};

use clap_complete::CompletionCandidate;

use crate::output::safe;

idhooks_core::words! {
    /// A shell with completion support.
    #[derive(clap::ValueEnum)]
    pub(super) enum Shell {
        /// bash 3.2 or newer
        Bash = "bash",
        /// zsh
        Zsh = "zsh",
        /// fish
        Fish = "fish",
        /// PowerShell 5 or newer
        Powershell = "powershell",
        /// Elvish
        Elvish = "elvish",
    }
}

/// A command line up to the word under the cursor.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct CommandLine {
    /// The words, starting with the name of the program.
    pub(super) words: Vec<OsString>,
    /// The index of the word to complete.
    pub(super) index: usize,
    /// The text that the shell keeps in front of a candidate; candidates are printed without it.
    kept: String,
}

impl CommandLine {
    /// Reads the words that a shell's completion script passes.
    pub(super) fn new(shell: Shell, mut words: Vec<OsString>, index: Option<usize>) -> Self {
        let last = words.len().saturating_sub(1);
        let index = match shell {
            Shell::Fish | Shell::Powershell => last,
            Shell::Bash | Shell::Zsh | Shell::Elvish => index.unwrap_or(last),
        };
        words.truncate(index + 1);
        // Some shells do not pass the word under the cursor if it is empty.
        words.resize(index + 1, OsString::new());
        let mut line = CommandLine { words, index, kept: String::new() };
        if shell == Shell::Bash {
            line.join_at_equals_signs();
        }
        for (n, word) in line.words.iter_mut().enumerate() {
            let is_raw = match shell {
                Shell::Bash | Shell::Zsh => true,
                // fish removes the quotes from all words except the unfinished one.
                Shell::Fish => n == index,
                Shell::Powershell | Shell::Elvish => false,
            };
            if let Some(text) = word.to_str().filter(|_| is_raw) {
                *word = unquoted(text).into();
            }
        }
        line
    }

    /// Joins words that bash splits into three, such as `--format`, `=` and `json`.
    fn join_at_equals_signs(&mut self) {
        let mut joined: Vec<OsString> = Vec::new();
        let mut goes_on = false;
        for word in &self.words {
            let is_option = |last: &OsString| last.to_str().is_some_and(|l| l.starts_with("--"));
            let is_sign = word == "=" && joined.last().is_some_and(is_option);
            match joined.last_mut().filter(|_| is_sign || goes_on) {
                Some(last) => last.push(word),
                None => joined.push(word.clone()),
            }
            goes_on = is_sign;
        }
        // bash replaces only the part after `=`, so candidates must not repeat the part before it.
        if let Some(last) = joined.last().and_then(|last| last.to_str())
            && joined.len() < self.words.len()
            && let Some(at) = last.find('=').filter(|_| last.starts_with("--"))
        {
            last[..=at].clone_into(&mut self.kept);
        }
        self.index = joined.len().saturating_sub(1);
        self.words = joined;
    }

    /// Returns the directory that `-C` names.
    pub(super) fn directory(&self) -> Option<OsString> {
        // The word under the cursor may be an unfinished `-C`.
        let mut before = self.words[..self.index].iter();
        match before.find_map(|word| word.to_str()?.strip_prefix("-C"))? {
            "" => before.next().cloned(),
            named => Some(named.into()),
        }
    }
}

/// Removes quotes and backslashes from a word, as a shell does.
fn unquoted(word: &str) -> String {
    let (mut text, mut quote) = (String::new(), None);
    let mut signs = word.chars();
    while let Some(sign) = signs.next() {
        match (sign, quote) {
            ('\'' | '"', None) => quote = Some(sign),
            (_, Some(open)) if sign == open => quote = None,
            ('\\', None | Some('"')) => text.extend(signs.next()),
            _ => text.push(sign),
        }
    }
    text
}

/// Formats the candidates for a shell's completion script, omitting those that the shell or a
/// terminal would not treat as a plain word.
pub(super) fn formatted(shell: Shell, line: &CommandLine, all: &[CompletionCandidate]) -> String {
    all.iter().filter_map(|candidate| one(shell, line, candidate)).collect()
}

fn one(shell: Shell, line: &CommandLine, candidate: &CompletionCandidate) -> Option<String> {
    // PowerShell does not quote candidates, so it would run a `$(…)` in a file name; the other
    // shells quote them.
    let is_bare = |sign: char| sign.is_alphanumeric() || "._-/=+".contains(sign);
    let is_word = |value: &&str| shell != Shell::Powershell || value.chars().all(is_bare);
    let value = candidate.get_value().to_str().filter(|value| is_plain(value)).filter(is_word)?;
    let help = candidate.get_help().map(ToString::to_string).unwrap_or_default();
    let help = help.lines().next().filter(|help| is_plain(help)).unwrap_or_default();
    Some(match shell {
        Shell::Bash => {
            let value = value.strip_prefix(&line.kept).unwrap_or(value);
            // Readline adds the slash after a directory itself, outside the quotes that it closes.
            let is_marked = line.directory().is_none() && Path::new(value).is_dir();
            format!("{}\n", if is_marked { value.trim_end_matches('/') } else { value })
        }
        Shell::Elvish => format!("{value}\n"),
        Shell::Zsh if help.is_empty() => format!("{}\n", zsh_escaped(value)),
        Shell::Zsh => format!("{}:{}\n", zsh_escaped(value), help.replace('\\', "\\\\")),
        Shell::Fish | Shell::Powershell if help.is_empty() => format!("{value}\n"),
        Shell::Fish | Shell::Powershell => format!("{value}\t{help}\n"),
    })
}

fn zsh_escaped(value: &str) -> String {
    // zsh's `_describe` splits a candidate from its help at the first colon.
    value.replace('\\', "\\\\").replace(':', "\\:")
}

fn is_plain(text: &str) -> bool {
    safe(text) == text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(shell: Shell, all: &[&str], index: usize) -> CommandLine {
        CommandLine::new(shell, all.iter().map(OsString::from).collect(), Some(index))
    }

    #[test]
    fn quotes_are_taken_away() {
        for (raw, word) in [
            ("a\\ b", "a b"),
            ("'a b'c", "a bc"),
            ("\"a \\\"b", "a \"b"),
            ("'a\\b'", "a\\b"),
            ("a\\", "a"),
            ("", ""),
        ] {
            assert_eq!(unquoted(raw), word, "{raw}");
            assert_eq!(words(Shell::Fish, &["idhooks", raw], 0).words[1], word);
            assert_eq!(words(Shell::Elvish, &["idhooks", raw], 1).words[1], raw);
        }
    }

    #[test]
    fn what_bash_takes_apart_is_joined() {
        let line = words(Shell::Bash, &["idhooks", "list", "--format", "=", "js", "x"], 4);
        assert_eq!((line.words[2].to_str(), line.index), (Some("--format=js"), 2));
        assert_eq!(line.kept, "--format=");
        let line = words(Shell::Bash, &["idhooks", "--format", "="], 2);
        assert_eq!((line.words[1].to_str(), line.index), (Some("--format="), 1));
        let line = words(Shell::Bash, &["idhooks", "--a", "=", "b", "c"], 4);
        assert_eq!((line.words.len(), line.index, line.kept.as_str()), (3, 2, ""));
        let line = words(Shell::Bash, &["idhooks", "x"], 4);
        assert_eq!((line.words.len(), line.index), (5, 4));
    }

    #[test]
    fn the_directory_is_found() {
        let named = |all: &[&str]| words(Shell::Bash, all, all.len() - 1).directory();
        assert_eq!(named(&["idhooks", "-C", "a", "show", ""]), Some("a".into()));
        assert_eq!(named(&["idhooks", "-Ca", ""]), Some("a".into()));
        assert_eq!(named(&["idhooks", "show", ""]), None);
    }

    #[test]
    fn only_what_is_a_word_is_shown() {
        let all = ["a b", "$(x)", "a:b", "a\nb", "a\u{1b}[31m", "\u{202e}x", "p/q=1"];
        let all = all.map(|value| CompletionCandidate::new(value).help(Some("h".into())));
        let shown = |shell| formatted(shell, &words(shell, &["idhooks", ""], 1), &all);
        assert_eq!(shown(Shell::Bash), "a b\n$(x)\na:b\np/q=1\n");
        assert_eq!(shown(Shell::Zsh), "a b:h\n$(x):h\na\\:b:h\np/q=1:h\n");
        assert_eq!(shown(Shell::Fish), "a b\th\n$(x)\th\na:b\th\np/q=1\th\n");
        assert_eq!(shown(Shell::Powershell), "p/q=1\th\n");
    }
}
