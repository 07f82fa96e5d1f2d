//! Commands to look up.

use super::Scene;

pub(super) const SCENES: &[Scene] = &[
    Scene {
        name: "list",
        lines: "
idhooks list
idhooks list --status deprecated
idhooks list --path 'docs/**' --ns 100 --type 01
idhooks list --counters
idhooks list --format json
idhooks list --rev HEAD~1 --format json
idhooks list --counters --format json
idhooks list --path 'nothing/**'
idhooks list --where deprecated_reason=deleted
idhooks list --where last_blob --where 'deprecated_reason!=deleted'
idhooks list --sort=-status --sort path
idhooks list --where 'none!=x' --sort -path --status active
idhooks list --kind doc --class -
# Failures
idhooks list --rev nowhere
idhooks list --status gone
idhooks list --ns 1
idhooks list --where owner==ann
idhooks list --sort size
idhooks list --counters --sort path
idhooks list --path '['
idhooks -C ../new list
idhooks -C .. list
",
    },
    Scene {
        name: "show",
        lines: "
idhooks show docs/guide.md
idhooks show docs/guide.md --format json
idhooks show docs/plan.md
idhooks show 0110055515200105 --at HEAD~1
idhooks show data/old.csv
idhooks show docs/roadmap.md -v
echo 'DOC-0001 docs/guide.md' > ids.map && idhooks import --ids-map ids.map -q
idhooks show DOC-0001
idhooks show DOC-0001 --format json
# Failures
idhooks show docs/nothing.md
idhooks show 0110012345200105
idhooks show 0110012345200106
idhooks show 01100123452001
idhooks show README.md --at 'last whatever'
idhooks show README.md --rev nowhere
idhooks -C ../new show new.md
idhooks -C .. show README.md
",
    },
    Scene {
        name: "refs",
        lines: "
printf 'See idhooks:0110024716200105 and\\nidhooks:1011098435200105#rows.\\n' > README.md && git add README.md
idhooks refs
idhooks refs docs/guide.md
idhooks refs --from README.md --format json
idhooks refs --graph
idhooks refs --rev HEAD
printf 'idhooks:0110024716200105\\000' > docs/new.bin && git add docs/new.bin
idhooks refs docs/guide.md
idhooks refs docs/guide.md -v
idhooks refs review README.md:1 README.md:2 --dry-run
idhooks refs review README.md:1
echo 'More.' >> docs/guide.md && git add docs/guide.md
idhooks refs suspect
idhooks refs suspect --format json
idhooks refs review README.md
idhooks refs suspect
idhooks refs add docs/guide.md:1 README.md --dry-run
idhooks refs add docs/guide.md:1 README.md
idhooks refs --resolve ../rendered
cat ../rendered/docs/guide.md ../rendered/README.md
# Failures
idhooks refs add README.md
idhooks refs add README.md docs/guide.md
idhooks refs add README.md:99 docs/guide.md
idhooks refs add README.md:1 docs/guide.md --section nothing
idhooks refs --resolve docs
idhooks refs review
idhooks refs review README.md:9
idhooks refs review docs/nothing.md:1
idhooks refs suspect docs/nothing.md
idhooks refs docs/nothing.md
idhooks refs --from docs/nothing.md
idhooks refs --from Cargo.lock --rev HEAD
idhooks refs --rev nowhere
idhooks refs --graph --format json
idhooks -C ../new refs
idhooks -C .. refs
",
    },
    Scene {
        name: "url",
        lines: "
git remote add origin git@github.com:team/docs.git && git update-ref refs/remotes/origin/main HEAD
idhooks url docs/guide.md README.md
idhooks url 0110024716200105 --line 2-3
idhooks url docs/guide.md --permalink | sed 's,/blob/.*/docs,/blob/[commit]/docs,'
idhooks url data/old.csv 2>&1 | sed 's,/blob/.*/data,/blob/[commit]/data,'
# Failures
idhooks url docs/nothing.md README.md
idhooks url README.md --rev nowhere
idhooks url README.md --line 3-2
idhooks url
git remote set-url origin work:team/docs.git && idhooks url README.md
git remote remove origin && idhooks url README.md
idhooks -C ../new url new.md
",
    },
    Scene {
        name: "id",
        lines: "
idhooks id docs/guide.md README.md
git ls-files docs | idhooks id --stdin
git ls-files -z docs | idhooks id --stdin -z | tr '\\0' ' '; echo
idhooks id docs/plan.md --rev HEAD~1
# Failures
idhooks id docs/guide.md docs/plan.md README.md
idhooks id ../outside docs
idhooks id
idhooks id README.md --stdin
idhooks id README.md --rev nowhere
idhooks -C ../new id new.md
idhooks -C .. id README.md
",
    },
    Scene {
        name: "path",
        lines: "
idhooks path 0110055515200105
cd docs && idhooks path 0110055515200105
idhooks list --status active --format json | grep -o '\"id\":\"[0-9]*' | cut -d '\"' -f 4 | idhooks path --stdin
idhooks path 01100555
printf '0110055515200105\\0' | idhooks path --stdin -z | tr '\\0' ' '; echo
idhooks path 0110055515200105 --rev HEAD~1
# Failures
idhooks path 0110055515200105 0110012345200105 01
idhooks path 0110 --rev HEAD
idhooks path 1011098435200105
idhooks path docs/guide.md
idhooks path
idhooks -C ../new path 0110055515200105
idhooks -C .. path 0110055515200105
",
    },
    Scene {
        name: "log",
        lines: "
idhooks log docs/roadmap.md
idhooks log data/old.csv --reverse
idhooks log docs/plan.md -n 1
idhooks log 1011098435200105 --format json
# Failures
idhooks log docs/nothing.md
idhooks log 0110012345200105
idhooks log README.md -n 0
idhooks log README.md --rev nowhere
idhooks -C ../new log new.md
idhooks -C .. log README.md
",
    },
    Scene {
        name: "scan",
        lines: "
echo news > docs/news.md && git add docs && echo '=1+1' > '=sum.csv'
idhooks scan docs
idhooks scan --json src
idhooks scan --raw | cut -d, -f 4-7
idhooks scan --with class,describe src | cut -d, -f 4,27-31
idhooks scan --allocate-ids docs | cut -d, -f 4,15,18,23
# Failures
idhooks scan nowhere
idhooks scan --csv --json
idhooks -C ../new scan | cut -d, -f 4,15,18,23
idhooks -C .. scan repo/docs | cut -d, -f 4,15,18,23
idhooks -C ../new scan --allocate-ids
",
    },
    Scene {
        name: "describe",
        lines: "
printf '%s\\n' '\"\"\"The tool.\"\"\"' 'import argparse' 'from . import app' '' 'def main():' '    pass' '' 'if __name__ == \"__main__\":' '    main()' > src/tool.py
echo 'print 1' > src/old.py && git add src
idhooks describe src/tool.py
idhooks describe src/tool.py --format json
idhooks describe --all
idhooks describe src --format csv | cut -d, -f 2,5,9,11,20
idhooks describe src/app.py --rev HEAD --format jsonl
printf '[describe]\\nstore = [\"py_docstring_1l\"]\\noutput = \"docs/modules\"\\n' >> idhooks.toml && git add idhooks.toml
git commit -q -m 'Add a tool' && idhooks list --where py_docstring_1l
idhooks describe --all --stale
idhooks describe --all --write --dry-run
idhooks describe --all --write && git add docs && idhooks describe --all --stale
# Failures
idhooks describe
idhooks describe README.md
idhooks describe nowhere.py
idhooks describe src/app.py --write --rev HEAD
idhooks -C .. describe repo/src/app.py
",
    },
    Scene {
        name: "classify",
        lines: "
printf '[[classify]]\\npath = \"src/**\"\\nclass = \"governed\"\\n' >> idhooks.toml && git add idhooks.toml
echo '*.log' > .gitignore
idhooks classify src/app.py src/new.toml README.md a.log docs
idhooks classify src/app.py a.log --format json
# Failures
idhooks classify
idhooks classify ../elsewhere
",
    },
    Scene {
        name: "coverage",
        lines: "
echo news > docs/news.md && git add docs && git commit -q --no-verify -m 'Add news without hooks'
idhooks coverage --by ns
idhooks coverage --by type --format csv
idhooks coverage --by dir --format json
idhooks coverage --by class
idhooks coverage --history
idhooks coverage --history --format csv
idhooks coverage --history --format json
idhooks coverage --check-regression --against HEAD~1
idhooks coverage --check-regression --against HEAD~1 --threshold 0.5
idhooks coverage --append history.jsonl && cat history.jsonl
idhooks coverage report --period week
idhooks coverage report --period month --until 2020-01-06 --output report.md && cat report.md
# Failures
idhooks coverage --by size
idhooks coverage --threshold 5
idhooks coverage --rev nowhere
idhooks coverage report
idhooks coverage report --period week --until someday
idhooks coverage report --period week --output nowhere/report.md
idhooks -C ../new coverage
idhooks -C .. coverage
",
    },
];
