//! Commands for the shell, and those that git runs.

use super::Scene;

pub(super) const SCENES: &[Scene] = &[
    Scene {
        name: "completions",
        lines: "
idhooks completions bash
idhooks completions zsh
idhooks completions fish
idhooks completions powershell
idhooks completions elvish
# Failures
idhooks completions
idhooks completions csh
",
    },
    Scene {
        name: "lsp",
        lines: "
printf 'Content-Length: 44\\r\\n\\r\\n{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"shutdown\"}' | idhooks lsp | tr -d '\\r'
# Failures
idhooks lsp < /dev/null
idhooks lsp --port 1
",
    },
    Scene {
        name: "man",
        lines: "
idhooks man | head -n 12
idhooks man --output man
ls man
# Failures
idhooks man --output README.md
idhooks man check
",
    },
    Scene {
        name: "hook",
        lines: "
echo news > docs/news.md && git add docs && git commit -q -m 'Add news'
cp src/app.py 2099992088200105_copy.py && git add . && git commit -q -m 'A copy'
git rm -q --cached 2099992088200105_copy.py && rm 2099992088200105_copy.py
echo broken > .idhooks/registry.json && git add .idhooks && git commit -q -m 'Break it'
git checkout -q HEAD -- .idhooks
git mv docs/guide.md docs/handbook.md && IDHOOKS=0 git commit -q -m 'Move the guide'
git commit -q --allow-empty -m 'Anything'
git log --format=%s --name-status -n 2
# Failures
idhooks hook
idhooks hook nothing
cd .. && idhooks hook pre-commit
",
    },
    Scene {
        name: "merge-driver",
        lines: "
git checkout -q -b topic && echo news > docs/news.md && git mv docs/guide.md docs/handbook.md
git add . && git commit -q -m 'Add news'
git checkout -q main && echo more > docs/more.md && git add . && git commit -q -m 'Add more'
git merge -q --no-edit topic
idhooks list
# Both sides give a new number to the same file
git checkout -q -b left && idhooks supersede docs/more.md --with-new -q && git commit -q -m Left
git checkout -q -b right main && idhooks deprecate docs/more.md --reason old -q
git commit -q -m Right && git merge -q --no-edit left
idhooks list
# Failures
idhooks merge-driver
echo broken > broken && cp broken ours && cp broken theirs
idhooks merge-driver broken ours theirs 7 .idhooks/registry.json
",
    },
];
