//! Prints data to stdout and everything else to stderr.

use std::borrow::Cow;
use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

use anstream::AutoStream;
use anstyle::{AnsiColor, Style};
use clap::builder::Resettable;
use idhooks_core::registry::{is_hostile, safe};
use idhooks_ops::is_closed_pipe;

use super::at_most::at_most;
use super::progress::Bar;

/// How many paths a warning names.
const MOST_NAMED: usize = 3;

/// When to use colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ColorChoice {
    /// On a terminal that wants it (`NO_COLOR`, `CLICOLOR` and `TERM` are respected).
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// When to print links that a terminal can follow.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum LinkChoice {
    /// On a terminal.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The format of a report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    #[value(help = Resettable::Reset)]
    Text,
    /// For machines.
    #[value(help = Resettable::Reset)]
    Json,
}

/// The only way to print anything for the user: the output that was asked for goes to stdout,
/// everything else to stderr. A closed pipe is not an error.
pub struct Ui {
    out: Box<dyn Write>,
    /// The same stream as `out`, but without filtering.
    data: Box<dyn Write>,
    /// Whether stdout is a terminal.
    is_terminal: bool,
    err: Box<dyn Write>,
    color: ColorChoice,
    quiet: bool,
    verbose: bool,
    /// The first error that occurred while writing to stdout.
    write_error: Option<io::Error>,
    /// The progress bar for long-running work.
    bar: Option<Bar>,
}

impl Ui {
    /// Returns an output that writes to the standard streams.
    pub fn new(color: ColorChoice, quiet: bool, verbose: bool) -> Self {
        let choice = match color {
            ColorChoice::Auto => anstream::ColorChoice::Auto,
            ColorChoice::Always => anstream::ColorChoice::Always,
            ColorChoice::Never => anstream::ColorChoice::Never,
        };
        Ui {
            out: Box::new(AutoStream::new(std::io::stdout(), choice)),
            // A terminal stream drops escape sequences and DEL, but in JSON or CSV, these may be
            // part of a file name.
            data: Box::new(std::io::stdout()),
            is_terminal: std::io::stdout().is_terminal(),
            err: Box::new(AutoStream::new(std::io::stderr(), choice)),
            color,
            quiet,
            verbose,
            write_error: None,
            bar: None,
        }
    }

    /// Returns the setting for when to use colour.
    pub fn color(&self) -> ColorChoice {
        self.color
    }

    /// Prints one line of text on stdout.
    pub fn line(&mut self, text: &str) {
        if self.write_error.is_none() {
            let written = self.out.write_all(format!("{}\n", safe(text)).as_bytes());
            self.note_written(written);
        }
    }

    /// Prints one line of text on stdout; the second part of it is a link.
    pub fn linked_line(&mut self, [before, text, after]: [&str; 3], link: &str) {
        if self.write_error.is_none() {
            let [before, text, after] = [before, text, after.trim_end()].map(safe);
            // An address is percent-encoded, so it cannot end the sequence.
            let line = format!("{before}\x1b]8;;{}\x1b\\{text}\x1b]8;;\x1b\\{after}\n", safe(link));
            let written = self.data.write_all(line.as_bytes());
            self.note_written(written);
        }
    }

    /// Returns whether to print links.
    pub fn has_links(&self, choice: LinkChoice) -> bool {
        match choice {
            LinkChoice::Auto => self.is_terminal && anstyle_query::term_supports_color(),
            LinkChoice::Always => true,
            LinkChoice::Never => false,
        }
    }

    /// Prints lines of text on stdout.
    pub fn lines(&mut self, lines: impl IntoIterator<Item: ToString>) {
        lines.into_iter().for_each(|line| self.line(&line.to_string()));
    }

    /// Prints a line about a completed action on stdout, unless `--quiet` is given.
    pub fn report(&mut self, text: &str) {
        if !self.quiet {
            self.line(text);
        }
    }

    /// Prints text for other programs unchanged; on a terminal, hostile characters are escaped.
    pub fn data(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    /// Prints bytes the way [`Self::data`] prints text.
    pub fn bytes(&mut self, bytes: &[u8]) {
        if self.write_error.is_none() {
            let written = match self.is_terminal {
                // File names come from other people and may contain sequences that control a
                // terminal. A program needs the exact bytes.
                true => self.data.write_all(safe_lines(&String::from_utf8_lossy(bytes)).as_bytes()),
                false => self.data.write_all(bytes),
            };
            self.note_written(written);
        }
    }

    /// Records the result of writing to stdout.
    pub fn note_written(&mut self, written: io::Result<()>) {
        if let Err(error) = written
            // A closed pipe, as in `idhooks list | head`, is not an error.
            && !is_closed_pipe(&error)
        {
            self.write_error = Some(error);
        }
    }

    /// Flushes stdout.
    ///
    /// # Errors
    /// Returns an error if some output could not be written, unless the reader closed the pipe.
    pub fn finish(&mut self) -> io::Result<()> {
        if self.write_error.is_none() {
            let written = self.out.flush();
            self.note_written(written);
        }
        self.write_error.take().map_or(Ok(()), Err)
    }

    /// Prints a plain line on stderr, even with `--quiet`.
    pub fn say(&mut self, text: &str) {
        // If stderr is closed, there is nowhere to report the error.
        let _ = writeln!(self.err, "{}", safe(text));
    }

    /// Prints a line about a completed action on stderr, unless `--quiet` is given.
    pub fn status(&mut self, text: &str) {
        if !self.quiet {
            let _ = writeln!(self.err, "{}", safe(text));
        }
    }

    /// Prints a detail on stderr, if `--verbose` is given.
    pub fn detail(&mut self, text: &str) {
        if self.verbose && !self.quiet {
            let _ = writeln!(self.err, "{}", safe(text));
        }
    }

    /// Counts one of `total` steps in potentially long-running work.
    pub fn step(&mut self, label: &str, total: usize) {
        self.bar.get_or_insert_with(|| Bar::start(label)).step(total);
    }

    /// Marks the end of work whose steps were counted.
    pub fn end_progress(&mut self) {
        self.bar = None;
    }

    /// Prints a warning on stderr, even with `--quiet`.
    pub fn warning(&mut self, text: &str) {
        self.labelled("warning", AnsiColor::Yellow, text);
    }

    /// Warns of paths, naming a few, if there are any. Returns whether there are.
    pub fn warning_about(
        &mut self,
        what: &str,
        paths: impl IntoIterator<Item = impl Display>,
    ) -> bool {
        let paths = paths.into_iter().map(|path| format!("'{path}'"));
        let named = at_most(paths, MOST_NAMED).join(", ");
        if !named.is_empty() {
            self.warning(&format!("{what}: {named}"));
        }
        !named.is_empty()
    }

    /// Prints an error on stderr.
    pub fn error(&mut self, text: &str) {
        self.labelled("error", AnsiColor::Red, text);
    }

    /// Prints a cause of the last error on stderr.
    pub fn cause(&mut self, text: &str) {
        self.labelled("cause", AnsiColor::Red, text);
    }

    /// Prints a hint about the next step on stderr.
    pub fn hint(&mut self, text: &str) {
        self.labelled("hint", AnsiColor::Cyan, text);
    }

    fn labelled(&mut self, label: &str, color: AnsiColor, text: &str) {
        let style = Style::new().bold().fg_color(Some(color.into()));
        let _ = writeln!(self.err, "{style}{label}:{style:#} {}", safe(text));
    }
}

impl Default for Ui {
    /// Returns an output for the standard streams, used before the command line has been parsed.
    fn default() -> Self {
        Ui::new(ColorChoice::default(), false, false)
    }
}

/// Makes each line of a string safe with [`safe`], but keeps tabs.
fn safe_lines(text: &str) -> Cow<'_, str> {
    if !text.contains(|c| is_hostile(c) && !"\n\t".contains(c)) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for piece in text.split_inclusive(['\n', '\t']) {
        let line = piece.trim_end_matches(['\n', '\t']);
        shown += &safe(line);
        shown += &piece[line.len()..];
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A stream for tests, which can be read back or made to fail.
    #[derive(Clone, Default)]
    pub(crate) struct MemoryStream(
        std::rc::Rc<std::cell::RefCell<(Vec<u8>, Option<io::ErrorKind>)>>,
    );

    impl MemoryStream {
        /// Returns the written text.
        pub(crate) fn text(&self) -> String {
            String::from_utf8_lossy(&anstream::adapter::strip_bytes(&self.0.borrow().0).into_vec())
                .into_owned()
        }

        /// Makes all later writes fail.
        pub(crate) fn fail_with(&self, kind: io::ErrorKind) {
            self.0.borrow_mut().1 = Some(kind);
        }
    }

    impl Write for MemoryStream {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let mut memory = self.0.borrow_mut();
            match memory.1 {
                Some(kind) => Err(kind.into()),
                None => memory.0.write(bytes),
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Ui {
        /// Returns an output that writes to memory, along with its stdout and stderr.
        pub(crate) fn in_memory() -> (Self, MemoryStream, MemoryStream) {
            let (out, err) = (MemoryStream::default(), MemoryStream::default());
            let ui = Ui {
                out: Box::new(out.clone()),
                data: Box::new(out.clone()),
                is_terminal: false,
                err: Box::new(err.clone()),
                color: ColorChoice::Auto,
                quiet: false,
                verbose: false,
                write_error: None,
                bar: None,
            };
            (ui, out, err)
        }
    }

    #[test]
    fn hostile_characters_are_escaped_in_lines() {
        assert_eq!(safe_lines("a\tb\u{1b}[2J\n\n\rc\n"), "a\tb\\u{1b}[2J\n\n\\rc\n");
        assert!(matches!(safe_lines("a\tb\nc\n"), Cow::Borrowed(_)));
    }
}
