//! [`LineMatch`]: finds the lines of one version of a file in another, such as those of the working
//! file in the index.

use std::collections::HashMap;

/// How far a line may be from one that both versions contain once.
const MOST_DISTANCE: usize = 1_000;

/// Two versions of a file, and which of their lines are the same.
pub(super) struct LineMatch<'c> {
    from: Vec<&'c [u8]>,
    to: Vec<&'c [u8]>,
    /// The number of equal lines at the start, and at the end.
    starts: usize,
    ends: usize,
    /// The lines that both versions contain once, with their positions in `to`.
    anchors: HashMap<&'c [u8], usize>,
}

impl<'c> LineMatch<'c> {
    pub(super) fn new(from: &'c [u8], to: &'c [u8]) -> Self {
        let [from, to] = [from, to].map(lines);
        let is_equal = |(one, other): &(&&[u8], &&[u8])| one == other;
        let starts = from.iter().zip(&to).take_while(is_equal).count();
        let ends = from.iter().rev().zip(to.iter().rev()).take_while(is_equal).count();
        let mut anchors = HashMap::new();
        if !(from.len() == to.len() && starts == to.len()) {
            anchors = single_lines(&to);
            let here = single_lines(&from);
            anchors.retain(|line, _| here.contains_key(line));
        }
        LineMatch { from, to, starts, ends, anchors }
    }

    /// Returns whether all lines are equal.
    pub(super) fn is_same(&self) -> bool {
        self.starts == self.from.len() && self.starts == self.to.len()
    }

    /// Returns the number in `to` of a line in `from`, if it was not changed: counted from the start,
    /// from the end, or from a near line that both versions contain once, as long as all lines in
    /// between are equal.
    pub(super) fn find(&self, line: usize) -> Option<usize> {
        let at = line.checked_sub(1).filter(|at| *at < self.from.len())?;
        if at < self.starts {
            return Some(line);
        }
        let below = self.from.len() - at;
        if below <= self.ends {
            return Some(self.to.len() + 1 - below);
        }
        let mut above = (at.saturating_sub(MOST_DISTANCE)..=at).rev();
        let above = above.find_map(|near| Some((near, self.anchor(near)?)));
        if let Some((near, there)) = above
            && self.to.get(there..=there + (at - near)) == Some(&self.from[near..=at])
        {
            return Some(there + (at - near) + 1);
        }
        let mut after = at..self.from.len().min(at + MOST_DISTANCE);
        let (near, there) = after.find_map(|near| Some((near, self.anchor(near)?)))?;
        let start = there.checked_sub(near - at)?;
        (self.to[start..=there] == self.from[at..=near]).then_some(start + 1)
    }

    fn anchor(&self, at: usize) -> Option<usize> {
        self.anchors.get(self.from[at]).copied()
    }
}

/// Returns the lines of content without their line endings.
fn lines(content: &[u8]) -> Vec<&[u8]> {
    // After the last line end, there is no further line.
    let content = content.strip_suffix(b"\n").unwrap_or(content);
    let lines = content.split(|byte| *byte == b'\n');
    lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line)).collect()
}

/// Returns the lines that occur once, with their positions.
fn single_lines<'c>(lines: &[&'c [u8]]) -> HashMap<&'c [u8], usize> {
    let mut places: HashMap<&[u8], Option<usize>> = HashMap::new();
    for (at, line) in lines.iter().enumerate() {
        places.entry(line).and_modify(|place| *place = None).or_insert(Some(at));
    }
    places.into_iter().filter_map(|(line, place)| Some((line, place?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unchanged_line_is_found() {
        let staged = "a\nb\nb\nc\nd\n";
        for (working, line, expected) in [
            ("a\nb\nb\nc\nd\n", 3, Some(3)),
            ("a\r\nb\r\nB\r\nc\r\nd\r\n", 2, Some(2)),
            ("a\nb\nB\nc\nd\n", 3, None),
            ("x\na\nb\nb\nc\nd\n", 4, Some(3)),
            ("x\na\nb\nb\nc\nd\n", 1, None),
            ("x\na\nb\nb\nc\nd\ny\n", 2, Some(1)),
            ("x\na\nb\nb\nc\nd\ny\n", 3, Some(2)),
            ("x\na\nb\nb\nb\nc\nd\ny\n", 5, Some(3)),
            ("x\nb\nb\nb\nc\nd\ny\n", 2, None),
            ("x\na\nb\nb\nc\nd\ny\n", 7, None),
            ("a\n", 9, None),
            ("", 1, None),
        ] {
            let found = LineMatch::new(working.as_bytes(), staged.as_bytes()).find(line);
            assert_eq!(found, expected, "{working:?}:{line}");
        }
    }
}
