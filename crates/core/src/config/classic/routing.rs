//! Paths and their namespace in classic files.

use crate::config::globs::Globs;
use crate::registry::Namespace;

use super::codes::TableCode;
use super::yaml::YamlNode;
use super::{Classic, NAMESPACE_FORM};

impl TableCode for Namespace {
    const FORM: &str = NAMESPACE_FORM;
    const NAMES: &[&str] = &[
        "path",
        "paths",
        "pattern",
        "patterns",
        "glob",
        "globs",
        "path_glob",
        "path_globs",
        "folder",
        "folders",
        "dir",
        "directory",
        "directories",
        "prefix",
        "match",
    ];
    const CODES: &[&str] = &["code", "ns", "ns_code", "namespace", "namespace_code"];
    const NOUNS: [&str; 3] = ["a path", "paths", "'path' and 'code'"];
    const REST: Option<&str> = None;
    const HAS_SHORT_RULES: bool = true;
    const FIXED_METHOD: (&str, &[&str], &str) = (
        "namespace_routing",
        &["directory_rules_only", "directory_rules", "directory", "path_rules"],
        "path rules decide",
    );

    fn read_rest(classic: &mut Classic, value: &YamlNode) {
        classic.read_other(value);
    }

    fn add(self, classic: &mut Classic, line: usize, path: &str) {
        let glob = match glob(path) {
            Ok(glob) => glob,
            Err(why) => return classic.fault(line, format!("'{path}' {why}")),
        };
        if glob == "**" {
            classic.other = Some(self);
            return;
        }
        match classic.namespaces.iter().find(|(known, _)| *known == glob) {
            Some((_, known)) if *known != self => {
                let what = format!("'{path}' already has the namespace {known}, but {self} here");
                classic.fault(line, what);
            }
            Some(_) => {}
            None => classic.namespaces.push((glob, self)),
        }
    }
}

/// Converts a folder or glob of a classic file, which all begin at the top, to a glob of ours.
fn glob(path: &str) -> Result<String, String> {
    let slashes = path.trim().replace('\\', "/");
    let bare = slashes.trim_start_matches("./").trim_start_matches('/');
    if bare.starts_with('^') || bare.ends_with('$') || bare.contains(".*") {
        return Err("is a regular expression; write a glob such as docs/**".to_owned());
    }
    if bare.starts_with(['!', '#']) || bare.contains(char::is_control) {
        return Err("is not a path; write a glob such as docs/**".to_owned());
    }
    // Another spelling of everything below a folder.
    let bare = bare.strip_suffix("/**/*").map_or(bare.to_owned(), |dir| format!("{dir}/**"));
    let is_folder = bare.ends_with('/');
    let bare = bare.trim_end_matches('/');
    let last = bare.rsplit('/').next().unwrap_or_default();
    let glob = match bare {
        "" | "." | "*" | "**" | "**/*" => return Ok("**".to_owned()),
        _ if bare.split('/').any(|part| part == "..") => {
            return Err("leads out of the repository".to_owned());
        }
        _ if bare.contains(['*', '?', '[', '{']) => bare.to_owned(),
        _ if is_folder || !last.contains('.') => format!("{bare}/**"),
        // A file, or a folder with a dot in its name.
        _ => format!("/{bare}"),
    };
    Globs::new([&*glob]).map_err(|error| format!("is not a glob: {error}"))?;
    Ok(glob)
}
