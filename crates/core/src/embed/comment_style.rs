//! [`FileKind`]: a kind of file and its comment syntax; [`Style`]: the ways a file can carry an
//! identity.

use std::collections::HashMap;
use std::sync::LazyLock;

crate::words! {
    /// How a file carries its identity.
    pub enum Style {
        /// A key in front matter.
        FrontMatter = "front-matter",
        /// A comment at the head of the file.
        Comment = "comment",
        /// A key at the file's top level.
        Key = "key",
    }
}

/// The comment syntax for a kind of file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Syntax {
    /// The strings that start a line comment; `doc_id` is written after the first one.
    pub(super) line: &'static [&'static str],
    /// The strings that open and close a block comment; without line comments, `doc_id` is written
    /// between the first pair.
    pub(super) block: &'static [(&'static str, &'static str)],
    /// Lowercase prefixes of lines that must come before any comment.
    pub(super) first: &'static [&'static str],
    /// The key, spelled the way it is written to files.
    pub(super) key: &'static str,
    /// Whether a blank line must separate the comment from the text.
    pub(super) is_apart: bool,
}

const PLAIN: Syntax =
    Syntax { line: &[], block: &[], first: &[], key: super::mark::KEY, is_apart: false };
pub(super) static HASH: Syntax = Syntax { line: &["#"], ..PLAIN };
static POWERSHELL: Syntax = Syntax { line: &["#"], block: &[("<#", "#>")], key: "DOC_ID", ..PLAIN };
static RUBY: Syntax = Syntax { line: &["#"], block: &[("=begin", "=end")], ..PLAIN };
// Docker obeys these directives only if they precede every other line.
static DOCKER: Syntax =
    Syntax { line: &["#"], first: &["# syntax=", "# escape=", "# check="], ..PLAIN };
static SLASHES: Syntax = Syntax { line: &["//"], block: &[("/*", "*/")], ..PLAIN };
/// A comment directly above `package` would be documentation.
static GO: Syntax = Syntax { line: &["//"], block: &[("/*", "*/")], is_apart: true, ..PLAIN };
static PHP: Syntax =
    Syntax { line: &["//", "#"], block: &[("/*", "*/")], first: &["<?php"], ..PLAIN };
// CSS and older C have only block comments.
static C: Syntax = Syntax { block: &[("/*", "*/")], first: &["@charset"], ..PLAIN };
static DASHES: Syntax =
    Syntax { line: &["--"], block: &[("/*", "*/"), ("--[[", "]]"), ("{-", "-}")], ..PLAIN };
static SEMICOLON: Syntax = Syntax { line: &[";", "#"], ..PLAIN };
static PERCENT: Syntax = Syntax { line: &["%"], ..PLAIN };
static QUOTE: Syntax = Syntax { line: &["'"], ..PLAIN };
static VIM: Syntax = Syntax { line: &["\""], ..PLAIN };
// A comment above `@echo off` would itself be printed.
static BATCH: Syntax =
    Syntax { line: &["@REM ", "@rem ", "REM ", "rem ", "::"], first: &["@echo off"], ..PLAIN };
// reStructuredText requires a blank line after a comment.
static RST: Syntax = Syntax { line: &[".. "], is_apart: true, ..PLAIN };
static ASCIIDOC: Syntax = Syntax { line: &["//"], is_apart: true, ..PLAIN };
static MDX: Syntax = Syntax { block: &[("{/*", "*/}")], is_apart: true, ..PLAIN };

/// A kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FileKind {
    pub(super) form: FileForm,
    /// Whether the file may have front matter.
    pub(super) is_prose: bool,
}

/// Where a kind of file carries its identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileForm {
    /// In a JSON object.
    Json,
    /// In an HTML or XML comment.
    Markup,
    /// In a comment at the head of the file.
    Script(&'static Syntax),
    /// In a comment at the head of the file, or as a key.
    Yaml,
}

impl FileKind {
    /// Returns the styles in which files of this kind can carry an identity, starting with the
    /// default.
    pub(super) fn styles(&self) -> &'static [Style] {
        match self.form {
            FileForm::Json => &[Style::Key],
            FileForm::Yaml => &[Style::Comment, Style::Key],
            FileForm::Markup | FileForm::Script(_) if self.is_prose => {
                &[Style::Comment, Style::FrontMatter]
            }
            FileForm::Markup | FileForm::Script(_) => &[Style::Comment],
        }
    }
}

/// File names that determine the kind, regardless of the extension.
const NAMES: &[(&str, &Syntax)] = &[
    ("cmakelists.txt", &HASH),
    ("makefile", &HASH),
    ("gnumakefile", &HASH),
    ("justfile", &HASH),
    ("gemfile", &RUBY),
    ("rakefile", &RUBY),
    ("vagrantfile", &RUBY),
    ("dockerfile", &DOCKER),
    ("containerfile", &DOCKER),
    ("jenkinsfile", &SLASHES),
    (".gitignore", &HASH),
    (".gitattributes", &HASH),
    (".dockerignore", &HASH),
    (".editorconfig", &HASH),
    (".env", &HASH),
    (".bashrc", &HASH),
    (".profile", &HASH),
    (".zshrc", &HASH),
];

/// JSON files that other programs generate.
const LOCKS: &[&str] = &["package-lock.json", "npm-shrinkwrap.json", "composer.lock"];

/// The syntax for each lowercase extension.
const EXTENSIONS: &[(&str, &Syntax)] = &[
    (
        "py pyi pyw pyx sh bash zsh fish ksh pl pm r jl toml cfg conf properties env tf \
         tfvars hcl mk cmake nix ex exs awk sed tcl graphql gql nim cr coffee bzl star po",
        &HASH,
    ),
    ("ps1 psm1 psd1", &POWERSHELL),
    ("rb rake gemspec ru", &RUBY),
    ("dockerfile", &DOCKER),
    (
        "rs js mjs cjs ts mts cts tsx jsx java kt kts scala swift cs dart proto groovy gradle scss \
         less jsonc json5 zig sol fs fsx cpp cc cxx hpp hh hxx cu thrift v sv",
        &SLASHES,
    ),
    ("go", &GO),
    ("php", &PHP),
    ("c h css", &C),
    ("sql lua hs elm ada adb ads vhd vhdl", &DASHES),
    ("ini asm el lisp clj cljs scm reg", &SEMICOLON),
    ("tex sty cls erl hrl", &PERCENT),
    ("vb bas vbs", &QUOTE),
    ("vim", &VIM),
    ("bat cmd", &BATCH),
];

/// The syntax for each extension that prose files use; such files may have front matter.
const PROSE: &[(&str, &Syntax)] =
    &[("rst", &RST), ("adoc asciidoc", &ASCIIDOC), ("mdx", &MDX), ("org", &HASH)];

const MARKUP: &str = "xml xsd xsl xslt svg vue svelte plist csproj vbproj fsproj props targets xaml \
    resx wsdl dtd rss atom";
const PROSE_MARKUP: &str = "md markdown qmd rmd html htm xhtml";

/// Returns a file's kind; `None` if its comment syntax is unknown.
pub(super) fn of(name: &[u8], content: &[u8]) -> Option<FileKind> {
    let name = String::from_utf8_lossy(name).to_lowercase();
    // The program that generates this file would remove the identity the next time it runs.
    if LOCKS.contains(&name.as_str()) {
        return None;
    }
    let script = |syntax| Some(FileKind { form: FileForm::Script(syntax), is_prose: false });
    if let Some((_, syntax)) = NAMES.iter().find(|(known, _)| *known == name) {
        return script(*syntax);
    }
    match name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()) {
        Some((_, extension)) => KINDS.get(extension).copied(),
        // Names such as `.bashrc` have nothing before the dot, so they count as names without an
        // extension.
        None => script(by_shebang(content)?),
    }
}

/// The kind of file for each lowercase extension. A map, because a million files may be looked up.
static KINDS: LazyLock<HashMap<&str, FileKind>> = LazyLock::new(|| {
    let scripts = |table: &'static [(&'static str, &'static Syntax)], is_prose| {
        table.iter().map(move |(list, syntax)| (*list, FileForm::Script(syntax), is_prose))
    };
    let others = [
        ("json", FileForm::Json, false),
        ("yaml yml", FileForm::Yaml, false),
        (MARKUP, FileForm::Markup, false),
        (PROSE_MARKUP, FileForm::Markup, true),
    ];
    let rows = scripts(EXTENSIONS, false).chain(scripts(PROSE, true)).chain(others);
    let of_row = |(list, form, is_prose): (&'static str, FileForm, bool)| {
        list.split_ascii_whitespace().map(move |known| (known, FileKind { form, is_prose }))
    };
    rows.flat_map(of_row).collect()
});

/// Returns the comment syntax for the interpreter named in a script's shebang.
fn by_shebang(content: &[u8]) -> Option<&'static Syntax> {
    let line = content.strip_prefix(b"#!")?;
    let line = line.split(|b| *b == b'\n').next()?;
    let line = String::from_utf8_lossy(line);
    let mut words =
        line.split_ascii_whitespace().map(|word| word.rsplit('/').next().unwrap_or(word));
    let program =
        words.find(|word| *word != "env" && !word.starts_with('-') && !word.contains('='))?;
    // `python3.12` is python.
    let program = program.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    match program {
        "sh" | "bash" | "zsh" | "dash" | "ksh" | "fish" | "python" | "pypy" | "perl" | "ruby"
        | "awk" | "gawk" | "make" | "tclsh" | "wish" | "Rscript" | "julia" | "nix-shell"
        | "elixir" => Some(&HASH),
        "node" | "deno" | "bun" => Some(&SLASHES),
        "php" => Some(&PHP),
        "pwsh" => Some(&POWERSHELL),
        "lua" | "luajit" => Some(&DASHES),
        _ => None,
    }
}
