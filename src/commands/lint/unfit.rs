//! [`UnfitFile`]: a file that Python would refuse after the changes.

use idhooks_core::check::Finding;
use idhooks_core::registry::RepoPath;

/// A file in which nothing is replaced, because Python would refuse it after the changes.
pub(super) struct UnfitFile {
    pub(super) path: RepoPath,
    pub(super) reason: String,
    before: Vec<u8>,
    /// The places with findings, each as the number and the text of its line.
    pub(super) places: Vec<(usize, String)>,
}

impl UnfitFile {
    pub(super) fn new(path: RepoPath, before: Vec<u8>, reason: String) -> Self {
        UnfitFile { path, reason, before, places: Vec::new() }
    }

    /// Finds the places; if the file has no findings, its first line stands for it.
    pub(super) fn find_places(&mut self, findings: &[Finding]) {
        let of_file = findings.iter().filter(|one| one.path.as_ref() == Some(&self.path));
        let places = of_file.filter_map(|finding| finding.place.as_ref());
        let mut places: Vec<_> = places.map(|place| (place.line, place.column)).collect();
        places.sort_unstable();
        places.dedup();
        if places.is_empty() {
            places.push((1, 1));
        }
        let text = String::from_utf8_lossy(&self.before);
        let lines: Vec<&str> = text.lines().collect();
        let place = |(line, _)| (line, (*lines.get(line - 1).unwrap_or(&"")).to_owned());
        self.places = places.into_iter().map(place).collect();
    }
}
