//! Where words go: data on stdout, everything else on stderr.

use std::borrow::Cow;
use std::io::{self, ErrorKind, IsTerminal, Write};

use anstream::AutoStream;
use anstyle::{AnsiColor, Style};
use clap::builder::Resettable;

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

/// For whom a report is.
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

/// The one door to the user; a closed pipe behind it is not an error.
pub struct Ui {
    out: Box<dyn Write>,
    /// The same place as `out`, where nothing is left out of what is written.
    data: Box<dyn Write>,
    /// Whether a terminal shows what is written to stdout.
    is_terminal: bool,
    err: Box<dyn Write>,
    quiet: bool,
    verbose: bool,
    /// Why something was not written to stdout.
    lost: Option<io::Error>,
}

impl Ui {
    /// Writes to the standard streams.
    pub fn new(color: ColorChoice, quiet: bool, verbose: bool) -> Self {
        let choice = match color {
            ColorChoice::Auto => anstream::ColorChoice::Auto,
            ColorChoice::Always => anstream::ColorChoice::Always,
            ColorChoice::Never => anstream::ColorChoice::Never,
        };
        Ui {
            out: Box::new(AutoStream::new(std::io::stdout(), choice)),
            data: Box::new(std::io::stdout()),
            is_terminal: std::io::stdout().is_terminal(),
            err: Box::new(AutoStream::new(std::io::stderr(), choice)),
            quiet,
            verbose,
            lost: None,
        }
    }

    /// Prints one line of data for people.
    pub fn line(&mut self, text: &str) {
        if self.lost.is_none() {
            let written = self.out.write_all(format!("{}\n", safe(text)).as_bytes());
            self.note_written(written);
        }
    }

    /// Prints a line for people that says what was done; silent with `--quiet`.
    pub fn report(&mut self, text: &str) {
        if !self.quiet {
            self.line(text);
        }
    }

    /// Prints a whole text for machines, exactly as it is; on a terminal what is hostile in its
    /// lines is shown, not obeyed.
    pub fn data(&mut self, text: &str) {
        if self.lost.is_none() {
            let shown = if self.is_terminal { safe_lines(text) } else { Cow::Borrowed(text) };
            let written = self.data.write_all(shown.as_bytes());
            self.note_written(written);
        }
    }

    /// Notes how writing to stdout went.
    pub fn note_written(&mut self, written: io::Result<()>) {
        if let Err(error) = written
            && error.kind() != ErrorKind::BrokenPipe
        {
            self.lost = Some(error);
        }
    }

    /// Ends the output on stdout.
    ///
    /// # Errors
    /// What was printed and could not be written, unless nobody reads any more.
    pub fn finish(&mut self) -> io::Result<()> {
        if self.lost.is_none() {
            let written = self.out.flush();
            self.note_written(written);
        }
        self.lost.take().map_or(Ok(()), Err)
    }

    /// Says a plain line on stderr, quiet or not.
    pub fn say(&mut self, text: &str) {
        let _ = writeln!(self.err, "{}", safe(text));
    }

    /// Says on stderr what was done; silent with `--quiet`.
    pub fn status(&mut self, text: &str) {
        if !self.quiet {
            let _ = writeln!(self.err, "{}", safe(text));
        }
    }

    /// Says on stderr what only `--verbose` wants to know.
    pub fn detail(&mut self, text: &str) {
        if self.verbose && !self.quiet {
            let _ = writeln!(self.err, "{}", safe(text));
        }
    }

    /// Warns on stderr, quiet or not.
    pub fn warning(&mut self, text: &str) {
        self.labelled("warning", AnsiColor::Yellow, text);
    }

    /// Reports an error on stderr.
    pub fn error(&mut self, text: &str) {
        self.labelled("error", AnsiColor::Red, text);
    }

    /// Says on stderr what led to the error before it.
    pub fn cause(&mut self, text: &str) {
        self.labelled("cause", AnsiColor::Red, text);
    }

    /// Says on stderr what to do now.
    pub fn hint(&mut self, text: &str) {
        self.labelled("hint", AnsiColor::Cyan, text);
    }

    fn labelled(&mut self, label: &str, color: AnsiColor, text: &str) {
        let style = Style::new().bold().fg_color(Some(color.into()));
        let _ = writeln!(self.err, "{style}{label}:{style:#} {}", safe(text));
    }
}

/// Returns text in which nothing can move the cursor, start a line or turn the direction of
/// writing: file names are hostile.
pub fn safe(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hostile) {
        return Cow::Borrowed(text);
    }
    let escaped = text.chars().fold(String::new(), |mut out, c| {
        if is_hostile(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
        out
    });
    Cow::Owned(escaped)
}

/// Returns a text of several lines, safe as [`safe`] makes each; tabs may stay.
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

/// Returns whether a character can move the cursor, start a line or turn the direction of writing.
pub(super) fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A stream that tests read, or that fails.
#[cfg(test)]
#[derive(Clone, Default)]
pub(crate) struct MemoryStream(std::rc::Rc<std::cell::RefCell<(Vec<u8>, Option<ErrorKind>)>>);

#[cfg(test)]
impl MemoryStream {
    /// Returns what was written.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&anstream::adapter::strip_bytes(&self.0.borrow().0).into_vec())
            .into_owned()
    }

    /// Lets every write fail from now on.
    pub(crate) fn fail_with(&self, kind: ErrorKind) {
        self.0.borrow_mut().1 = Some(kind);
    }
}

#[cfg(test)]
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

#[cfg(test)]
impl Ui {
    /// Writes to memory: standard output and standard error.
    pub(crate) fn in_memory() -> (Self, MemoryStream, MemoryStream) {
        let (out, err) = (MemoryStream::default(), MemoryStream::default());
        let ui = Ui {
            out: Box::new(out.clone()),
            data: Box::new(out.clone()),
            is_terminal: false,
            err: Box::new(err.clone()),
            quiet: false,
            verbose: false,
            lost: None,
        };
        (ui, out, err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_characters_are_shown_not_obeyed() {
        assert_eq!(safe("a\nb\u{1b}[2J\u{202e}\u{61c}é😀"), "a\\nb\\u{1b}[2J\\u{202e}\\u{61c}é😀");
        assert!(matches!(safe("plain"), Cow::Borrowed(_)));
        assert_eq!(safe_lines("a\tb\u{1b}[2J\n\n\rc\n"), "a\tb\\u{1b}[2J\n\n\\rc\n");
        assert!(matches!(safe_lines("a\tb\nc\n"), Cow::Borrowed(_)));
    }
}
