//! Redirects for nginx: maps, and the part of a server that uses them.

use std::fmt::Write;

use super::form::{FormRefusal, RedirectForm, RedirectStatus, without_slash};
use super::redirect::{Destination, Redirect, SourceKind};
use super::table::RedirectTable;

/// The name of the file that the `http` block includes.
pub(super) const MAP: &str = "idhooks-redirects.http.conf";
/// The name of the file that a `server` block includes.
pub(super) const SERVER: &str = "idhooks-redirects.server.conf";

/// The longest parameter that nginx reads, in bytes.
const LONGEST: usize = 4_000;
/// The size of a pointer in bytes.
const POINTER: usize = 8;
/// The number of entries that a bucket has room for.
const ENTRIES: usize = 8;

/// Returns the maps from paths to pages. nginx compares the paths without case, and refuses one that
/// it has already.
///
/// # Errors
/// Returns an error if an address is longer than nginx reads.
pub(super) fn map(table: &RedirectTable) -> Result<String, FormRefusal> {
    let mut maps = [const { String::new() }; 3];
    let (mut count, mut longest, mut last) = (0_usize, 0, String::new());
    // Spellings of one path lead to one page.
    let mut redirects: Vec<(String, &Redirect)> = table
        .redirects
        .iter()
        .map(|it| (without_slash(&it.from).to_ascii_lowercase(), it))
        .collect();
    redirects.sort_by(|a, b| a.0.cmp(&b.0));
    for (key, Redirect { from, to, kind }) in redirects {
        if count > 0 && key == last {
            continue;
        }
        let (map, value) = match to {
            // In a value, a dollar sign begins a variable, and cannot be escaped.
            Destination::Page(page) => {
                (usize::from(*kind == SourceKind::FormerPath), page.replace('$', "%24"))
            }
            Destination::Gone(_) => (2, "1".to_owned()),
        };
        let from = without_slash(from);
        let length = quoted(from).len().max(quoted(&value).len());
        if length > LONGEST {
            let (form, from) = (RedirectForm::Nginx, from.to_owned());
            return Err(FormRefusal::LongLine { form, from, length, most: LONGEST });
        }
        // Writing to a string cannot fail.
        let _ = writeln!(maps[map], "    {} {};", quoted(from), quoted(&value));
        (count, longest, last) = (count + 1, longest.max(from.len()), key);
    }
    // An entry takes a pointer, its length and the path. With two buckets for each entry, hardly any
    // has more than eight.
    let entry = (longest + 2).next_multiple_of(POINTER) + POINTER;
    let bucket = (ENTRIES * entry + POINTER).next_power_of_two();
    let size = (2 * count).next_power_of_two().max(2_048);
    let [ids, moved, gone] = maps;
    Ok(format!(
        "# Include this in the http block, and {SERVER} in a server block.\n\
         # If the block sets these two sizes itself, keep only the larger ones.\n\
         map_hash_max_size {size};\n\
         map_hash_bucket_size {bucket};\n\
         map $uri $idhooks_path {{\n    default $uri;\n    \"~^(?<idhooks_stem>.+)/$\" $idhooks_stem;\n}}\n\
         map $idhooks_path $idhooks_id {{\n    default \"\";\n{ids}}}\n\
         map $idhooks_path $idhooks_moved {{\n    default \"\";\n{moved}}}\n\
         map $idhooks_path $idhooks_gone {{\n    default \"\";\n{gone}}}\n"
    ))
}

/// Returns the part of a server that uses the maps.
pub(super) fn server(status: RedirectStatus) -> String {
    let (found, moved) = (RedirectStatus::FOUND.number(), status.number());
    format!(
        "# Include this in a server block, and {MAP} in the http block.\n\
         if ($idhooks_id) {{\n    return {found} $idhooks_id;\n}}\n\
         if ($idhooks_moved) {{\n    return {moved} $idhooks_moved;\n}}\n\
         if ($idhooks_gone) {{\n    return 410;\n}}\n"
    )
}

/// Returns a text between quotation marks.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
