//! The codes of findings: one row per code, containing all its strings.

use super::code_row::{CodeRow, codes};
use super::{Drift, Family, Severity};

codes! {
    Behind = BEHIND: Warning, Sync, Drift::Registry {
        meaning: "a commit's registry is inconsistent, but a later commit heals it and no identity \
                  is lost",
        why: "Viewed on its own, that commit has files without an identity, or identities at old \
              paths. The history as a whole is consistent.",
        example: "A file was added in a forge's web editor, where no hook runs; the next commit \
                  from a clone with idhooks gave it an identity.",
        remedy: "No action is needed. If it happens often, run 'idhooks install' in the clones \
                 that lack the hooks, or 'idhooks reconcile' in CI.",
    }
    Capacity = CAPACITY: Warning, Format, Drift::Capacity {
        meaning: "over 95 % of the sequences of a counter and of those it continues in are used",
        why: "A counter (one namespace and one TYPE) has 99,699 sequences, and a sequence is never \
              allocated twice, not even after its file is deleted. Once a counter is full, new \
              identities come from the namespaces 999, 998, ... 980 of the same TYPE; once these \
              are full, too, a new file of that kind blocks the commit. The finding is a note if \
              a rule in idhooks.toml gives one of the namespaces 980 to 998.",
        example: "A repository that keeps generated reports below one namespace has allocated \
                  two million identities to files of one TYPE.",
        remedy: "Give new files another namespace or TYPE in idhooks.toml, or exclude generated \
                 files there. A blocked commit shows the lines to paste. Existing identities do \
                 not change. 'idhooks list --counters' shows how full each counter is.",
    }
    Collision = COLLISION: Warning, Uniqueness, Drift::Registry {
        meaning: "a merge with another branch would change an identity",
        why: "After the merge, references to the identity on one of the branches point to another \
              file, or reach their file only through an alias. The finding is an error if the \
              registries cannot be merged at all.",
        example: "With sequential numbers, both main and a release branch allocated \
                  2099900012260118 to a new file; the merge keeps it for one of the files and \
                  gives the other a new identity. 'idhooks check --against release' reports it.",
        remedy: "Merge early, before others use the identity: 'git merge <branch>'. The merge \
                 reports every change, and the old identity still leads to its file. If it happens \
                 often, set allocation.strategy = \"scattered\" in idhooks.toml to avoid it.",
    }
    DeprecatedIdCall = DEPRECATED_ID_CALL: Warning, Identifiers, Drift::Identifiers {
        meaning: "code calls a function that should no longer make identifiers",
        why: "The function is listed in lint.deprecated_calls of idhooks.toml: its identifiers \
              have no known format, or an obsolete one.",
        example: "'session = create_thread_id()', while new code uses a generator from \
                  lint.generators.",
        remedy: "Call one of the generators in lint.generators. To accept the line, add the \
                 comment '# idhooks: allow'.",
    }
    DeprecatedInUse = DEPRECATED_IN_USE: Warning, Sync, Drift::DeprecatedInUse {
        meaning: "a file's own identity is deprecated or superseded",
        why: "The identity was deprecated on purpose, but its file is still in the repository, or \
              was added again; or the head or name of a file carries the identity of a former \
              file. The file does not get another identity automatically. This is about the file \
              itself: a text that refers to a deprecated file is REFERENCE_DEPRECATED.",
        example: "'idhooks deprecate docs/plan.md --reason withdrawn', but the file stayed in the \
                  repository.",
        remedy: "Remove the file; or reactivate the identity with 'idhooks revive <path>'; or give \
                 the file a new one with 'idhooks supersede <path> --with-new'.",
    }
    DirectIdAccess = DIRECT_ID_ACCESS: Warning, Identifiers, Drift::Identifiers {
        meaning: "code reads or sets an identifier that only other modules may access",
        why: "The attribute is listed in lint.attributes: its value is derived from another \
              identifier, and a value set by hand can contradict that identifier.",
        example: "'context.chat_thread_id = x' outside the modules in lint.attribute_modules.",
        remedy: "Use the function of the module that owns the value, or add the module to \
                 lint.attribute_modules.",
    }
    DuplicateId = DUPLICATE_ID: Error, Uniqueness, Drift::Registry {
        meaning: "two records have the same identity",
        why: "An identity names one file forever. If two records have it, every reference to it is \
              ambiguous.",
        example: "Someone copied a line of the registry by hand and changed only the path, or \
                  resolved a conflict in it by keeping both sides.",
        remedy: "Undo the edit with 'git restore --source=HEAD --staged --worktree \
                 .idhooks/registry.json' and commit again: the hook gives new files identities of \
                 their own. In an unfinished merge, run 'idhooks resolve' instead.",
    }
    DuplicateInFs = DUPLICATE_IN_FS: Error, Uniqueness, Drift::Unregistered {
        meaning: "two files carry the same identity, in their content or in their names",
        why: "Each file can be mistaken for the other. The registry tells them apart, but a reader \
              who has only the file cannot.",
        example: "A program copied a file, or the copy was committed with --no-verify, so the copy \
                  did not get its own identity.",
        remedy: "Run 'idhooks fix DUPLICATE_IN_FS', then again with --execute: the file that owns \
                 the identity keeps it, the others get their own, in their names and in their \
                 content. To do it by hand, run 'idhooks inject --replace -- <path>', and rename \
                 files with 'idhooks mv'.",
    }
    DuplicateOrigin = DUPLICATE_ORIGIN: Error, Uniqueness, Drift::Registry {
        meaning: "two records have the same origin",
        why: "The origin identifies an allocation across branches. If two records share one, every \
              later merge has to guess which record is meant.",
        example: "Someone resolved a conflict in the registry by hand and kept both versions of a \
                  record that both sides had changed.",
        remedy: "Undo the edit with 'git restore --source=HEAD --staged --worktree \
                 .idhooks/registry.json' and commit again. In an unfinished merge, run 'idhooks \
                 resolve' instead.",
    }
    DuplicatePath = DUPLICATE_PATH: Error, Uniqueness, Drift::Registry {
        meaning: "one path has two active identities",
        why: "A file has one identity. With two, it is unclear which one names it. A note names two \
              paths that are one file on macOS: they differ only in case and Unicode form. On \
              Windows, a warning names a path with a backslash.",
        example: "The registry was merged as plain text while both branches had registered a file \
                  at the same path.",
        remedy: "Undo the edit with 'git restore --source=HEAD --staged --worktree \
                 .idhooks/registry.json' and commit again. In an unfinished merge, run 'idhooks \
                 resolve' instead: it keeps the older identity and supersedes the other.",
    }
    GeneratorFailed = GENERATOR_FAILED: Warning, Sync, Drift::Registry {
        meaning: "a generator in idhooks.toml did not produce its output",
        why: "The output is left unchanged and does not show later changes of its inputs. The \
              finding is an error, and blocks a commit, if the generator has required = true.",
        example: "The command exits with an error, hangs, or writes nothing; this clone does not \
                  trust the commands yet; or git ignores the output.",
        remedy: "Follow the help of the finding, then run 'idhooks generate'. Commands in a \
                 committed idhooks.toml run only in a clone that trusts them: review them, then \
                 run the command 'git config idhooks.trust <hash>' from the finding.",
    }
    HardcodedId = HARDCODED_ID: Warning, Identifiers, Drift::Identifiers {
        meaning: "an identifier is hardcoded as a text that matches no format",
        why: "Such an identifier cannot be parsed, names the same thing in every run, and is \
              missed by log searches for a format.",
        example: "'run_id = \"test-run\"' in a test.",
        remedy: "Mint one with 'idhooks ids mint FORMAT', or use a fixture. lint.id_fields lists \
                 the fields, lint.placeholders the values that tests use.",
    }
    IdentityChanged = IDENTITY_CHANGED: Error, Sync, Drift::Registry {
        meaning: "the identity of a file changed although the file stayed in place or was renamed \
                  without edits; or a record became deprecated or superseded without a reason",
        why: "References to the file by its old identity now point to nothing, or to another file. \
              Rules and commands note in the record why it is deprecated, or which identity \
              replaced it; a status without that was written by hand.",
        example: "A file was moved in a clone without the hooks, and the next commit registered \
                  the new path as a new file.",
        remedy: "The next 'git commit' with idhooks installed restores the identity of the path, \
                 if it directly follows the commit that changed it. If a later commit confirms the \
                 change and no one else has these commits, rewrite them with 'idhooks reconcile \
                 --rewrite <range>'. If the change is intended, the old record must name the new \
                 one as its successor. To change a status, use 'idhooks deprecate', 'supersede' \
                 and 'revive'.",
    }
    IdFormat = ID_FORMAT: Warning, Identifiers, Drift::Identifiers {
        meaning: "a text matches a legacy format",
        why: "Identifiers in a legacy format do not show what they belong to, and new code should \
              not depend on them.",
        example: "'default = \"ws_0011aabb\"', while [formats.legacy_ws] has legacy = true.",
        remedy: "Replace it with an identifier of the format that 'successor' names; 'idhooks ids \
                 mint' mints one.",
    }
    IdFstring = ID_FSTRING: Warning, Identifiers, Drift::Identifiers {
        meaning: "an identifier is assembled by hand from a prefix and a random or time part",
        why: "The format is written in this line alone, so no rule can parse the identifier, and \
              two lines with the same prefix can contradict each other.",
        example: "'f\"ws_{uuid.uuid4().hex[:8]}\"'.",
        remedy: "Declare the format once, in [formats] of idhooks.toml, and call a generator for \
                 it. lint.prefixes lists the prefixes.",
    }
    IdReused = ID_REUSED: Error, Uniqueness, Drift::Registry {
        meaning: "one identity named two different files over the history",
        why: "A reference to the identity means different files at different times. The finding is \
              only a warning if two branches allocated the identity and the merge left it with one \
              of them: the other file keeps it as an alias. It is also only a warning if a record \
              moved from a deleted file to a new one that has nothing in common with it: a \
              squashed commit may have renamed and rewritten the file.",
        example: "Someone removed a record from the registry by hand and later wrote a new record \
                  with the same identity.",
        remedy: "Remove the new record from the registry and commit with idhooks installed: the \
                 file gets an identity of its own. Then restore the old record from 'git show \
                 <commit>:.idhooks/registry.json'.",
    }
    LegacyMismatch = LEGACY_MISMATCH: Error, Sync, Drift::Registry {
        meaning: "the legacy file does not match the registry",
        why: "Programs that still read the legacy file see identities, paths or states that differ \
              from the registry. While both files are kept in step, each can be rebuilt from the \
              other; once they differ, it is not clear which one is right.",
        example: "A person edits registry/ID_REGISTRY.json by hand and commits with --no-verify, \
                  or a forge merges a branch without the merge drivers.",
        remedy: "Compare both with 'idhooks migrate verify'. To derive the legacy file from the \
                 registry again, run 'idhooks resolve' and commit. While the legacy file leads, \
                 the next commit imports its changes.",
    }
    LegacyMissing = LEGACY_MISSING: Error, Sync, Drift::Registry {
        meaning: "the legacy file that should be kept in step does not exist",
        why: "Programs that still read the legacy file do not find it, and the registry cannot be \
              rebuilt from it.",
        example: "A script deletes registry/ID_REGISTRY.json while [dual_write] is enabled.",
        remedy: "The next commit that changes the registry writes it. To write it now, run \
                 'idhooks resolve' and commit. If no program reads it any more, set enabled = false \
                 in [dual_write].",
    }
    MalformedId = MALFORMED_ID: Error, Format, Drift::Registry {
        meaning: "an identity does not have 16 digits, or has sequence 00000 or an unknown scope",
        why: "An identity is TYPE (2 digits), namespace (3), sequence (5) and scope (6). Anything \
              else may be a typing error.",
        example: "Someone wrote a record by hand with a shortened identity, or imported it from \
                  another repository whose scope is not in idhooks.toml. Or a file has such digits \
                  in its 'doc_id', or, where [[file_names]] applies, has a name that begins with 5 \
                  to 24 digits and '_'.",
        remedy: "Undo the edit with 'git restore --source=HEAD --staged --worktree \
                 .idhooks/registry.json'. For imported identities, add their scope to \
                 legacy_scopes in idhooks.toml. In a file, remove the 'doc_id'; to remove the \
                 digits from a name, run 'idhooks mv <path> <name>'.",
    }
    MissingId = MISSING_ID: Error, Coverage, Drift::Missing {
        meaning: "a tracked file has no identity",
        why: "You cannot refer to the file by its identity, and if it is moved before it gets one, \
              nothing shows that it is the same file. For a staged file, the finding is only a \
              note if the next commit gives the file an identity automatically.",
        example: "A file was committed from a clone without the hooks, with '--no-verify', or in a \
                  forge's web editor. If it was renamed there, a STALE_PATH finding goes with it, \
                  and both name the identity that moves.",
        remedy: "'idhooks reconcile --dry-run' shows the identity that the file would get; \
                 'idhooks reconcile' stages it, and so does the next 'git commit' with idhooks \
                 installed. If on_new is \"require\", run 'idhooks allocate <path>'. If a file \
                 should have no identity, add it to exclude in idhooks.toml.",
    }
    NotCanonical = NOT_CANONICAL: Warning, Format, Drift::Registry {
        meaning: "the registry is valid, but not in canonical form",
        why: "With one record per line, sorted by identity, git merges the registry safely even \
              without the merge driver. In any other form it cannot.",
        example: "An editor or a script wrote the registry pretty-printed, or with CR LF.",
        remedy: "Nothing is lost: the next commit that changes the registry writes it in canonical \
                 form. Let only idhooks write the registry.",
    }
    NotInstalled = NOT_INSTALLED: Warning, Sync, Drift::Registry {
        meaning: "hooks, merge driver or attributes are missing or outdated in this clone",
        why: "Commits made here do not update the registry, and merges treat it as plain text. \
              Only a later commit from another clone heals this.",
        example: "A fresh clone: git never installs hooks by itself.",
        remedy: "Run 'idhooks install'; it is safe to repeat, and 'idhooks uninstall' undoes it.",
    }
    PathMismatch = PATH_MISMATCH: Error, Sync, Drift::Unregistered {
        meaning: "a file carries the identity of another file, in its content or its name",
        why: "The file and the registry contradict each other, and readers trust whichever they \
              see first.",
        example: "Someone pasted the first lines of one file into another and committed it without \
                  the hooks.",
        remedy: "Write the file's own identity into it: 'idhooks inject --replace -- <path>'. If \
                 the identity does belong to this file, assign it: 'idhooks assign <id> <path>'.",
    }
    RawUuid = RAW_UUID: Warning, Identifiers, Drift::Identifiers {
        meaning: "code makes a raw UUID, which does not show what it identifies",
        why: "In a log or a database, a raw UUID shows neither its kind, its owner nor its age, \
              and identifiers of different things are easily mixed up.",
        example: "'session_id = str(uuid.uuid4())'.",
        remedy: "Call a generator of a declared format. To accept the line, add the comment \
                 '# noqa: RAW_UUID'; to accept all existing findings, write a baseline: 'idhooks \
                 lint --write-baseline FILE'.",
    }
    RecordLost = RECORD_LOST: Error, Sync, Drift::Registry {
        meaning: "a record of a parent commit is missing",
        why: "The registry never shrinks: without the record, its identity could be allocated \
              again, to another file.",
        example: "'git revert' of the commit that added a file also removes the file's record from \
                  the registry; or someone deleted the line.",
        remedy: "Run 'git commit' with idhooks installed: it restores the record and marks it \
                 deprecated.",
    }
    ReferenceAmbiguous = REFERENCE_AMBIGUOUS: Warning, Sync, Drift::References {
        meaning: "a reference names a file by an identity that another file had, too",
        why: "Two branches gave the identity to different files, and the merge left it with one of \
              them. The reference leads to that one, but its author may have meant the other.",
        example: "'idhooks:0110000004260118' was written on a branch where that was the identity \
                  of docs/draft.md; after the merge, it is that of docs/plan.md.",
        remedy: "Check which file is meant, and write its present identity, which the finding \
                 names. 'idhooks fix REFERENCE_AMBIGUOUS' does so where the history shows which file \
                 the reference named when it was added. References are checked if idhooks.toml has a \
                 table [references].",
    }
    ReferenceDeprecated = REFERENCE_DEPRECATED: Warning, Sync, Drift::References {
        meaning: "a reference names a file whose identity is deprecated",
        why: "The file was deleted or withdrawn, so a reader who follows the reference finds \
              nothing, or something that is no longer valid. This is about the text that refers to \
              the file; a deprecated file that is still there is DEPRECATED_IN_USE.",
        example: "docs/guide.md refers to docs/old.md, which a later commit deleted.",
        remedy: "Refer to another file, or remove the reference. 'idhooks log <id>' shows what \
                 happened to the file. References are checked if idhooks.toml has a table \
                 [references].",
    }
    ReferenceSection = REFERENCE_SECTION: Warning, Sync, Drift::References {
        meaning: "a reference names a heading that the Markdown file does not have",
        why: "The reference leads to the start of the file, and the reader has to search for what \
              is meant.",
        example: "'idhooks:0110073814260118#limits', while the heading was changed to 'Rate \
                  limits', which has the slug 'rate-limits'.",
        remedy: "Write the slug of the present heading, as GitHub shows it in the link to the \
                 heading. References are checked if idhooks.toml has a table [references].",
    }
    ReferenceSuperseded = REFERENCE_SUPERSEDED: Warning, Sync, Drift::References {
        meaning: "a reference names a file that another one supersedes",
        why: "A reader who follows the reference finds the former file, if it is still there, and \
              not the one that is valid now.",
        example: "docs/guide.md refers to the first version of a specification, which \
                  'idhooks supersede' replaced by the second.",
        remedy: "If the successor is meant, write its identity, which the finding names, or run \
                 'idhooks fix REFERENCE_SUPERSEDED'. References are checked if idhooks.toml has a \
                 table [references].",
    }
    ReferenceSuspect = REFERENCE_SUSPECT: Warning, Sync, Drift::References {
        meaning: "a reference names a file whose content has changed since it was read",
        why: "The reference has a stamp of the content that its author had read. What is said \
              beside it may no longer be true. Content that is missing from this clone is never \
              suspect.",
        example: "'The limit is 10, see idhooks:0110073814260118@0a1b2c3d4e5f#limits', while \
                  that section now says 20.",
        remedy: "'idhooks refs suspect' shows what has changed. Correct the text if necessary, \
                 then run 'idhooks refs review <FILE:LINE>', which writes the present stamp. With \
                 suspect = \"error\" in the table [references] of idhooks.toml, it is an error.",
    }
    ReferenceUnknown = REFERENCE_UNKNOWN: Warning, Sync, Drift::References {
        meaning: "a reference names an identity that is not in the registry",
        why: "It leads nowhere. The identity may be mistyped, or belong to another branch or \
              repository.",
        example: "'idhooks:0110073814260181', with the last two digits swapped.",
        remedy: "Correct the identity; 'idhooks id <path>' prints the one of a file. If the text is \
                 an example, write 'idhooks: ignore' on the same line. References are checked if \
                 idhooks.toml has a table [references]; with unknown = \"error\" there, it is an \
                 error.",
    }
    RegistryCorrupt = REGISTRY_CORRUPT: Error, Format, Drift::Registry {
        meaning: "the registry cannot be read, is missing, or belongs to another scope",
        why: "No identity can be checked until the registry can be read again, so such a commit is \
              always blocked.",
        example: "Conflict markers were committed, a script truncated the file, or it was copied \
                  from another repository.",
        remedy: "In an unfinished merge, run 'idhooks resolve', which does not need conflict \
                 markers. Otherwise restore the last good version with 'git restore --source=HEAD \
                 --staged --worktree .idhooks/registry.json'; the next commit brings it up to \
                 date.",
    }
    RenameLimit = RENAME_LIMIT: Error, Sync, Drift::Registry {
        meaning: "a commit removes and adds too many files, or too large ones, for rename \
                  detection",
        why: "Files that were moved and edited would get new identities, and their old ones would \
              be deprecated. Files that were moved without edits, or whose names are unique, are \
              always found and do not count.",
        example: "A commit moves 150,000 files and adds a line to each of them; rename.max_files is \
                  200,000.",
        remedy: "Commit the move first and the edits afterwards, or raise max_files or max_bytes \
                 in [rename] of idhooks.toml in the same commit. If no file was moved, commit the \
                 deletions first. To move single files, use 'idhooks mv'. If such a commit was \
                 already made without hooks, raise the limit and commit: until then, healing \
                 leaves its files and their identities alone.",
    }
    StaleOutput = STALE_OUTPUT: Warning, Sync, Drift::Registry {
        meaning: "a generated file does not match its inputs",
        why: "An index or a catalogue that is out of date misleads its readers. No identity depends \
              on it.",
        example: "Someone edited the output by hand; a merge kept the output of one side; or the \
                  inputs changed in a commit without the hooks.",
        remedy: "Run 'idhooks generate' and commit. With run = \"commit\", the next commit with \
                 idhooks installed does that too.",
    }
    StalePath = STALE_PATH: Error, Sync, Drift::Stale {
        meaning: "an active record names a path that is not tracked",
        why: "The identity points to nothing. If the file was renamed, its new path looks like a \
              new file. For a staged deletion or rename, the finding is only a note if the next \
              commit updates the record automatically. From a watcher, it is a warning: a file was \
              moved, and the next commit would not recognise it.",
        example: "A file was deleted or renamed in a commit without the hooks.",
        remedy: "'idhooks reconcile --dry-run' shows what would change; 'idhooks reconcile' stages \
                 it, and so does the next 'git commit' with idhooks installed: the identity \
                 follows the rename, or is deprecated. If a watcher reports a move, run the \
                 commands that the finding shows: 'idhooks assign' records the move.",
    }
    Unregistered = UNREGISTERED: Error, Sync, Drift::Unregistered {
        meaning: "a file carries, in its content or its name, an identity that is not in the \
                  registry",
        why: "It looks like an identity but points to nothing; on another branch, or in another \
              repository, it may belong to another file.",
        example: "A file was copied from another repository, with the identity it has there.",
        remedy: "Write the file's own identity into it: 'idhooks inject --replace -- <path>'. If \
                 the identity comes from another registry, import that registry: 'idhooks import \
                 <registry.json>'.",
    }
    UnvalidatedContext = UNVALIDATED_CONTEXT: Warning, Identifiers, Drift::Identifiers {
        meaning: "a function takes an identifier and never validates it",
        why: "An identifier from outside that is not validated can belong to another user or match \
              no format at all. This code is off by default.",
        example: "'def execute(self, run_id): ...' without a call that validates run_id.",
        remedy: "Validate the identifier first, for example with the module that 'idhooks ids \
                 emit' writes. lint.context_functions lists the functions, lint.context_parameters \
                 the parameters.",
    }
}

impl Code {
    /// Returns the code's row in the table.
    pub fn row(self) -> &'static CodeRow {
        &ROWS[self as usize]
    }
}
