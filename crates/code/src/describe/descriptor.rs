//! A file's machine-readable descriptor.

use idhooks_core::config::DescriptorKey;
use idhooks_core::registry::{BlobId, Id, RepoPath, Timestamp, in_order};
use idhooks_references::PythonPackages;
use serde::Serialize;
use serde_json::{Value, json};

use crate::describe::parse::{PARSER_ID, PARSER_VERSION};
use crate::describe::python_facts::{
    PythonClass, PythonConstant, PythonFacts, PythonFunction, PythonImport,
};

/// A Python file and the facts about it.
#[derive(Debug, Clone)]
pub struct DescribedFile {
    /// Its identity.
    pub id: Option<Id>,
    /// Its path.
    pub path: RepoPath,
    /// Its blob.
    pub blob: Option<BlobId>,
    /// The SHA-256 of the file's content.
    pub source_sha256: Option<String>,
    /// When it was parsed.
    pub parsed_at: Option<Timestamp>,
    /// The facts derived from the file's content.
    pub facts: PythonFacts,
    /// The facts derived from the file's path and other files.
    pub place: ModulePlace,
    /// The path of the file's full descriptor.
    pub output: Option<RepoPath>,
    /// The SHA-256 of the full descriptor.
    pub output_sha256: Option<String>,
}

/// How a module relates to the other modules in the repository.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModulePlace {
    qualified_name: Option<String>,
    is_package_init: bool,
    /// The modules in the repository that this module imports.
    local: Vec<String>,
    /// The modules outside the repository that this module imports.
    external: Vec<String>,
}

impl ModulePlace {
    /// Determines how a file with these facts relates to other modules.
    pub fn of(path: &RepoPath, facts: &PythonFacts, packages: &PythonPackages<'_>) -> Self {
        let mut imported: Vec<_> = facts.imports.iter().collect();
        // `from __future__` is an instruction to the compiler, and does not make the file depend on
        // another module.
        imported.retain(|import| import.module != "__future__");
        let mut modules: Vec<_> = imported
            .into_iter()
            .flat_map(|i| packages.imported(path, &i.module, i.level, &i.names))
            .collect();
        modules.sort();
        modules.dedup();
        let (local, external): (Vec<_>, Vec<_>) = modules.into_iter().partition(|m| m.is_local);
        let [local, external] =
            [local, external].map(|modules| modules.into_iter().map(|m| m.name).collect());
        ModulePlace {
            qualified_name: packages.qualified_name(path),
            is_package_init: path.basename() == b"__init__.py",
            local,
            external,
        }
    }
}

/// A descriptor as a JSON document.
#[derive(Debug, Serialize)]
pub struct Descriptor<'d> {
    version: u8,
    id: Option<Id>,
    path: &'d RepoPath,
    blob: Option<BlobId>,
    source_sha256: Option<&'d str>,
    python: PythonSection<'d>,
}

#[derive(Debug, Serialize)]
struct PythonSection<'d> {
    #[serde(flatten, serialize_with = "in_order")]
    keys: Vec<(&'static str, Value)>,
    imports: &'d [PythonImport],
    classes: &'d [PythonClass],
    functions: &'d [PythonFunction],
    constants: &'d [PythonConstant],
}

impl DescribedFile {
    /// Returns a key's value.
    pub fn value(&self, key: DescriptorKey) -> Value {
        let DescribedFile { facts, place, .. } = self;
        match key {
            DescriptorKey::ParseStatus => json!(facts.status),
            DescriptorKey::ParsedUtc => json!(self.parsed_at),
            DescriptorKey::ParserId => json!(PARSER_ID),
            DescriptorKey::ParserVersion => json!(PARSER_VERSION),
            DescriptorKey::ErrorCount => json!(facts.error_count),
            DescriptorKey::ErrorFirst => json!(facts.error_first),
            DescriptorKey::ModuleQualname => json!(place.qualified_name),
            DescriptorKey::IsPackageInit => json!(place.is_package_init),
            DescriptorKey::HasMainGuard => json!(facts.has_main_guard),
            DescriptorKey::EntrypointSymbol => json!(facts.entrypoint),
            DescriptorKey::CliFramework => json!(facts.cli_framework),
            DescriptorKey::ImportsLocal => json!(place.local),
            DescriptorKey::ImportsExternal => json!(place.external),
            DescriptorKey::ImportsLocalCount => json!(place.local.len()),
            DescriptorKey::ImportsExternalCount => json!(place.external.len()),
            DescriptorKey::FunctionCount => json!(facts.functions.len()),
            DescriptorKey::ClassCount => json!(facts.classes.len()),
            DescriptorKey::Docstring => json!(facts.docstring_1l),
            DescriptorKey::DescriptorPath => json!(self.output),
            DescriptorKey::DescriptorSha256 => json!(self.output_sha256),
        }
    }

    /// Returns the full descriptor.
    pub fn descriptor(&self) -> Descriptor<'_> {
        self.document(|key| self.value(key))
    }

    /// Returns a file's full descriptor. Every clone must produce the same text, so it contains
    /// neither the parsing time nor the descriptor's location.
    pub fn kept_descriptor(&self) -> Descriptor<'_> {
        self.document(|key| match key {
            DescriptorKey::ParsedUtc
            | DescriptorKey::DescriptorPath
            | DescriptorKey::DescriptorSha256 => Value::Null,
            key => self.value(key),
        })
    }

    fn document(&self, value: impl Fn(DescriptorKey) -> Value) -> Descriptor<'_> {
        let facts = &self.facts;
        Descriptor {
            version: 1,
            id: self.id,
            path: &self.path,
            blob: self.blob,
            source_sha256: self.source_sha256.as_deref(),
            python: PythonSection {
                keys: DescriptorKey::ALL.map(|key| (key.as_str(), value(key))).into(),
                imports: &facts.imports,
                classes: &facts.classes,
                functions: &facts.functions,
                constants: &facts.constants,
            },
        }
    }
}
