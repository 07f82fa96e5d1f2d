//! The permissions of a file, as `ls` shows them.

use std::fs::Metadata;

/// Returns ten characters such as `-rw-r--r--`.
#[cfg(unix)]
pub(super) fn permissions(meta: &Metadata) -> String {
    use std::os::unix::fs::{FileTypeExt, PermissionsExt};
    let kind = meta.file_type();
    let kinds = [
        (kind.is_dir(), 'd'),
        (kind.is_symlink(), 'l'),
        (kind.is_fifo(), 'p'),
        (kind.is_socket(), 's'),
        (kind.is_block_device(), 'b'),
        (kind.is_char_device(), 'c'),
    ];
    let letter = kinds.iter().find(|(is, _)| *is).map_or('-', |(_, letter)| *letter);
    format!("{letter}{}", triples(meta.permissions().mode()))
}

/// Returns ten characters such as `-rw-rw-rw-`; this system reports only whether the file can be
/// written.
#[cfg(not(unix))]
pub(super) fn permissions(meta: &Metadata) -> String {
    let letter = if meta.is_dir() { 'd' } else { '-' };
    let one = if meta.permissions().readonly() { "r--" } else { "rw-" };
    format!("{letter}{}", one.repeat(3))
}

/// Returns the nine letters of a mode. The setuid, setgid and sticky bits replace the `x`.
#[cfg(unix)]
fn triples(mode: u32) -> String {
    let mut letters = String::with_capacity(9);
    for (shift, special, letter) in [(6, 0o4000, 's'), (3, 0o2000, 's'), (0, 0o1000, 't')] {
        let bits = mode >> shift;
        letters.push(if bits & 4 != 0 { 'r' } else { '-' });
        letters.push(if bits & 2 != 0 { 'w' } else { '-' });
        letters.push(match (bits & 1 != 0, mode & special != 0) {
            (true, true) => letter,
            (false, true) => letter.to_ascii_uppercase(),
            (true, false) => 'x',
            (false, false) => '-',
        });
    }
    letters
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn modes_are_written_as_ls_does() {
        for (mode, letters) in [
            (0o644, "rw-r--r--"),
            (0o755, "rwxr-xr-x"),
            (0o000, "---------"),
            (0o4755, "rwsr-xr-x"),
            (0o2644, "rw-r-Sr--"),
            (0o1777, "rwxrwxrwt"),
        ] {
            assert_eq!(triples(mode), letters);
        }
    }
}
