//! [`Obstacle`]: the reason a file cannot carry an identity.

use super::comment_style::Style;

/// The reason a file cannot carry an identity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Obstacle {
    /// The file's encoding is not a superset of ASCII: it is binary, or UTF-16.
    #[error("it is binary, or UTF-16")]
    Binary,
    /// The comment syntax of this kind of file is unknown.
    #[error("the comment syntax of this kind of file is unknown")]
    UnknownKind,
    /// The file is a pointer to content stored elsewhere.
    #[error("git-lfs stores its content")]
    Pointer,
    /// The content that git stores differs from the working tree.
    #[error("git filters it or converts its encoding")]
    Filtered,
    /// The head of the file says that it is generated.
    #[error("it is generated, as its head says")]
    Generated,
    /// The file is signed; editing it would break the signature.
    #[error("it is signed")]
    Signed,
    /// The file already has a `doc_id` that is not an identity.
    #[error("its doc_id is '{0}', which is not an identity")]
    Foreign(String),
    /// The content is not in the format that the file's name suggests, so there is no place for an
    /// identity.
    #[error("{0}")]
    Malformed(&'static str),
    /// The file is YAML whose top level is not a block of keys.
    #[error("its top level is not a list of keys, one per line, to which a key can be added")]
    NoKeys,
    /// This kind of file does not support the style.
    #[error("its [[embed]] rule has style \"{0}\", but this kind of file can only have {list}", list = quoted(.1))]
    Style(Style, &'static [Style]),
}

impl Obstacle {
    /// Returns the remedy, as a sentence without a full stop.
    pub fn help(&self) -> &'static str {
        match self {
            Obstacle::Binary | Obstacle::UnknownKind | Obstacle::Pointer | Obstacle::Filtered => {
                "remove it from the [[embed]] rules; the registry has its identity"
            }
            Obstacle::Generated => {
                "let the program that generates it write the identity, or keep the identity only in the registry"
            }
            Obstacle::Signed => "remove the signature, embed the identity, and sign the file again",
            Obstacle::Foreign(_) => "remove that line or key, or rename it, then try again",
            Obstacle::Malformed(_) => "fix the file, or keep the identity only in the registry",
            Obstacle::NoKeys => "give the file an [[embed]] rule with style = \"comment\"",
            Obstacle::Style(..) => "give the file an [[embed]] rule with another style",
        }
    }
}

/// Returns the names of the styles for a message, such as "comment" or "key".
pub(crate) fn quoted(styles: &[Style]) -> String {
    let words: Vec<String> = styles.iter().map(|style| format!("\"{style}\"")).collect();
    words.join(" or ")
}
