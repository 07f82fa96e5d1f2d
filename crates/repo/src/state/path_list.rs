//! [`PathList`]: a list of paths in a single buffer.

/// A list of paths, stored in a single buffer.
#[derive(Debug, Clone, Default)]
pub struct PathList {
    names: Vec<u8>,
    ends: Vec<usize>,
}

impl PathList {
    /// Returns an empty list with room for this many paths with this many bytes in all.
    #[must_use]
    pub fn with_room(paths: usize, bytes: usize) -> Self {
        PathList { names: Vec::with_capacity(bytes), ends: Vec::with_capacity(paths) }
    }

    /// Returns an empty list with room for another list's paths.
    #[must_use]
    pub fn with_room_of(other: &PathList) -> Self {
        PathList::with_room(other.ends.len(), other.names.len())
    }

    /// Adds a path.
    pub fn push(&mut self, path: &[u8]) {
        self.names.extend_from_slice(path);
        self.ends.push(self.names.len());
    }

    /// Returns the number of paths.
    pub fn count(&self) -> usize {
        self.ends.len()
    }

    /// Returns the paths in the order they were added.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(&0).chain(&self.ends);
        starts.zip(&self.ends).map(|(start, end)| &self.names[*start..*end])
    }

    /// Returns path number `n`, counting from 0, or an empty path if the list has no such number.
    pub fn path(&self, n: usize) -> &[u8] {
        let start = n.checked_sub(1).and_then(|before| self.ends.get(before)).copied();
        let range = start.unwrap_or(0)..self.ends.get(n).copied().unwrap_or(0);
        self.names.get(range).unwrap_or_default()
    }
}
