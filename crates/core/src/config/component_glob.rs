//! [`ComponentGlob`]: a glob such as `*ws_*` that is compared as text with each component of a
//! path, ignoring case.

use crate::registry::RepoPath;

/// A glob that contains no slashes, and has stars only at its ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ComponentGlob {
    /// The text between the stars, in lower case.
    text: String,
    begins_anywhere: bool,
    ends_anywhere: bool,
    /// Whether the glob matches only directories.
    is_dir: bool,
}

impl ComponentGlob {
    /// Parses a glob; returns `None` if it contains a slash, or a star elsewhere than at its ends.
    pub(super) fn parse(glob: &str) -> Option<Self> {
        let (glob, is_dir) = glob.strip_suffix('/').map_or((glob, false), |glob| (glob, true));
        let (glob, begins_anywhere) = glob.strip_prefix('*').map_or((glob, false), |g| (g, true));
        let (text, ends_anywhere) = glob.strip_suffix('*').map_or((glob, false), |g| (g, true));
        // Any other character may have a special meaning, so a glob that contains one is compiled
        // instead.
        let is_plain = |c: u8| c.is_ascii_alphanumeric() || b"._-".contains(&c);
        let is_text = !text.is_empty() && text.bytes().all(is_plain);
        let text = text.to_ascii_lowercase();
        is_text.then_some(ComponentGlob { text, begins_anywhere, ends_anywhere, is_dir })
    }

    /// Returns whether any component of a lower-case path matches.
    pub(super) fn matches(&self, path: &[u8]) -> bool {
        let text = self.text.as_bytes();
        // Most paths don't contain the glob's text at all.
        if memchr::memmem::find(path, text).is_none() {
            return false;
        }
        let mut components = path.split(|byte| *byte == b'/').peekable();
        while let Some(component) = components.next() {
            let is_match = match (self.begins_anywhere, self.ends_anywhere) {
                (true, true) => memchr::memmem::find(component, text).is_some(),
                (true, false) => component.ends_with(text),
                (false, true) => component.starts_with(text),
                (false, false) => component == text,
            };
            if is_match && (!self.is_dir || components.peek().is_some()) {
                return true;
            }
        }
        false
    }
}

/// Returns a path with its ASCII letters converted to lower case.
pub(super) fn lower(path: &RepoPath) -> Vec<u8> {
    path.as_bytes().to_ascii_lowercase()
}
