//! Generators' command lines: the files in the repository that they name, and whether they show
//! what will run.

use idhooks_core::config::Generator;
use idhooks_core::registry::{Entry, RepoPath, Tree};

/// The placeholder for the outputs in a command line.
pub(super) const OUTPUT: &str = "{output}";

/// Programs that run a script if it is their first argument; their names may end with a version.
const INTERPRETERS: &str = "
    sh ash bash dash ksh zsh fish python pythonw pypy py perl ruby node nodejs ts-node tsx php lua luajit
    tclsh wish guile racket julia octave rscript groovy elixir escript runghc runhaskell";

/// Programs that run other programs, code in their arguments, or instructions from a file in the
/// working directory; their names may end with a version. There are three groups: launchers and
/// shells; build tools and package managers; programs with plugins or with a language that can run
/// other programs.
const RUNNERS: [&str; 3] = [
    "env genv nice gnice ionice nohup setsid timeout gtimeout time stdbuf chrt taskset xargs gxargs parallel
    sudo doas su runuser chroot unshare nsenter bwrap firejail flock script expect strace ltrace gdb lldb
    valgrind watch entr docker podman ssh rsh busybox toybox cmd powershell pwsh wsl osascript",
    "make gmake nmake mingw32-make ninja just rake cmake ctest meson scons bazel gradle gradlew mvn mvnw ant
    sbt npm npx pnpm pnpx yarn bun bunx deno corepack uv uvx pip pipx pipenv poetry pdm hatch tox nox conda
    bundle gem composer cargo rustup go dotnet mix stack cabal nix nix-shell guix direnv mise pre-commit
    prek lefthook",
    "awk gawk mawk nawk sed gsed find gfind fd fdfind ed ex vi vim nvim emacs m4 dc bc tar gtar bsdtar zip
    rsync scp git hg svn sqlite psql mysql gnuplot java jshell jrunscript scala kotlin erl iex ghc ghci
    sbcl clisp r pytest sphinx-build mkdocs jekyll asciidoctor pandoc latexmk luatex lualatex protoc",
];

/// Returns the path that a word in a command line refers to, relative to the directory where the
/// command runs.
pub(super) fn named_path(word: &str) -> Option<RepoPath> {
    if word.starts_with('/') || word.contains(OUTPUT) {
        return None;
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in word.split('/') {
        match part {
            "" | "." => {}
            // A path that leads out of the repository does not name a file in it, so it is not part
            // of the trusted content.
            ".." => drop(parts.pop()?),
            name => parts.push(name),
        }
    }
    RepoPath::new(parts.join("/").into_bytes()).ok()
}

/// Returns the files named by the words in a generator's command line, except for the generator's
/// outputs.
pub(super) fn named_files(
    generator: &Generator,
    words: &[String],
    tree: &Tree,
) -> impl Iterator<Item = (RepoPath, Entry)> {
    words.iter().filter_map(|word| {
        // If a command line names its own output, that output must not depend on itself.
        let path = named_path(word).filter(|path| !is_output(generator, path))?;
        let entry = *tree.get(&path)?;
        Some((path, entry))
    })
}

/// Returns the files named in a generator's `programs`, except for the generator's outputs.
pub(super) fn loaded_files<'t>(
    generator: &'t Generator,
    tree: &'t Tree,
) -> Option<Vec<(&'t RepoPath, Entry)>> {
    let mut files = generator.loaded.as_ref()?.select(tree);
    files.retain(|(path, _)| !is_output(generator, path));
    Some(files)
}

fn is_output(generator: &Generator, path: &RepoPath) -> bool {
    generator.outputs.iter().any(|output| output.matches(path.as_bytes()))
}

/// What is still needed before a generator's commands can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undeclared<'g> {
    /// This program may run files in the repository, and `programs` does not say which ones.
    Program(&'g str),
    /// This glob in `programs` matches no file.
    Glob(&'g str),
}

/// Returns what, if anything, is still needed before a generator's commands can be trusted.
pub(super) fn undeclared<'g>(generator: &'g Generator, tree: &Tree) -> Option<Undeclared<'g>> {
    // The user has said which files run, so the command line need not be examined.
    if let Some(globs) = &generator.loaded {
        return globs.without_file(tree).map(Undeclared::Glob);
    }
    let is_file = |word: &str| {
        let path = named_path(word).filter(|path| !is_output(generator, path));
        path.and_then(|path| tree.get(&path)).is_some_and(|entry| entry.mode.is_file())
    };
    let hidden = generator.programs().find(|words| hides_programs(words, is_file))?;
    hidden.first().map(|program| Undeclared::Program(program))
}

/// Returns whether a command line fails to show which files in the repository it runs.
fn hides_programs(words: &[String], is_file: impl Fn(&str) -> bool) -> bool {
    let Some((program, arguments)) = words.split_first() else { return false };
    if is_file(program) {
        return false;
    }
    if is_one_of(program, &[INTERPRETERS]) {
        // Interpreters and shells treat a word that starts like this as an option.
        let is_script = |word: &String| !word.starts_with(['-', '+']) && is_file(word);
        return !arguments.first().is_some_and(is_script);
    }
    // A program that is not listed may start a listed one. The last word may be just a name.
    let is_last = |at: usize| at + 1 == arguments.len();
    is_one_of(program, &RUNNERS)
        || arguments.iter().enumerate().any(|(at, word)| {
            // `python -m name` finds the module through the search path, so the command line does
            // not show it.
            word == "-m"
                || is_one_of(word, &RUNNERS)
                || (!is_last(at) && is_one_of(word, &[INTERPRETERS]))
        })
}

/// Returns whether a word is the name of one of these programs, with or without a version.
fn is_one_of(word: &str, lists: &[&str]) -> bool {
    let name = program_name(word);
    // A name such as `python3.12` ends with its version.
    let unversioned = name.trim_end_matches(|c: char| c.is_ascii_digit() || ".-".contains(c));
    let mut listed = lists.iter().flat_map(|list| list.split_whitespace());
    listed.any(|program| program == name || program == unversioned)
}

/// Returns a program's name without its directory and extension.
fn program_name(word: &str) -> String {
    let name = word.rsplit(['/', '\\']).next().unwrap_or(word).to_ascii_lowercase();
    let without = [".exe", ".cmd", ".bat", ".com"].iter().find_map(|end| name.strip_suffix(end));
    without.map_or_else(|| name.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILES: [&str; 3] = ["tools/gen.sh", "gen.py", "make"];

    fn hides(words: &[&str]) -> bool {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        hides_programs(&words, |word| {
            named_path(word).is_some_and(|path| FILES.contains(&&*path.to_string()))
        })
    }

    #[test]
    fn only_a_file_of_the_repository_is_covered_by_the_name_of_an_interpreter() {
        for words in [
            &["python3", "-Bm", "tools.gen"][..],
            &["python3", "-mtools.gen"],
            &["python3", "-Bc", "import tools.gen"],
            &["python3", "-", "gen.py"],
            &["python3.12", "--", "gen.py"],
            &["python3"],
            &["python3", "tools"],
            &["perl", "-we", "do \"./tools/gen.pl\""],
            &["perl", "-ne", "x"],
            &["node", "--eval", "x"],
            &["sh", "-c", "./tools/gen.sh"],
            &["/bin/bash", "-euc", "x"],
            &["sh", "../tools/gen.sh"],
            &["sh", "/tools/gen.sh"],
            &["sh", "Tools/gen.sh"],
            &["sh", "{output}"],
            &["cmd.exe", "/C", "x"],
            &["powershell", "tools/gen.sh"],
        ] {
            assert!(hides(words), "{words:?}");
        }
        for words in [
            &["sh", "tools/gen.sh"][..],
            &["sh", "tools//gen.sh", "-c"],
            &["sh", "tools/../tools/./gen.sh"],
            &["/usr/bin/python3.12", "gen.py", "--mode", "a"],
            &["tools/gen.sh", "-c", "x"],
            &["./tools//gen.sh"],
            &["make"],
        ] {
            assert!(!hides(words), "{words:?}");
        }
    }

    #[test]
    fn programs_that_run_others_must_say_which() {
        for words in [
            &["git", "-c", "alias.x=!. ./tools/gen.sh", "x"][..],
            &["awk", "BEGIN{system(\". ./tools/gen.sh\")}"],
            &["/usr/bin/gmake"],
            &["gmake.exe", "index"],
            &["env", "python3", "gen.py"],
            &["/usr/bin/env", "x"],
            &["timeout", "60", "npm.cmd", "run", "x"],
            &["sqlite3", ".system x"],
            &["m4", "gen.py"],
            &["launcher", "make"],
            &["launcher", "sh", "-c", "x"],
            &["launcher", "-m", "x"],
        ] {
            assert!(hides(words), "{words:?}");
        }
        for words in [
            &["jq", "-c", "."][..],
            &["grep", "-c", "file_path"],
            &["test", "-s", "out.txt"],
            &["/usr/bin/idhooks", "ids", "emit", "--lang", "python"],
        ] {
            assert!(!hides(words), "{words:?}");
        }
    }

    #[test]
    fn a_word_names_a_file_however_it_is_spelled() {
        let named = |word: &str| named_path(word).map(|path| path.to_string());
        for word in ["a/b", "./a/b", "a//b", "a/./b", "a/c/../b", "c/../a/b/"] {
            assert_eq!(named(word).as_deref(), Some("a/b"), "{word}");
        }
        for word in ["/a/b", "../a/b", "a/../../a/b", "", ".", "{output}", "a/{output}"] {
            assert_eq!(named(word), None, "{word}");
        }
    }
}
