//! A marked block of lines in a text file that belongs to somebody else.
//!
//! The start line carries a version and notes, which are all that taking the block out again
//! needs to know to leave the file, or its absence, as it was.

use std::ops::Range;

/// The version of what idhooks writes between the marks; a lower one is replaced.
pub const VERSION: u32 = 1;
/// The note of a file that was not there before.
pub const NEW_FILE: &str = "new-file";
/// The note of a file that had no line end before the block.
const NEW_LINE_END: &str = "new-line-end";
const NEW_DIRS: &str = "new-dirs=";
const START: &str = "# >>> idhooks v";
const START_TAIL: &str = " >>>";
const END: &str = "# <<< idhooks <<<";

/// A block found in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Where the block is, both marks and the last line end included.
    pub range: Range<usize>,
    /// The version of the idhooks format that wrote it.
    pub version: u32,
    /// What the start line notes about the file.
    pub notes: Vec<String>,
}

/// A start without an end, an end without a start, or two blocks: nobody can tell what is ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Torn;

impl Block {
    /// Returns whether the start line carries the note.
    pub fn notes(&self, note: &str) -> bool {
        self.notes.iter().any(|n| n == note)
    }

    /// Returns how many directories were made for the file.
    pub fn new_dirs(&self) -> usize {
        let counts = self.notes.iter().filter_map(|n| n.strip_prefix(NEW_DIRS)?.parse().ok());
        counts.max().unwrap_or(0)
    }
}

/// Returns the note of `count` directories made for the file; nothing for none.
pub fn new_dirs_note(count: usize) -> Option<String> {
    (count > 0).then(|| format!("{NEW_DIRS}{count}"))
}

/// Returns the start mark with the notes, without a line end.
pub fn start_line(notes: &[String]) -> String {
    let notes: String = notes.iter().map(|n| format!(" {n}")).collect();
    format!("{START}{VERSION}{notes}{START_TAIL}")
}

/// Returns the block of a file, if there is one.
///
/// # Errors
/// Marks that do not make exactly one block.
pub fn find(bytes: &[u8]) -> Result<Option<Block>, Torn> {
    let mut found = find_all(bytes)?;
    if found.len() > 1 { Err(Torn) } else { Ok(found.pop()) }
}

/// Returns the block of a file that several may have one in, by a note that it alone carries.
///
/// # Errors
/// Marks that do not make whole blocks, or two blocks with the note.
pub fn find_noted(bytes: &[u8], note: &str) -> Result<Option<Block>, Torn> {
    let mut found = find_all(bytes)?;
    found.retain(|block| block.notes(note));
    if found.len() > 1 { Err(Torn) } else { Ok(found.pop()) }
}

fn find_all(bytes: &[u8]) -> Result<Vec<Block>, Torn> {
    let mut found = Vec::new();
    let mut open: Option<(usize, u32, Vec<String>)> = None;
    let mut at = 0;
    for line in bytes.split_inclusive(|b| *b == b'\n') {
        let end = at + line.len();
        let text = String::from_utf8_lossy(line);
        let text = text.trim_end();
        if let Some((version, notes)) = parse_start(text) {
            if open.is_some() {
                return Err(Torn);
            }
            open = Some((at, version, notes));
        } else if text == END {
            let (start, version, notes) = open.take().ok_or(Torn)?;
            found.push(Block { range: start..end, version, notes });
        }
        at = end;
    }
    if open.is_some() { Err(Torn) } else { Ok(found) }
}

fn parse_start(line: &str) -> Option<(u32, Vec<String>)> {
    let inner = line.strip_prefix(START)?.strip_suffix(START_TAIL)?;
    let mut words = inner.split(' ');
    let version = words.next()?.parse().ok()?;
    Some((version, words.map(str::to_owned).collect()))
}

/// Returns the file with a block of the lines `body` at its end; `new_dirs` directories have to
/// be made for a file that is not there.
pub fn append(original: Option<&[u8]>, body: &str, new_dirs: usize) -> Vec<u8> {
    append_noted(original, body, new_dirs, Vec::new())
}

/// As [`append`], with a block that carries these notes, too.
pub fn append_noted(
    original: Option<&[u8]>,
    body: &str,
    new_dirs: usize,
    mut notes: Vec<String>,
) -> Vec<u8> {
    let mut bytes = original.unwrap_or_default().to_vec();
    if original.is_none() {
        notes.push(NEW_FILE.to_owned());
        notes.extend(new_dirs_note(new_dirs));
    } else if bytes.last().is_some_and(|b| *b != b'\n') {
        notes.push(NEW_LINE_END.to_owned());
        bytes.push(b'\n');
    }
    bytes.extend_from_slice(format!("{}\n{body}{END}\n", start_line(&notes)).as_bytes());
    bytes
}

/// Returns the file with other lines between the marks, its notes kept.
pub fn replace_body(bytes: &[u8], block: &Block, body: &str) -> Vec<u8> {
    splice(bytes, block, &format!("{}\n{body}{END}\n", start_line(&block.notes)))
}

/// Returns the file with `text` in the place of the block.
pub fn splice(bytes: &[u8], block: &Block, text: &str) -> Vec<u8> {
    [&bytes[..block.range.start], text.as_bytes(), &bytes[block.range.end..]].concat()
}

/// Returns the file without the block, as it was before it; nothing if it was not there.
pub fn cut(bytes: &[u8], block: &Block) -> Option<Vec<u8>> {
    let mut before = &bytes[..block.range.start];
    let after = &bytes[block.range.end..];
    if block.notes(NEW_LINE_END) && after.is_empty() {
        before = before.strip_suffix(b"\n").unwrap_or(before);
    }
    let rest = [before, after].concat();
    (!rest.is_empty() || !block.notes(NEW_FILE)).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there_and_back(original: Option<&[u8]>) {
        let with = append(original, "line\n", 1);
        let block = find(&with).expect("whole").expect("there");
        assert_eq!(block.version, VERSION);
        assert_eq!(block.new_dirs(), usize::from(original.is_none()));
        assert_eq!(cut(&with, &block).as_deref(), original);
    }

    #[test]
    fn what_is_taken_out_leaves_the_file_as_it_was() {
        for original in
            [None, Some(&b""[..]), Some(b"a\n"), Some(b"a"), Some(b"a\r\n\xff\n\n"), Some(b"\n")]
        {
            there_and_back(original);
        }
    }

    #[test]
    fn lines_added_later_stay() {
        let mut with = append(Some(b"a"), "line\n", 0);
        with.extend_from_slice(b"later\n");
        let block = find(&with).expect("whole").expect("there");
        assert_eq!(cut(&with, &block).as_deref(), Some(&b"a\nlater\n"[..]));
        let other = replace_body(&with, &block, "other\n");
        let text = String::from_utf8(other).expect("text");
        assert_eq!(text, "a\n# >>> idhooks v1 new-line-end >>>\nother\n# <<< idhooks <<<\nlater\n");
    }

    #[test]
    fn of_several_blocks_each_is_found_by_its_note() {
        let both = |file: Option<&[u8]>, name: &str| {
            append_noted(file, &format!("{name}\n"), 0, vec![format!("of={name}")])
        };
        let file = both(Some(&both(Some(b"mine\n"), "a")), "b");
        assert_eq!(find(&file), Err(Torn));
        assert_eq!(find_noted(&file, "of=c"), Ok(None));
        let block = find_noted(&file, "of=a").expect("whole").expect("there");
        let rest = cut(&file, &block).expect("some");
        assert_eq!(rest, both(Some(b"mine\n"), "b"));
        assert_eq!(find_noted(&both(Some(&file), "a"), "of=a"), Err(Torn));
    }

    #[test]
    fn torn_blocks_are_nobodys() {
        let whole = String::from_utf8(append(None, "line\n", 0)).expect("text");
        assert_eq!(find(b"# >>> idhooks v1 >>>\nx\n"), Err(Torn));
        assert_eq!(find(b"x\n# <<< idhooks <<<\n"), Err(Torn));
        assert_eq!(find(format!("{whole}{whole}").as_bytes()), Err(Torn));
        assert_eq!(find(b"# >>> idhooks vx >>>\n"), Ok(None));
        let crlf = whole.replace('\n', "\r\n");
        assert_eq!(find(crlf.as_bytes()).map(|b| b.map(|b| b.range)), Ok(Some(0..crlf.len())));
    }
}
