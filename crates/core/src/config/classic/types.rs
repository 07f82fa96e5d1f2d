//! Extensions and their TYPE in classic files.

use crate::registry::TypeCode;

use super::codes::TableCode;
use super::yaml::YamlNode;
use super::{Classic, TYPE_FORM};

impl TableCode for TypeCode {
    const FORM: &str = TYPE_FORM;
    const NAMES: &[&str] =
        &["extensions", "extension", "ext", "exts", "match", "matches", "pattern", "glob"];
    const CODES: &[&str] = &["code", "type_code", "type", "tt"];
    const NOUNS: [&str; 3] = ["an extension", "extensions", "'extensions' and 'code'"];
    const REST: Option<&str> = Some("*");
    const HAS_SHORT_RULES: bool = false;
    const FIXED_METHOD: (&str, &[&str], &str) = (
        "type_classification",
        &["extension", "by_extension", "file_extension", "extension_table"],
        "the extension decides",
    );

    fn read_rest(classic: &mut Classic, value: &YamlNode) {
        classic.read_other_type(value);
    }

    fn add(self, classic: &mut Classic, line: usize, extension: &str) {
        let name = extension.trim().trim_start_matches('*').trim_start_matches('.');
        if name.is_empty()
            || name.contains(['/', '\\', '*', '?'])
            || name.contains(char::is_control)
        {
            return classic.fault(line, format!("'{extension}' is not an extension"));
        }
        if name.contains('.') {
            return classic.leave_out(line, extension, "only what follows the last dot counts");
        }
        let name = name.to_ascii_lowercase();
        match classic.types.iter().find(|(known, _)| *known == name) {
            Some((_, known)) if *known != self => {
                let what = format!("'{extension}' already has TYPE {known}, but {self} here");
                classic.fault(line, what);
            }
            Some(_) => {}
            None => classic.types.push((name, self)),
        }
    }
}
