//! The MIME types of files, by extension.

use idhooks_core::registry::RepoPath;
use idhooks_repo::store::EntryKind;

/// The MIME type for files with an unknown extension.
const ANY_BYTES: &str = "application/octet-stream";

/// MIME types and their extensions.
const TYPES: [(&str, &str); 59] = [
    ("application/epub+zip", "epub"),
    ("application/font-sfnt", "otf"),
    ("application/font-woff", "woff"),
    ("application/gzip", "gz"),
    ("application/java-archive", "jar war"),
    ("application/javascript", "mjs"),
    ("application/json", "json"),
    ("application/manifest+json", "webmanifest"),
    ("application/msword", "doc"),
    ("application/pdf", "pdf"),
    ("application/postscript", "ai eps ps"),
    ("application/rtf", "rtf"),
    ("application/vnd.ms-excel", "xls"),
    ("application/vnd.ms-powerpoint", "ppt"),
    ("application/vnd.oasis.opendocument.presentation", "odp"),
    ("application/vnd.oasis.opendocument.spreadsheet", "ods"),
    ("application/vnd.oasis.opendocument.text", "odt"),
    ("application/wasm", "wasm"),
    ("application/x-7z-compressed", "7z"),
    ("application/x-bzip2", "bz2"),
    ("application/x-compressed", "tgz"),
    ("application/x-httpd-php", "php"),
    ("application/x-msdownload", "bat dll"),
    ("application/x-perl", "pl pm"),
    ("application/x-sh", "sh"),
    ("application/x-sql", "sql"),
    ("application/x-tar", "tar"),
    ("application/x-tex", "tex"),
    ("application/x-x509-ca-cert", "crt der pem"),
    ("application/x-xz", "xz"),
    ("application/zip", "zip"),
    ("audio/mpeg", "mp3"),
    ("audio/ogg", "ogg"),
    ("audio/wav", "wav"),
    ("font/ttf", "ttf"),
    ("font/woff2", "woff2"),
    ("image/bmp", "bmp"),
    ("image/gif", "gif"),
    ("image/jpeg", "jpeg jpg"),
    ("image/png", "png"),
    ("image/svg+xml", "svg"),
    ("image/tiff", "tif tiff"),
    ("image/webp", "webp"),
    ("image/x-icon", "ico"),
    ("text/css", "css"),
    ("text/csv", "csv"),
    ("text/html", "htm html"),
    ("text/javascript", "js jsx"),
    ("text/markdown", "md"),
    ("text/plain", "c cc cfg conf cpp cs h hpp ini log py ts txt"),
    ("text/tab-separated-values", "tsv"),
    ("text/xml", "xml xsd xsl"),
    ("text/x-lua", "lua"),
    ("text/x-rust", "rs"),
    ("text/x-scss", "scss"),
    ("text/x-toml", "toml"),
    ("text/x-yaml", "yaml yml"),
    ("video/mp4", "mp4"),
    ("video/webm", "webm"),
];

/// Returns a file's MIME type.
pub(super) fn mime_type(path: &RepoPath, kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::File => {
            let extension = path.extension().unwrap_or_default();
            // Some programs write extensions in upper case.
            let has = |word: &str| word.as_bytes().eq_ignore_ascii_case(extension);
            let row = TYPES.iter().find(|(_, extensions)| extensions.split(' ').any(has));
            row.map_or(ANY_BYTES, |(mime_type, _)| mime_type)
        }
        EntryKind::Directory => "inode/directory",
        EntryKind::Link => "inode/symlink",
        EntryKind::Other => ANY_BYTES,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_found_by_extension_in_any_case() {
        for (path, expected) in [
            ("a/B.MD", "text/markdown"),
            ("a.tar.gz", "application/gzip"),
            ("a.rs", "text/x-rust"),
            ("a", ANY_BYTES),
            (".py", ANY_BYTES),
            ("a.unknown", ANY_BYTES),
        ] {
            let path = RepoPath::new(path.as_bytes()).expect("valid");
            assert_eq!(mime_type(&path, EntryKind::File), expected, "{path}");
        }
    }
}
