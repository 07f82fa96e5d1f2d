//! What each code means, for `idhooks explain` and the reference.

use super::Code;

/// What people should know of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Explanation {
    /// What it means, in one line without a full stop.
    pub meaning: &'static str,
    /// Why it matters.
    pub why: &'static str,
    /// How it comes about.
    pub example: &'static str,
    /// What to do.
    pub remedy: &'static str,
}

impl Code {
    /// Returns what people should know of the code.
    pub fn explanation(self) -> Explanation {
        match self {
            Code::Behind => BEHIND,
            Code::Capacity => CAPACITY,
            Code::Collision => COLLISION,
            Code::DeprecatedInUse => DEPRECATED_IN_USE,
            Code::DuplicateId => DUPLICATE_ID,
            Code::DuplicateInFs => DUPLICATE_IN_FS,
            Code::DuplicateOrigin => DUPLICATE_ORIGIN,
            Code::DuplicatePath => DUPLICATE_PATH,
            Code::IdentityChanged => IDENTITY_CHANGED,
            Code::IdReused => ID_REUSED,
            Code::MalformedId => MALFORMED_ID,
            Code::MissingId => MISSING_ID,
            Code::NotCanonical => NOT_CANONICAL,
            Code::NotInstalled => NOT_INSTALLED,
            Code::PathMismatch => PATH_MISMATCH,
            Code::RecordLost => RECORD_LOST,
            Code::RegistryCorrupt => REGISTRY_CORRUPT,
            Code::StalePath => STALE_PATH,
            Code::Unregistered => UNREGISTERED,
        }
    }
}

const BEHIND: Explanation = Explanation {
    meaning: "a commit's registry is not true, but a later commit heals it and no identity is lost",
    why: "Whoever looks at that commit alone sees files without an identity, or identities at \
          old paths. The history as a whole is in order.",
    example: "A file was added in a forge's web editor, where no hook runs; the next commit from \
              a clone with idhooks gave it its identity.",
    remedy: "Nothing has to be done. Where it happens often, run 'idhooks install' in the clones \
             that lack it, or 'idhooks reconcile' in CI.",
};

const CAPACITY: Explanation = Explanation {
    meaning: "over 95 % of a counter's sequences are used",
    why: "A counter (one namespace and one TYPE) has 99,699 sequences, and a sequence is never \
          given twice, not even after its file is gone. Once a counter is full, a new file of \
          that kind in that namespace blocks the commit.",
    example: "A repository that keeps generated reports below one namespace has given \
              95,000 identities in the counter 420_43_260118.",
    remedy: "Give new files another namespace or TYPE in idhooks.toml, or exclude generated \
             files there. What is blocked shows the lines to paste. Identities already given \
             stay as they are. \
             'idhooks list --counters' shows how full the counters are.",
};

const COLLISION: Explanation = Explanation {
    meaning: "a merge with another branch would change an identity",
    why: "What was written down with the identity on one of the branches means another file after \
          the merge, or is found only as an alias. It is an error where the registries cannot be \
          merged at all.",
    example: "With sequential numbers both main and a release branch gave 2099900012260118 to a \
              new file; the merge leaves it with one of them and gives the other a new one. Found \
              by 'idhooks check --against release'.",
    remedy: "Merge early, before the identity gets about: 'git merge <branch>'; every change is \
             announced, and the old identity still leads to its file. Where it happens often, \
             allocation.strategy = \"scattered\" in idhooks.toml avoids it.",
};

const DEPRECATED_IN_USE: Explanation = Explanation {
    meaning: "a file has an identity that was given up",
    why: "Somebody decided that the identity should not be used any more, and its file is still \
          there, or is back. It gets no other identity by itself.",
    example: "'idhooks deprecate docs/plan.md --reason withdrawn', and the file stayed in the \
              repository.",
    remedy: "Remove the file; or take the identity up again with 'idhooks revive <path>'; or give \
             the file a new one with 'idhooks supersede <path> --with-new'.",
};

const DUPLICATE_ID: Explanation = Explanation {
    meaning: "one identity stands on two records",
    why: "An identity names one file for ever. With two holders, whatever refers to it refers \
          to either.",
    example: "Somebody copied a line of the registry by hand and changed only the path, or \
              resolved a conflict in it by keeping both sides.",
    remedy: "Take back the edit with 'git restore --source=HEAD --staged --worktree \
             .idhooks/registry.json' and commit again: the hook gives new files identities of \
             their own. In an unfinished merge run 'idhooks resolve' instead.",
};

const DUPLICATE_IN_FS: Explanation = Explanation {
    meaning: "two files carry one identity, inside or in their names",
    why: "Whoever reads it in one of them takes it for the other. The registry knows better, but \
          who has only the file does not.",
    example: "A file was copied by a program, or committed with --no-verify, so that nobody gave \
              the copy its own identity to carry.",
    remedy: "Run 'idhooks fix DUPLICATE_IN_FS', and again with --execute: the file that has the \
             identity keeps it, the others get their own, in their names and inside. By hand: \
             'idhooks inject --replace -- <path>', and 'idhooks mv' to another name.",
};

const DUPLICATE_ORIGIN: Explanation = Explanation {
    meaning: "one origin stands on two records",
    why: "The origin tells that two records on different branches are the same allocation. \
          Two records with one origin make every later merge guess.",
    example: "A conflict in the registry was resolved by hand in favour of both sides, where \
              both had changed the same record.",
    remedy: "Take back the edit with 'git restore --source=HEAD --staged --worktree \
             .idhooks/registry.json' and commit again. In an unfinished merge run \
             'idhooks resolve' instead.",
};

const DUPLICATE_PATH: Explanation = Explanation {
    meaning: "two active identities for one path",
    why: "A file has one identity. With two, nobody can tell which one names it.",
    example: "The registry was merged as plain text while both branches had registered a file \
              at the same path.",
    remedy: "Take back the edit with 'git restore --source=HEAD --staged --worktree \
             .idhooks/registry.json' and commit again. In an unfinished merge run \
             'idhooks resolve' instead: it keeps the older identity and supersedes the other.",
};

const IDENTITY_CHANGED: Explanation = Explanation {
    meaning: "a file that stayed, or was renamed without edits, has another identity than before; \
              or a record was retired, and does not say why",
    why: "What refers to the file by its identity now refers to nothing, or to another file. Rules \
          and commands note in the record why it is deprecated, or which identity took its place; \
          a status without that was written by hand.",
    example: "A file was moved in a clone without the hooks, and the next commit registered the \
              new path as a new file.",
    remedy: "The next 'git commit' with idhooks installed gives the path its identity back, if it \
             comes right after the commit that changed it. Where a later commit confirms the \
             change and no one else has these commits, 'idhooks reconcile --rewrite <range>' \
             makes them again. Where the change is on purpose, the old record must say that the \
             new one supersedes it. A status is changed on purpose by 'idhooks deprecate', \
             'supersede' and 'revive'.",
};

const ID_REUSED: Explanation = Explanation {
    meaning: "over a history, one identity named two different files",
    why: "What was written down with the identity at one time means another file at another \
          time. It is only a warning where two branches gave the identity and the merge left it \
          with one of them: there the other file still answers to it as an alias. It is a \
          warning, too, where a record moved from a file that is gone to a new one with which it \
          has nothing in common: commits that were united may have renamed and rewritten it.",
    example: "Somebody removed a record from the registry by hand, and later wrote a new record \
              with its identity.",
    remedy: "Take the new record out of the registry and commit with idhooks installed: the file \
             gets an identity of its own. Then put the old record back, as 'git show \
             <commit>:.idhooks/registry.json' has it.",
};

const MALFORMED_ID: Explanation = Explanation {
    meaning: "not 16 digits, sequence 00000, or a scope that is not known here",
    why: "An identity is TYPE (2 digits), namespace (3), sequence (5) and scope (6). Anything \
          else cannot be told from a typing error.",
    example: "A record was written by hand with a shortened identity, or imported from another \
              repository whose scope idhooks.toml does not name. Or a file has such digits in its \
              'doc_id', or, where [[file_names]] applies, 5 to 24 of them before the first '_' of \
              its name.",
    remedy: "Take back the edit with 'git restore --source=HEAD --staged --worktree \
             .idhooks/registry.json'. For imported identities add their scope to \
             legacy_scopes in idhooks.toml. In a file take the 'doc_id' out; a name without the \
             digits comes from 'idhooks mv <path> <name>'.",
};

const MISSING_ID: Explanation = Explanation {
    meaning: "a tracked file has no identity",
    why: "The file cannot be referred to, and if it is moved before it gets an identity, \
          nothing tells that it is the same file. Of a file that is only staged it is no more than \
          a note, where the next commit gives it an identity by itself.",
    example: "A file was committed from a clone without the hooks, with '--no-verify', or in a \
              forge's web editor. If it was renamed there, a STALE_PATH belongs to it, and both \
              name the identity that moves.",
    remedy: "'idhooks reconcile --dry-run' shows what becomes of it, 'idhooks reconcile' stages \
             that, and so does the next 'git commit' with idhooks installed. Where on_new is \
             \"require\", run 'idhooks allocate <path>'. A file that should have none goes \
             below exclude in idhooks.toml.",
};

const NOT_CANONICAL: Explanation = Explanation {
    meaning: "the registry is valid, but not in canonical form",
    why: "With one record per line, sorted by identity, git merges the registry safely even \
          where the merge driver is missing. In any other form it cannot.",
    example: "An editor or a script wrote the registry pretty-printed, or with CR LF.",
    remedy: "Nothing is lost: the next commit that changes the registry writes it in canonical \
             form. Nothing but idhooks should write it.",
};

const NOT_INSTALLED: Explanation = Explanation {
    meaning: "hooks, merge driver or attributes are missing or outdated in this clone",
    why: "Commits made here do not carry a true registry, and merges treat it as plain text. \
          Others' commits heal this later, but only then.",
    example: "A fresh clone: git never installs hooks by itself.",
    remedy: "Run 'idhooks install'; it can be repeated and 'idhooks uninstall' takes it back.",
};

const PATH_MISMATCH: Explanation = Explanation {
    meaning: "a file carries the identity of another file, inside or in its name",
    why: "The file and the registry contradict each other, and people believe the one that they \
          see first.",
    example: "The head of one file was pasted into another one, whose commit no hook saw.",
    remedy: "Have the file carry its own: 'idhooks inject --replace -- <path>'. If it is the file \
             that the identity was given to, say so: 'idhooks assign <id> <path>'.",
};

const RECORD_LOST: Explanation = Explanation {
    meaning: "a record that a parent commit holds is gone",
    why: "The registry never shrinks: without the record its identity could be given again, \
          to another file.",
    example: "'git revert' of the commit that added a file also takes the file's record out of \
              the registry; or somebody deleted the line.",
    remedy: "Run 'git commit' with idhooks installed: it restores the record and marks it \
             deprecated.",
};

const REGISTRY_CORRUPT: Explanation = Explanation {
    meaning: "the registry cannot be read, is missing, or belongs to another scope",
    why: "Nothing can be said of any identity before the registry can be read again, so such a \
          commit is always blocked.",
    example: "Conflict markers were committed, a script truncated the file, or it was copied \
              from another repository.",
    remedy: "In an unfinished merge run 'idhooks resolve', which needs no markers. Else get the \
             last good one with 'git restore --source=HEAD --staged --worktree \
             .idhooks/registry.json'; the next commit brings it up to date.",
};

const STALE_PATH: Explanation = Explanation {
    meaning: "an active record names a path that is not tracked",
    why: "The identity leads nowhere. If the file was renamed, its new path looks like a new \
          file. Of a removal or a rename that is only staged it is no more than a note, where the \
          next commit follows it by itself.",
    example: "A file was deleted or renamed in a commit without the hooks.",
    remedy: "'idhooks reconcile --dry-run' shows what becomes of it, 'idhooks reconcile' stages \
             that, and so does the next 'git commit' with idhooks installed: the identity \
             follows the rename, or is deprecated.",
};

const UNREGISTERED: Explanation = Explanation {
    meaning: "a file carries an identity that the registry does not hold, inside or in its name",
    why: "It looks like an identity and leads nowhere; on another branch, or in another \
          repository, it may be that of another file.",
    example: "A file was copied from another repository together with the identity that it has \
              there.",
    remedy: "Have the file carry its own: 'idhooks inject --replace -- <path>'. If the identity \
             comes from another registry, take that over: 'idhooks import <registry.json>'.",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_explained_in_whole_sentences() {
        for code in Code::ALL {
            let Explanation { meaning, why, example, remedy } = code.explanation();
            assert!(!meaning.is_empty() && !meaning.ends_with('.'), "{code}");
            for paragraph in [why, example, remedy] {
                assert!(paragraph.ends_with('.') && !paragraph.contains("  "), "{code}");
            }
        }
    }
}
