//! `[describe]` and `[[classify]]`: the facts about files beside their identity.

use std::time::Duration;

use crate::registry::RepoPath;

use super::globs::Globs;

crate::words! {
    /// A key of the descriptor of a Python file.
    pub enum DescriptorKey {
        /// How the file could be read.
        ParseStatus = "py_parse_status",
        /// When it was parsed.
        ParsedUtc = "py_parsed_utc",
        /// The parser.
        ParserId = "py_parser_id",
        /// The version of the parser.
        ParserVersion = "py_parser_version",
        /// The number of syntax errors.
        ErrorCount = "py_parse_error_count",
        /// The first error.
        ErrorFirst = "py_parse_error_first",
        /// The dotted name of the module.
        ModuleQualname = "py_module_qualname",
        /// Whether it is the `__init__.py` of a package.
        IsPackageInit = "py_is_package_init",
        /// Whether it has an `if __name__ == "__main__"`.
        HasMainGuard = "py_has_main_guard",
        /// The function that is called under the main guard.
        EntrypointSymbol = "py_entrypoint_symbol",
        /// The library that parses the command line.
        CliFramework = "py_cli_framework",
        /// The imported modules of the repository.
        ImportsLocal = "py_imports_local",
        /// The other imported modules.
        ImportsExternal = "py_imports_external",
        /// The number of imported modules of the repository.
        ImportsLocalCount = "py_imports_local_count",
        /// The number of other imported modules.
        ImportsExternalCount = "py_imports_external_count",
        /// The number of functions, methods included.
        FunctionCount = "py_function_count",
        /// The number of classes.
        ClassCount = "py_class_count",
        /// The first line of the docstring.
        Docstring = "py_docstring_1l",
        /// The path of the full descriptor.
        DescriptorPath = "py_descriptor_path",
        /// The SHA-256 of the full descriptor.
        DescriptorSha256 = "py_descriptor_sha256",
    }
}

impl DescriptorKey {
    /// Returns whether every clone finds the same value in the same commit, so that the registry
    /// may have it.
    pub fn can_be_stored(self) -> bool {
        !matches!(
            self,
            DescriptorKey::ParsedUtc
                | DescriptorKey::ParserId
                | DescriptorKey::ParserVersion
                | DescriptorKey::DescriptorPath
                | DescriptorKey::DescriptorSha256
        )
    }
}

/// What `[describe]` says.
#[derive(Debug, Clone)]
pub struct DescribeRules {
    /// The files that are described.
    pub path: Globs,
    /// The keys that the registry keeps in the metadata of the records.
    pub store: Vec<DescriptorKey>,
    /// The directory of the full descriptors.
    pub output: Option<RepoPath>,
    /// The directories at which the names of modules begin; nothing is the top.
    pub roots: Vec<Option<RepoPath>>,
    /// The time that the description of a file may take.
    pub timeout: Duration,
}

impl Default for DescribeRules {
    fn default() -> Self {
        DescribeRules {
            path: Globs::new(["**/*.py"]).unwrap_or_default(),
            store: Vec::new(),
            output: None,
            roots: Vec::new(),
            timeout: Duration::from_secs(2),
        }
    }
}

impl DescribeRules {
    /// Returns the path of the full descriptor of an identity, if they are kept.
    pub fn descriptor_path(&self, id: &str) -> Option<RepoPath> {
        let file = RepoPath::new(format!("{id}.v1.json").into_bytes()).ok()?;
        self.output.as_ref().map(|dir| dir.join(&file))
    }
}

crate::words! {
    /// The kind of a file.
    #[derive(Default)]
    pub enum ContentKind {
        /// Python code.
        Python = "python",
        /// Configuration: YAML, JSON or TOML.
        Config = "config",
        /// Text: Markdown, reStructuredText or plain.
        Doc = "doc",
        /// Anything else.
        #[default]
        Other = "other",
    }
}

impl ContentKind {
    /// Returns the kind of the files with an extension.
    pub(super) fn of(path: &RepoPath) -> Self {
        match path.extension().map(<[u8]>::to_ascii_lowercase).as_deref() {
            Some(b"py") => ContentKind::Python,
            Some(b"yml" | b"yaml" | b"json" | b"toml") => ContentKind::Config,
            Some(b"md" | b"rst" | b"txt") => ContentKind::Doc,
            _ => ContentKind::Other,
        }
    }
}

/// A rule `[[classify]]`.
#[derive(Debug, Clone)]
pub(super) struct ClassRule {
    pub(super) globs: Globs,
    pub(super) class: String,
    pub(super) kind: Option<ContentKind>,
}

/// The class and the kind of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct FileClass<'c> {
    /// The class, from the first rule that matches the path.
    pub class: Option<&'c str>,
    /// The kind, from that rule or from the extension.
    pub kind: ContentKind,
}
