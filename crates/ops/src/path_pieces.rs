//! Splits many paths into pieces that can each be matched by one glob: by directory if there are
//! few directories, otherwise by ranges of names.

/// A group of paths that one glob can match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PathPiece {
    /// A glob that matches these paths and no others; `None` if no simple glob does.
    pub glob: Option<String>,
    /// The number of files that the glob matches.
    pub files: usize,
}

/// The maximum number of directories that each get a piece of their own.
const MAX_DIRECTORIES: usize = 24;
/// A range of names is extended to at most `1 / MIN_RANGE_PART` of a full piece.
const MIN_RANGE_PART: usize = 8;

/// Splits paths, which are sorted bytewise, into pieces of at most `max_files` files.
pub(super) fn split_paths(paths: &[&[u8]], max_files: usize) -> Vec<PathPiece> {
    let mut splitter = PathSplitter { max_files, pieces: Vec::new() };
    let common = paths.first().map_or(0, |first| directory(&first[..common_start(paths)]));
    match paths.first().filter(|_| common > 0 && paths.len() <= max_files) {
        Some(first) => splitter.push(below(&first[..common]), paths.len()),
        None => splitter.by_directory(common, paths),
    }
    splitter.pieces
}

/// Returns the length of the common prefix of sorted paths.
fn common_start(paths: &[&[u8]]) -> usize {
    let (Some(first), Some(last)) = (paths.first(), paths.last()) else { return 0 };
    first.iter().zip(*last).take_while(|(a, b)| a == b).count()
}

/// Returns the length of a path's directory, including the final slash.
fn directory(path: &[u8]) -> usize {
    path.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1)
}

struct PathSplitter {
    max_files: usize,
    pieces: Vec<PathPiece>,
}

impl PathSplitter {
    fn push(&mut self, glob: Option<String>, files: usize) {
        self.pieces.push(PathPiece { glob, files });
    }

    /// Splits the paths in a directory; the directory's path has `depth` bytes, including the
    /// slash.
    fn by_directory(&mut self, depth: usize, paths: &[&[u8]]) {
        let mut loose: Vec<&[u8]> = Vec::new();
        let mut dirs: Vec<(usize, &[&[u8]])> = Vec::new();
        let mut rest = paths;
        while let Some(first) = rest.first() {
            let Some(slash) = first[depth..].iter().position(|byte| *byte == b'/') else {
                loose.push(first);
                rest = &rest[1..];
                continue;
            };
            let end = depth + slash + 1;
            let (inside, after) =
                rest.split_at(rest.partition_point(|p| p.starts_with(&first[..end])));
            dirs.push((end, inside));
            rest = after;
        }
        // Nobody would want a list with so many globs.
        if dirs.len() > MAX_DIRECTORIES {
            return self.by_name(depth, paths);
        }
        for (end, inside) in dirs {
            match inside.len() <= self.max_files {
                true => self.push(below(&inside[0][..end]), inside.len()),
                false => self.by_directory(end, inside),
            }
        }
        self.by_extension(depth, &loose);
    }

    /// Groups the files immediately inside a directory by extension.
    fn by_extension(&mut self, depth: usize, files: &[&[u8]]) {
        let mut sorted: Vec<(&[u8], &[u8])> =
            files.iter().map(|p| (extension(p, depth), *p)).collect();
        sorted.sort_unstable();
        for same in sorted.chunk_by(|a, b| a.0 == b.0) {
            let (extension, first) = same[0];
            let all = text(&first[..depth]).zip(text(extension)).filter(|_| !extension.is_empty());
            match all.filter(|_| same.len() <= self.max_files) {
                Some((dir, extension)) => {
                    self.push(Some(format!("/{dir}*.{extension}")), same.len());
                }
                None => {
                    let paths: Vec<&[u8]> = same.iter().map(|(_, path)| *path).collect();
                    self.by_name(depth, &paths);
                }
            }
        }
    }

    /// Splits paths in a directory by the first byte in which their names differ.
    fn by_name(&mut self, depth: usize, paths: &[&[u8]]) {
        let Some(first) = paths.first() else { return };
        let same = common_start(paths);
        if first[depth..same].contains(&b'/') {
            return self.by_directory(directory(&first[..same]), paths);
        }
        let mut range: Option<ByteRange> = None;
        for bucket in paths.chunk_by(|a, b| a.get(same) == b.get(same)) {
            // This name is a prefix of all the other names.
            let Some(byte) = bucket[0].get(same).copied() else {
                self.push(text(bucket[0]).map(|name| format!("/{name}")), bucket.len());
                continue;
            };
            let fits = range
                .as_ref()
                .is_some_and(|r| r.fits(byte, bucket.len(), self.max_files / MIN_RANGE_PART));
            if !fits && let Some(done) = range.take() {
                self.push(done.glob(&first[..same]), done.files);
            }
            if bucket.len() > self.max_files {
                self.by_name(depth, bucket);
            } else if byte == b'/' {
                self.push(below(&bucket[0][..=same]), bucket.len());
            // Other characters may be special inside a glob's brackets.
            } else if !byte.is_ascii_alphanumeric() {
                self.push(text(&bucket[0][..=same]).map(|name| format!("/{name}*")), bucket.len());
            } else if let Some(range) = &mut range {
                range.last = byte;
                range.files += bucket.len();
            } else {
                range = Some(ByteRange { first: byte, last: byte, files: bucket.len() });
            }
        }
        if let Some(done) = range {
            self.push(done.glob(&first[..same]), done.files);
        }
    }
}

/// Names that have the same prefix, followed by a byte in a range.
struct ByteRange {
    first: u8,
    last: u8,
    files: usize,
}

impl ByteRange {
    fn fits(&self, byte: u8, files: usize, max_files: usize) -> bool {
        // A range such as `[9-A]` would include other characters in between.
        let same_kind = (byte.is_ascii_digit() == self.last.is_ascii_digit())
            && (byte.is_ascii_uppercase() == self.last.is_ascii_uppercase());
        byte.is_ascii_alphanumeric() && same_kind && self.files + files <= max_files
    }

    fn glob(&self, before: &[u8]) -> Option<String> {
        let (before, first, last) = (text(before)?, self.first as char, self.last as char);
        Some(match first == last {
            true => format!("/{before}{first}*"),
            false => format!("/{before}[{first}-{last}]*"),
        })
    }
}

/// Returns the glob for everything under a directory.
fn below(dir: &[u8]) -> Option<String> {
    let name = text(dir)?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
    Some(if name.chars().all(is_plain) { format!("{name}**") } else { format!("/{name}**") })
}

/// Returns a file's extension; the path of the file's directory has `depth` bytes.
fn extension(path: &[u8], depth: usize) -> &[u8] {
    let name = &path[depth..];
    // A name such as '.gitignore' has no extension.
    let dot = name.iter().rposition(|byte| *byte == b'.').filter(|dot| *dot > 0);
    dot.map_or(&[], |dot| &name[dot + 1..])
}

/// Escapes bytes for use in a glob; returns `None` if a glob cannot contain them.
fn text(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    // A trailing space in a glob would be ignored.
    if text.contains(char::is_control) || text.ends_with(' ') {
        return None;
    }
    let escape = |c: char| "\\*?[]{}!#".contains(c).then_some('\\').into_iter().chain([c]);
    Some(text.chars().flat_map(escape).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use idhooks_core::config::Globs;
    use idhooks_core::registry::RepoPath;

    /// Returns each glob and the number of files that it matches, after testing it against all
    /// paths.
    fn pieces(paths: &[String], max_files: usize) -> Vec<String> {
        let mut sorted: Vec<&[u8]> = paths.iter().map(|path| path.as_bytes()).collect();
        sorted.sort_unstable();
        let pieces = split_paths(&sorted, max_files);
        assert_eq!(pieces.iter().map(|piece| piece.files).sum::<usize>(), paths.len());
        for piece in &pieces {
            assert!(piece.files <= max_files || piece.glob.is_none(), "{piece:?}");
            let Some(glob) = &piece.glob else { continue };
            let globs = Globs::new([&**glob]).expect("a glob");
            let matched = |p: &&&[u8]| globs.matches(&RepoPath::new(p.to_vec()).expect("a path"));
            assert_eq!(sorted.iter().filter(matched).count(), piece.files, "{glob}");
        }
        let shown = pieces.into_iter().map(|piece| (piece.glob.unwrap_or("-".into()), piece.files));
        let mut shown: Vec<String> = shown.map(|(glob, files)| format!("{glob} {files}")).collect();
        shown.sort();
        shown
    }

    fn names(dir: &str, count: usize, end: &str) -> Vec<String> {
        (0..count).map(|n| format!("{dir}f{n:03}{end}")).collect()
    }

    #[test]
    fn few_directories_get_a_piece_each() {
        let mut paths = [names("a/", 30, ".go"), names("b c/", 20, ".go")].concat();
        paths.extend(names("b c/[x]/", 90, ".go"));
        paths.extend(["main.go", "x.go", "Makefile", "Rakefile"].map(str::to_owned));
        let expected = ["/*.go 2", "/[M-R]* 2", "/b c/*.go 20", "/b c/\\[x\\]/** 90", "a/** 30"];
        assert_eq!(pieces(&paths, 100), expected);
        // If one directory contains all paths, a single glob is enough.
        assert_eq!(pieces(&names("a/b/", 30, ".go"), 100), ["a/b/** 30"]);
        assert_eq!(pieces(&["new.go".to_owned()], 100), ["/*.go 1"]);
    }

    #[test]
    fn many_names_are_split_into_ranges() {
        let flat = names("pkg/", 1000, ".go");
        assert_eq!(pieces(&flat, 999)[..2], ["/pkg/f0* 100", "/pkg/f1* 100"]);
        assert_eq!(pieces(&flat, 90)[..2], ["/pkg/f00* 10", "/pkg/f01* 10"]);
        let dirs: Vec<String> =
            ('a'..='z').flat_map(|c| names(&format!("src/{c}{c}/"), 5, ".x")).collect();
        assert_eq!(pieces(&dirs, 80)[..2], ["/src/[a-b]* 10", "/src/[c-d]* 10"]);
        let odd = ["ab", "a-b", "a/b", "a.b"].map(|name| format!("src/x{name}"));
        let odd = [odd.to_vec(), dirs].concat();
        assert!(pieces(&odd, 80).contains(&"/src/x* 9".to_owned()));
        let shown = pieces(&odd, 3);
        assert!(shown.contains(&"src/xa/** 1".to_owned()), "{shown:?}");
        assert!(shown.contains(&"/src/xa-* 1".to_owned()), "{shown:?}");
    }

    #[test]
    fn names_that_cannot_be_pasted_have_no_glob() {
        let mut paths = names("a\nb/", 5, ".go");
        paths.extend(["é", "-x", "x", "z "].map(str::to_owned));
        let shown = pieces(&paths, 100);
        assert!(
            shown.contains(&"- 5".to_owned()) && shown.contains(&"/-* 1".to_owned()),
            "{shown:?}"
        );
    }
}
