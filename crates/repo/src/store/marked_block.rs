//! Manages a block of lines, enclosed by markers, in a text file that belongs to the user.
//!
//! The start line contains a version and notes. The notes say what to undo when the block is
//! removed, so that the original file (or its absence) can be restored.

use std::ops::Range;

/// The version of the text that idhooks writes between the markers. Text with an older version is
/// replaced.
pub const VERSION: u32 = 1;
/// The note for a file that did not exist before.
pub const NEW_FILE: &str = "new-file";
/// The note for a file that did not end with a newline before the block was added.
const NEW_LINE_END: &str = "new-line-end";
const NEW_DIRS: &str = "new-dirs=";
const START: &str = "# >>> idhooks v";
const START_TAIL: &str = " >>>";
const END: &str = "# <<< idhooks <<<";

/// A block found in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The byte range of the block, including both markers and the final newline.
    pub range: Range<usize>,
    /// The version in the start line.
    pub version: u32,
    /// The notes in the start line.
    pub notes: Vec<String>,
}

/// The markers do not form exactly one block: there is a start without an end, an end without a
/// start, or more than one block. So it is unclear which lines belong to idhooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("its idhooks block is damaged")]
pub struct MalformedBlock;

impl Block {
    /// Returns whether the start line has this note.
    pub fn notes(&self, note: &str) -> bool {
        self.notes.iter().any(|n| n == note)
    }

    /// Returns the number of directories that were created for the file.
    pub fn new_dirs(&self) -> usize {
        let counts = self.notes.iter().filter_map(|n| n.strip_prefix(NEW_DIRS)?.parse().ok());
        counts.max().unwrap_or(0)
    }
}

/// Returns the note saying that `count` directories were created for the file, or `None` if `count`
/// is 0.
pub fn new_dirs_note(count: usize) -> Option<String> {
    (count > 0).then(|| format!("{NEW_DIRS}{count}"))
}

/// Returns the start line with the notes, without a newline.
pub fn start_line(notes: &[String]) -> String {
    let notes: String = notes.iter().map(|n| format!(" {n}")).collect();
    format!("{START}{VERSION}{notes}{START_TAIL}")
}

/// Finds the block in a file.
///
/// # Errors
/// Returns an error if the markers do not form exactly one block.
pub fn find(bytes: &[u8]) -> Result<Option<Block>, MalformedBlock> {
    let mut blocks = find_all(bytes)?;
    if blocks.len() > 1 { Err(MalformedBlock) } else { Ok(blocks.pop()) }
}

/// Finds the block with this note in a file that may contain several blocks.
///
/// # Errors
/// Returns an error if the markers do not form complete blocks, or if two blocks have this note.
pub fn find_noted(bytes: &[u8], note: &str) -> Result<Option<Block>, MalformedBlock> {
    let mut blocks = find_all(bytes)?;
    blocks.retain(|block| block.notes(note));
    if blocks.len() > 1 { Err(MalformedBlock) } else { Ok(blocks.pop()) }
}

fn find_all(bytes: &[u8]) -> Result<Vec<Block>, MalformedBlock> {
    let mut blocks = Vec::new();
    let mut open: Option<(usize, u32, Vec<String>)> = None;
    let mut at = 0;
    for line in bytes.split_inclusive(|b| *b == b'\n') {
        let end = at + line.len();
        let text = String::from_utf8_lossy(line);
        let text = text.trim_end();
        if let Some((version, notes)) = parse_start(text) {
            if open.is_some() {
                return Err(MalformedBlock);
            }
            open = Some((at, version, notes));
        // The end marker has no version, because older versions of idhooks must recognize the
        // blocks of newer ones.
        } else if text == END {
            let (start, version, notes) = open.take().ok_or(MalformedBlock)?;
            blocks.push(Block { range: start..end, version, notes });
        }
        at = end;
    }
    if open.is_some() { Err(MalformedBlock) } else { Ok(blocks) }
}

fn parse_start(line: &str) -> Option<(u32, Vec<String>)> {
    let inner = line.strip_prefix(START)?.strip_suffix(START_TAIL)?;
    let mut words = inner.split(' ');
    let version = words.next()?.parse().ok()?;
    Some((version, words.map(str::to_owned).collect()))
}

/// Returns the file with a block added at the end. The block contains the lines in `body` and has
/// these notes. If the file does not exist yet, `new_dirs` is the number of directories to create
/// for it.
pub fn append(
    original: Option<&[u8]>,
    body: &str,
    new_dirs: usize,
    mut notes: Vec<String>,
) -> Vec<u8> {
    let mut bytes = original.unwrap_or_default().to_vec();
    if original.is_none() {
        // Without these notes, removing the block could not restore the original byte for byte.
        notes.push(NEW_FILE.to_owned());
        notes.extend(new_dirs_note(new_dirs));
    } else if bytes.last().is_some_and(|b| *b != b'\n') {
        notes.push(NEW_LINE_END.to_owned());
        bytes.push(b'\n');
    }
    bytes.extend_from_slice(format!("{}\n{body}{END}\n", start_line(&notes)).as_bytes());
    bytes
}

/// Returns the file with the lines between the markers replaced. The notes are kept.
pub fn replace_body(bytes: &[u8], block: &Block, body: &str) -> Vec<u8> {
    splice(bytes, block, &format!("{}\n{body}{END}\n", start_line(&block.notes)))
}

/// Returns the file with the block replaced by `text`.
pub fn splice(bytes: &[u8], block: &Block, text: &str) -> Vec<u8> {
    [&bytes[..block.range.start], text.as_bytes(), &bytes[block.range.end..]].concat()
}

/// Returns the file without the block, or `None` if the file did not exist before the block was
/// added.
pub fn cut(bytes: &[u8], block: &Block) -> Option<Vec<u8>> {
    let mut before = &bytes[..block.range.start];
    let after = &bytes[block.range.end..];
    // If the user has added lines after the block, those lines need the newline.
    if block.notes(NEW_LINE_END) && after.is_empty() {
        before = before.strip_suffix(b"\n").unwrap_or(before);
    }
    let rest = [before, after].concat();
    (!rest.is_empty() || !block.notes(NEW_FILE)).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_round_trip(original: Option<&[u8]>) {
        let with = append(original, "line\n", 1, Vec::new());
        let block = find(&with).expect("whole").expect("one block");
        assert_eq!(block.version, VERSION);
        assert_eq!(block.new_dirs(), usize::from(original.is_none()));
        assert_eq!(cut(&with, &block).as_deref(), original);
    }

    #[test]
    fn removing_a_block_restores_the_file() {
        for original in
            [None, Some(&b""[..]), Some(b"a\n"), Some(b"a"), Some(b"a\r\n\xff\n\n"), Some(b"\n")]
        {
            assert_round_trip(original);
        }
    }

    #[test]
    fn lines_added_later_stay() {
        let mut with = append(Some(b"a"), "line\n", 0, Vec::new());
        with.extend_from_slice(b"later\n");
        let block = find(&with).expect("whole").expect("one block");
        assert_eq!(cut(&with, &block).as_deref(), Some(&b"a\nlater\n"[..]));
        let other = replace_body(&with, &block, "other\n");
        let text = String::from_utf8(other).expect("text");
        assert_eq!(text, "a\n# >>> idhooks v1 new-line-end >>>\nother\n# <<< idhooks <<<\nlater\n");
    }

    #[test]
    fn a_note_selects_one_of_several_blocks() {
        let add_block = |file: Option<&[u8]>, name: &str| {
            append(file, &format!("{name}\n"), 0, vec![format!("of={name}")])
        };
        let file = add_block(Some(&add_block(Some(b"mine\n"), "a")), "b");
        assert_eq!(find(&file), Err(MalformedBlock));
        assert_eq!(find_noted(&file, "of=c"), Ok(None));
        let block = find_noted(&file, "of=a").expect("whole").expect("one block");
        let rest = cut(&file, &block).expect("some");
        assert_eq!(rest, add_block(Some(b"mine\n"), "b"));
        assert_eq!(find_noted(&add_block(Some(&file), "a"), "of=a"), Err(MalformedBlock));
    }

    #[test]
    fn malformed_blocks_are_refused() {
        let whole = String::from_utf8(append(None, "line\n", 0, Vec::new())).expect("text");
        assert_eq!(find(b"# >>> idhooks v1 >>>\nx\n"), Err(MalformedBlock));
        assert_eq!(find(b"x\n# <<< idhooks <<<\n"), Err(MalformedBlock));
        assert_eq!(find(format!("{whole}{whole}").as_bytes()), Err(MalformedBlock));
        assert_eq!(find(b"# >>> idhooks vx >>>\n"), Ok(None));
        let crlf = whole.replace('\n', "\r\n");
        assert_eq!(find(crlf.as_bytes()).map(|b| b.map(|b| b.range)), Ok(Some(0..crlf.len())));
    }
}
