//! Lists the lines in tracked files that still mention a renamed file or a deprecated identity.

use idhooks_ops::GrepMatch;

use super::{Ui, count};

/// The maximum number of files to list.
const FILES: usize = 20;
/// The maximum number of lines to list per file.
const LINES: usize = 3;

impl Ui {
    /// Lists these lines.
    pub fn mentions(&mut self, mentions: &[GrepMatch]) {
        let files: Vec<&[GrepMatch]> =
            mentions.chunk_by(|one, next| one.path == next.path).collect();
        // A module may be imported everywhere. Commands print this list after doing their work, so
        // it must stay readable.
        for file in files.iter().take(FILES) {
            for GrepMatch { path, line, text } in file.iter().take(LINES) {
                self.status(&format!("still mentioned in {path}:{line}: {}", text.trim()));
            }
            if let [first, ..] = file
                && file.len() > LINES
            {
                let more = count(file.len() - LINES, "more line", "more lines");
                self.status(&format!("still mentioned in {} on {more}", first.path));
            }
        }
        if files.len() > FILES {
            let more = count(files.len() - FILES, "more file", "more files");
            self.status(&format!("still mentioned in {more}; 'git grep' finds them"));
        }
    }
}
