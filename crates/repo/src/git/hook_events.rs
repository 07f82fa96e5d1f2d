//! The hooks that idhooks installs: their events, the stubs' text, and how installed hooks are
//! recognized.

use std::path::PathBuf;

use crate::store::marked_block::{self, Block, MalformedBlock, NEW_FILE};

use super::hook_program::{HookProgram, with_search};

/// A hook event that makes git call idhooks.
#[derive(Debug, PartialEq, Eq)]
pub struct HookEvent {
    /// The hook's name.
    pub name: &'static str,
}

/// All events.
pub const EVENTS: &[HookEvent] = &[
    HookEvent { name: "pre-commit" },
    HookEvent { name: "post-merge" },
    HookEvent { name: "post-checkout" },
    HookEvent { name: "post-rewrite" },
];

/// The text of every hook, with placeholders.
const TEXT: &str = include_str!("../../hooks/hook.sh");

/// The suffix added to an existing hook's name when it is moved aside.
pub(super) const MOVED: &str = ".before-idhooks";

const SHEBANG: &str = "#!/bin/sh\n";
const EVENT: &str = "@EVENT@";
const PROGRAM: &str = "@PROGRAM@";
/// The line in the stub that names the hook to run first.
const FIRST_IS_MOVED: &str = "  idhooks_first=${idhooks_self%/*}/$idhooks_event.before-idhooks\n";
/// The line that replaces `FIRST_IS_MOVED` in a block: there, the hook to run first is the rest of
/// the same file.
const FIRST_IS_SELF: &str = "  idhooks_first=$idhooks_self\n";

/// How idhooks is installed in a hook file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// The whole file belongs to idhooks.
    Stub {
        /// The number of directories that `install` created for the file.
        new_dirs: usize,
    },
    /// A block after the first line of the user's shell script.
    Block,
}

/// Whether, and how, a hook runs idhooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HookState {
    /// The hook runs idhooks, and its text is what this version would write.
    Installed,
    /// The idhooks part was written by another version, has been edited, or is not executable.
    Outdated,
    /// There is no hook.
    Missing,
    /// The hook belongs to a hook manager that is configured to run idhooks.
    Managed,
    /// The hook does not run idhooks.
    Foreign,
    /// The markers around the idhooks block are incomplete.
    Damaged,
}

impl HookEvent {
    /// Returns the block, including its markers.
    pub(super) fn block(&self, program: &HookProgram, shape: Shape) -> String {
        let text = with_search(TEXT.strip_prefix(SHEBANG).unwrap_or(TEXT));
        // The path comes last, since it may contain anything.
        let text = text.replacen(EVENT, self.name, 1);
        let text = text.replacen(PROGRAM, &program.assignments(), 1);
        let start = marked_block::start_line(&shape.notes());
        let rest = text.split_once('\n').map_or("", |(_, rest)| rest);
        match shape {
            Shape::Stub { .. } => format!("{start}\n{rest}"),
            Shape::Block => format!("{start}\n{}", rest.replacen(FIRST_IS_MOVED, FIRST_IS_SELF, 1)),
        }
    }

    /// Returns the complete text of a hook file that belongs to idhooks.
    pub(super) fn stub(&self, program: &HookProgram, new_dirs: usize) -> Vec<u8> {
        format!("{SHEBANG}{}", self.block(program, Shape::Stub { new_dirs })).into_bytes()
    }

    /// Returns the user's script with our block after its first line.
    pub(super) fn join(&self, script: &[u8], program: &HookProgram) -> Vec<u8> {
        let first = script.iter().position(|b| *b == b'\n').map_or(script.len(), |at| at + 1);
        let block = self.block(program, Shape::Block);
        [&script[..first], block.as_bytes(), &script[first..]].concat()
    }

    /// Returns the state of a hook file with this content.
    pub fn state(&self, bytes: &[u8], executable: bool) -> HookState {
        match marked_block::find(bytes) {
            Err(MalformedBlock) => HookState::Damaged,
            Ok(None) => HookState::Foreign,
            Ok(Some(found)) => {
                let text = &bytes[found.range.clone()];
                // The program differs from clone to clone, so it is taken from the block itself.
                let program = str::from_utf8(text).ok().and_then(HookProgram::parse);
                let current =
                    program.is_some_and(|p| self.block(&p, Shape::of(&found)).as_bytes() == text);
                if current && executable { HookState::Installed } else { HookState::Outdated }
            }
        }
    }
}

impl Shape {
    /// Returns how idhooks is installed in the file that contains this block.
    pub(super) fn of(block: &Block) -> Self {
        if block.notes(NEW_FILE) {
            Shape::Stub { new_dirs: block.new_dirs() }
        } else {
            Shape::Block
        }
    }

    fn notes(self) -> Vec<String> {
        match self {
            Shape::Stub { new_dirs } => {
                let made = marked_block::new_dirs_note(new_dirs);
                std::iter::once(NEW_FILE.to_owned()).chain(made).collect()
            }
            Shape::Block => Vec::new(),
        }
    }
}

/// Returns a hook file's content without our block, or `None` if the whole file is ours.
pub(super) fn without(bytes: &[u8], found: &Block) -> Option<Vec<u8>> {
    let rest = marked_block::cut(bytes, found)?;
    // If someone has added lines to our file, it no longer belongs to us alone, so only our block
    // is removed.
    let ours = found.notes(NEW_FILE) && rest == SHEBANG.as_bytes();
    (!ours).then_some(rest)
}

/// Returns the program that a hook file calls.
pub(super) fn program_in(bytes: &[u8]) -> Option<HookProgram> {
    let found = marked_block::find(bytes).ok()??;
    HookProgram::parse(str::from_utf8(&bytes[found.range]).ok()?)
}

/// Returns the path to the idhooks program in a block, also in one written by an older version.
pub(super) fn program_of(block: &[u8]) -> Option<PathBuf> {
    HookProgram::path_in(str::from_utf8(block).ok()?)
}

/// Returns whether a block can be added after the first line: the file must be a Bourne shell
/// script, and its first line must have a Unix line ending and only harmless options.
pub(super) fn accepts_block(bytes: &[u8]) -> bool {
    let Some(end) = bytes.iter().position(|b| *b == b'\n') else { return false };
    // A script with a binary payload may depend on the line number where the payload starts.
    if bytes.contains(&0) || bytes[..end].ends_with(b"\r") {
        return false;
    }
    let Some(line) = std::str::from_utf8(&bytes[..end]).ok().and_then(|l| l.strip_prefix("#!"))
    else {
        return false;
    };
    let base = |word: &str| word.rsplit('/').next().unwrap_or(word).to_owned();
    let mut words = line.split_whitespace().peekable();
    let mut interpreter = words.next().map(base);
    if interpreter.as_deref() == Some("env") {
        words.next_if_eq(&"-S");
        interpreter = words.next().map(base);
    }
    let shell = matches!(
        interpreter.as_deref(),
        Some("sh" | "bash" | "dash" | "ash" | "ksh" | "ksh93" | "mksh")
    );
    // Options such as `-c` or `-s` change where the script is read from.
    let harmless = |word: &str| {
        let letters = word.strip_prefix('-').unwrap_or("?");
        !letters.is_empty() && letters.chars().all(|c| "eufxv".contains(c))
    };
    shell && words.all(harmless)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn every_hook_has_one_block_and_no_placeholder() {
        for once in [EVENT, PROGRAM, FIRST_IS_MOVED, MOVED] {
            assert_eq!(TEXT.matches(once).count(), 1, "{once}");
        }
        for event in EVENTS {
            let text = event.stub(&HookProgram::new(Path::new("/usr/bin/idhooks")), 0);
            let text = String::from_utf8(text).expect("UTF-8");
            assert!(text.starts_with(SHEBANG) && !text.contains('\r'));
            for placeholder in [EVENT, PROGRAM, "@FIND@"] {
                assert!(!text.contains(placeholder), "{placeholder}");
            }
            let found = marked_block::find(text.as_bytes()).expect("whole").expect("there");
            assert_eq!(found.range, SHEBANG.len()..text.len());
            assert_eq!(found.version, marked_block::VERSION);
        }
    }

    #[test]
    fn recognizes_its_own_hooks() {
        let event = &EVENTS[0];
        let path = Path::new("/it's/a b/@FIND@/@EVENT@/100%/idhooks");
        let program = &HookProgram::new(path);
        let stub = event.stub(program, 2);
        assert_eq!(event.state(&stub, true), HookState::Installed);
        assert_eq!(event.state(&stub, false), HookState::Outdated);
        assert_eq!(program_of(&stub).as_deref(), Some(path));
        let found = marked_block::find(&stub).expect("whole").expect("there");
        assert_eq!(Shape::of(&found), Shape::Stub { new_dirs: 2 });
        assert_eq!(without(&stub, &found), None);

        let script = b"#!/bin/bash\necho \xff\nexit 0";
        let joined = event.join(script, program);
        assert_eq!(event.state(&joined, true), HookState::Installed);
        let found = marked_block::find(&joined).expect("whole").expect("there");
        assert_eq!(without(&joined, &found).as_deref(), Some(&script[..]));
        let old = String::from_utf8_lossy(&joined).replace("idhooks_code=0", "idhooks_code=1");
        assert_eq!(event.state(old.as_bytes(), true), HookState::Outdated);
        assert_eq!(event.state(script, true), HookState::Foreign);
        assert_eq!(event.state(b"#!/bin/sh\n# >>> idhooks v1 >>>\n", true), HookState::Damaged);
        // A hook that consists only of a shebang line belongs to the user, even though our hook
        // starts with the same line.
        let joined = event.join(b"#!/bin/sh\n", program);
        let found = marked_block::find(&joined).expect("whole").expect("there");
        assert_eq!(without(&joined, &found).as_deref(), Some(&b"#!/bin/sh\n"[..]));
    }

    #[test]
    fn blocks_go_into_shell_scripts_only() {
        for yes in [
            &b"#!/bin/sh\n"[..],
            b"#! /bin/sh -e\nexit 0\n",
            b"#!/usr/bin/env bash\n",
            b"#!/usr/bin/env -S dash -eu\n",
        ] {
            assert!(accepts_block(yes), "{}", String::from_utf8_lossy(yes));
        }
        for no in [
            &b""[..],
            b"#!/bin/sh",
            b"#!/bin/sh\r\n",
            b"echo no interpreter\n",
            b"#!/usr/bin/env python3\n",
            b"#!/bin/fish\n",
            b"#!/bin/sh -c\n",
            b"#!/bin/sh\ntail -n 2 $0\n\0\x01",
            b"\x7fELF\n",
        ] {
            assert!(!accepts_block(no), "{}", String::from_utf8_lossy(no));
        }
    }
}
