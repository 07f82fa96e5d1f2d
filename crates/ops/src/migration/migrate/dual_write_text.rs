//! Edits the `[dual_write]` table in an `idhooks.toml` and leaves the rest unchanged.

use idhooks_core::config::{Config, DualWrite, PathForm};

/// The table's header.
const HEADER: &str = "[dual_write]";

/// The `[dual_write]` table has a form that cannot be edited, such as an inline table. The message
/// consists of the lines that the user has to write.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", table(.settings))]
pub struct DualWriteTableError {
    /// The keys that the table must have, with their values as TOML.
    pub settings: Vec<(&'static str, String)>,
}

/// Returns the text with a `[dual_write]` table for these rules: whether the file is written, which
/// side leads, the file's path and format, the keys that are updated with the path and, if
/// applicable, that the migration is finished. Other keys and comments stay.
///
/// # Errors
/// If the table has a different form, such as an inline table, returns an error with the lines that
/// the user has to write.
pub(super) fn with_dual_write(
    text: &str,
    rules: &DualWrite,
) -> Result<String, DualWriteTableError> {
    let mut wanted = vec![
        ("enabled", rules.enabled.to_string()),
        ("leading", quoted(rules.leading.as_str())),
        ("legacy", quoted(&rules.legacy.to_string())),
        ("format", quoted(rules.format.as_str())),
    ];
    if !rules.path_keys.is_empty() {
        let pair = |(name, form): (&String, &PathForm)| {
            format!("{} = {}", quoted(name), quoted(form.as_str()))
        };
        let pairs: Vec<String> = rules.path_keys.iter().map(pair).collect();
        wanted.push(("path_keys", format!("{{ {} }}", pairs.join(", "))));
    }
    // The parser does not accept a byte order mark.
    let own = Config::parse(text.strip_prefix('\u{feff}').unwrap_or(text)).ok();
    let was_finished = own.and_then(|own| own.dual_write).is_some_and(|own| own.finished);
    // `false` is the default, so it is only written to replace an earlier `true`.
    if rules.finished || was_finished {
        wanted.push(("finished", rules.finished.to_string()));
    }
    let with = match section(text) {
        None => {
            let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
            let blank = if text.is_empty() { "" } else { "\n" };
            format!("{text}{end}{blank}{}", table(&wanted))
        }
        Some((start, end)) => {
            let mut lines: Vec<String> =
                text[start..end].split_inclusive('\n').map(str::to_owned).collect();
            for (key, value) in &wanted {
                match lines.iter_mut().skip(1).find(|line| key_of(line) == Some(key)) {
                    Some(line) => *line = replaced(line, key, value),
                    None => {
                        let last = lines.iter().rposition(|line| !line.trim().is_empty());
                        let at = last.unwrap_or(0);
                        // The last line in the file may have no line ending.
                        if !lines[at].ends_with('\n') {
                            lines[at].push('\n');
                        }
                        lines.insert(at + 1, format!("{key} = {value}\n"));
                    }
                }
            }
            format!("{}{}{}", &text[..start], lines.concat(), &text[end..])
        }
    };
    // The text was edited line by line, so it is parsed to check that the result is as intended.
    let read = Config::parse(with.strip_prefix('\u{feff}').unwrap_or(&with)).ok();
    let is_right = |config: &Config| {
        config.dual_write.as_deref().is_some_and(|own| {
            let of = |rules: &DualWrite| {
                (rules.enabled, rules.leading, rules.legacy.clone(), rules.format)
            };
            let has_keys = rules.path_keys.is_empty() || own.path_keys == rules.path_keys;
            of(own) == of(rules) && has_keys && own.finished == rules.finished
        })
    };
    read.filter(is_right).map(|_| with).ok_or(DualWriteTableError { settings: wanted })
}

/// Returns a table with these keys and values.
fn table(settings: &[(&str, String)]) -> String {
    let lines = settings.iter().map(|(key, value)| format!("{key} = {value}\n"));
    format!("{HEADER}\n{}", lines.collect::<String>())
}

/// Returns where the table begins and ends. It ends before the next table's header and any comments
/// and blank lines directly above that header.
fn section(text: &str) -> Option<(usize, usize)> {
    let mut start = None;
    let mut end = text.len();
    let mut at = 0;
    let mut last = 0;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim_start_matches('\u{feff}').trim();
        let is_header = trimmed.starts_with('[') && !trimmed.starts_with("[ ");
        let name = trimmed.split('#').next().unwrap_or_default().trim_end();
        match start {
            None if name == HEADER => start = Some(at),
            Some(_) if is_header => {
                end = last;
                break;
            }
            _ => {}
        }
        at += line.len();
        if !(trimmed.is_empty() || trimmed.starts_with('#')) {
            last = at;
        }
    }
    start.map(|start| (start, end))
}

/// Returns the key on a line, if there is one.
fn key_of(line: &str) -> Option<&str> {
    let (key, _) = line.split_once('=')?;
    // TOML allows quotes around a key.
    let key = key.trim().trim_matches(['"', '\'']);
    (!key.starts_with('#')).then_some(key)
}

/// Returns the line with a new value and the old comment.
fn replaced(line: &str, key: &str, value: &str) -> String {
    let old = line.split_once('=').map_or("", |(_, old)| old).trim();
    let after = match old.chars().next() {
        // A '#' inside quotes does not start a comment.
        Some(quote @ ('"' | '\'')) => old[1..].split_once(quote).map_or("", |(_, rest)| rest),
        _ => old,
    };
    let comment = after.find('#').map_or(String::new(), |at| format!("  {}", &after[at..]));
    // The line ending stays the same, so that git shows only one changed line.
    let end = if line.ends_with("\r\n") { "\r\n" } else { "\n" };
    format!("{key} = {value}{comment}{end}")
}

/// Quotes a string for TOML; the string must not contain control characters.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use idhooks_core::config::{Leading, LegacyFormat};
    use idhooks_core::registry::RepoPath;

    fn rules(leading: Leading) -> DualWrite {
        let legacy = RepoPath::new(*b"old/ids.csv").expect("valid");
        let (enabled, format) = (true, LegacyFormat::Csv);
        DualWrite { enabled, leading, legacy, format, ..DualWrite::default() }
    }

    const TABLE: &str = "[dual_write]\nenabled = true\nleading = \"legacy\"\n\
                         legacy = \"old/ids.csv\"\nformat = \"csv\"\n";

    #[test]
    fn a_table_is_added_at_the_end_and_says_when_it_is_over() {
        let leading = rules(Leading::Legacy);
        for text in ["", "scope = \"250101\"\n", "# [dual_write]\n[track]\nexclude = ['x']\n"] {
            let with = with_dual_write(text, &leading).expect("valid");
            let blank = if text.is_empty() { "" } else { "\n" };
            assert_eq!(with, format!("{text}{blank}{TABLE}"));
            assert_eq!(with_dual_write(&with, &leading).expect("valid"), with);
            let over = DualWrite { enabled: false, finished: true, ..leading.clone() };
            let over = with_dual_write(&with, &over).expect("valid");
            let table = TABLE.replace("true", "false");
            assert_eq!(over, format!("{text}{blank}{table}finished = true\n"));
        }
    }

    #[test]
    fn keys_that_follow_the_path_are_written() {
        let path_keys =
            [("metadata.canonical_path", PathForm::Lower), ("key \"a\"", PathForm::Exact)];
        let path_keys = path_keys.map(|(name, form)| (name.to_owned(), form)).into();
        let with_keys = DualWrite { path_keys, ..rules(Leading::Legacy) };
        let with = with_dual_write("", &with_keys).expect("valid");
        let line = "path_keys = { \"key \\\"a\\\"\" = \"exact\", \"metadata.canonical_path\" = \"lower\" }\n";
        assert_eq!(with, format!("{TABLE}{line}"));
        assert_eq!(with_dual_write(&with, &with_keys).expect("valid"), with);
        assert_eq!(with_dual_write(&with, &rules(Leading::Legacy)).expect("valid"), with);
    }

    #[test]
    fn an_existing_table_keeps_its_other_keys_and_comments() {
        let text = "scope = \"250101\"\n\n[dual_write]  # both\nenabled = false  # not yet\n\
                    verify = \"never\"\nlegacy = 'old/ids.csv' # theirs\n\n# rules\n[track]\nexclude = ['x']\n";
        let with = with_dual_write(text, &rules(Leading::Registry)).expect("valid");
        assert_eq!(
            with,
            "scope = \"250101\"\n\n[dual_write]  # both\nenabled = true  # not yet\n\
             verify = \"never\"\nlegacy = \"old/ids.csv\"  # theirs\nleading = \"registry\"\n\
             format = \"csv\"\n\n# rules\n[track]\nexclude = ['x']\n"
        );
    }

    #[test]
    fn a_table_of_another_form_is_left_to_the_user() {
        let inline = "dual_write = { enabled = false }\n";
        let error = with_dual_write(inline, &rules(Leading::Legacy)).expect_err("not a section");
        assert_eq!(error.to_string(), TABLE);
    }
}
