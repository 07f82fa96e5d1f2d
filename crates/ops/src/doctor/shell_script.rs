//! [`shell_commands`]: the simple commands in a shell script, in order. The parser understands
//! words, quotes, comments and operators; it turns everything else into words that match no known
//! command.

use std::iter::Peekable;
use std::str::Chars;

/// The characters that form operators.
const OPERATORS: &str = ";|&()<>";

/// A word in a script.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ShellWord {
    /// The word as written.
    pub(super) raw: String,
    /// The word without its quotes.
    pub(super) text: String,
    /// Whether the shell expands any part of the word.
    pub(super) is_expanded: bool,
}

/// A simple command in a script.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ShellCommand {
    pub(super) words: Vec<ShellWord>,
    /// The operator after the command; empty at the end of a line and for `;`.
    pub(super) operator: String,
    /// Whether the command's input is redirected.
    pub(super) reads_file: bool,
    /// Whether a here-document follows.
    pub(super) has_text: bool,
    /// Whether it is the last command in the script.
    pub(super) is_last: bool,
}

impl ShellCommand {
    /// Returns the words without their quotes.
    pub(super) fn texts(&self) -> Vec<&str> {
        self.words.iter().map(|word| &*word.text).collect()
    }

    /// Returns whether the next command runs regardless of whether this one fails.
    pub(super) fn ends_statement(&self) -> bool {
        self.operator.is_empty()
    }
}

/// Splits a script into its simple commands.
pub(super) fn shell_commands(script: &str) -> Vec<ShellCommand> {
    let mut reader = ScriptReader { rest: script.chars().peekable(), ..ScriptReader::default() };
    reader.read();
    if let Some(last) = reader.commands.last_mut() {
        last.is_last = true;
    }
    reader.commands
}

/// The parser's state while reading a script.
struct ScriptReader<'s> {
    rest: Peekable<Chars<'s>>,
    commands: Vec<ShellCommand>,
    command: ShellCommand,
    word: Option<ShellWord>,
    /// Whether the next word is a redirection target.
    is_target: bool,
}

impl Default for ScriptReader<'_> {
    fn default() -> Self {
        ScriptReader {
            rest: "".chars().peekable(),
            commands: Vec::new(),
            command: ShellCommand::default(),
            word: None,
            is_target: false,
        }
    }
}

impl ScriptReader<'_> {
    fn read(&mut self) {
        while let Some(c) = self.rest.next() {
            match c {
                '\n' => self.end_command(""),
                _ if c.is_whitespace() => self.end_word(),
                // Inside a word, '#' does not start a comment.
                '#' if self.word.is_none() => while self.rest.next_if(|c| *c != '\n').is_some() {},
                '\'' | '"' => self.read_quoted(c),
                '\\' => match self.rest.next() {
                    // A backslash at the end of a line continues the line.
                    None | Some('\n') => {}
                    Some(escaped) => {
                        self.word().raw.push(c);
                        self.push(escaped);
                    }
                },
                _ if OPERATORS.contains(c) => self.read_operator(c),
                _ => {
                    self.word().is_expanded |= "$`".contains(c);
                    self.push(c);
                }
            }
        }
        self.end_command("");
    }

    fn word(&mut self) -> &mut ShellWord {
        self.word.get_or_insert_default()
    }

    fn push(&mut self, c: char) {
        let word = self.word();
        word.raw.push(c);
        word.text.push(c);
    }

    /// Reads up to the closing quote.
    fn read_quoted(&mut self, quote: char) {
        self.word().raw.push(quote);
        while let Some(c) = self.rest.next() {
            match c {
                _ if c == quote => {
                    self.word().raw.push(c);
                    return;
                }
                '\\' if quote == '"' => {
                    self.word().raw.push(c);
                    if let Some(escaped) = self.rest.next() {
                        self.push(escaped);
                    }
                }
                _ => {
                    // The shell does not expand anything in single quotes.
                    self.word().is_expanded |= quote == '"' && "$`".contains(c);
                    self.push(c);
                }
            }
        }
    }

    fn read_operator(&mut self, first: char) {
        let mut operator = String::from(first);
        let is_redirection = "<>".contains(first);
        let follows = |c: &char| if is_redirection { "<>&|-".contains(*c) } else { *c == first };
        while let Some(c) = self.rest.next_if(follows) {
            operator.push(c);
        }
        if !is_redirection {
            return self.end_command(if operator == ";" { "" } else { &operator });
        }
        // A number before a redirection is a file descriptor, not a word of the command.
        self.word.take_if(|word| word.raw.bytes().all(|byte| byte.is_ascii_digit()));
        self.end_word();
        self.command.reads_file |= operator == "<" || operator == "<&";
        self.command.has_text |= operator.starts_with("<<");
        // Every redirection takes a target, except one that closes a descriptor.
        self.is_target = !operator.ends_with("&-");
    }

    fn end_word(&mut self) {
        let Some(word) = self.word.take() else { return };
        if !std::mem::take(&mut self.is_target) {
            self.command.words.push(word);
        }
    }

    fn end_command(&mut self, operator: &str) {
        self.end_word();
        self.is_target = false;
        let command = std::mem::take(&mut self.command);
        if !command.words.is_empty() || !operator.is_empty() {
            self.commands.push(ShellCommand { operator: operator.to_owned(), ..command });
        }
    }
}
