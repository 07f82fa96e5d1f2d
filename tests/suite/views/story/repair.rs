//! Commands that check and repair.

use super::Scene;

pub(super) const SCENES: &[Scene] = &[
    Scene {
        name: "check",
        lines: "
idhooks check
idhooks check --format json
echo news > docs/news.md && git mv docs/guide.md docs/handbook.md
git add . && git commit -q --no-verify -m 'Commit without hooks'
cp src/app.py 2099992088200105_copy.py && git add .
idhooks check
idhooks check -v
idhooks check coverage --min-coverage 50%
idhooks check --rev HEAD~1
idhooks check --history
idhooks check --write-baseline known.json
idhooks check --baseline known.json
idhooks check --format json
idhooks check --format jsonl
idhooks check --format sarif
idhooks check --format github
idhooks check --format gitlab
idhooks check --format junit
idhooks check --format markdown
git branch other HEAD~1 && idhooks check --against other
# Failures
idhooks check everything
idhooks check --format xml
idhooks check --rev nowhere
idhooks check --history=nowhere..HEAD
idhooks check --min-coverage 200%
idhooks check --baseline nowhere.json
idhooks -C ../new check
idhooks -C .. check
echo broken > .idhooks/registry.json && git add .idhooks && idhooks check
",
    },
    Scene {
        name: "drift",
        lines: "
idhooks drift
echo news > docs/news.md && git mv docs/guide.md docs/handbook.md
git add . && git commit -q --no-verify -m 'Commit without hooks'
idhooks drift
idhooks drift --format json
idhooks drift --format markdown --output drift.md && cat drift.md
# Failures
idhooks drift --rev nowhere
idhooks drift --format csv
idhooks drift --output nowhere/drift.md
idhooks -C ../new drift
idhooks -C .. drift
",
    },
    Scene {
        name: "explain",
        lines: "
idhooks explain
idhooks explain stale_path
for code in $(idhooks explain | cut -d' ' -f1); do echo; idhooks explain $code; done
# Failures
idhooks explain NOTHING
idhooks explain STALE_PATHS
",
    },
    Scene {
        name: "lint",
        lines: r#"
mkdir auth && printf 'import uuid\nsession_id = str(uuid.uuid4())\nkey = f"ws_{uuid.uuid4().hex[:8]}"\n' > auth/session.py
printf 'from uuid import uuid4\nx = uuid4()  # noqa: RAW_UUID\ny = uuid4\n' > src/keys.py
printf 'import uuid\nprint uuid.uuid4()\n' > src/old.py
printf '[[lint.category]]\nname = "auth"\npath = "*auth*"\n[[lint.priority]]\nname = "critical"\npath = "*auth*"\n' >> idhooks.toml
idhooks lint
idhooks lint auth --select RAW_UUID --by category,service,priority,kind,file --no-findings
idhooks lint --format json
idhooks lint --count lines --format json --no-findings
idhooks lint --select id_fstring --format jsonl
idhooks lint --select id_fstring --format sarif | grep -A3 startColumn
idhooks lint --select id_fstring --format github
idhooks lint --select id_fstring --format gitlab
idhooks lint --select id_fstring --format junit
idhooks lint --select id_fstring --format markdown
idhooks lint --write-baseline known.json && cat known.json
idhooks lint --baseline known.json --strict
idhooks lint --staged
git add . && git commit -q --no-verify -m 'Add code'
idhooks lint --rev HEAD --min-score 95 --max critical=0 --no-findings
idhooks lint --history --format text | cut -c 25-
idhooks -C ../new lint
printf '[[lint.replace]]\nfind = "str(uuid.uuid4())"\nwith = "make_id()"\nimport = "from ids import make_id"\n[[lint.replace]]\nfind = \047f"$prefix_{uuid.uuid4().hex[:8]}"\047\nwith = \047make_id(user_id, "$prefix")\047\nimport = "from ids import make_id"\n' > fix.toml
idhooks lint --fix --config fix.toml
idhooks lint --config fix.toml --select RAW_UUID --format json | grep -A2 '"fix":{'
idhooks lint --fix --config fix.toml --format json
idhooks lint --fix --config fix.toml --execute -q
idhooks lint --rollback --dry-run
idhooks lint --rollback
printf '[lint]\ndeprecated_calls = ["make_id"]\n' >> idhooks.toml
printf 'from ids import make_id\nmake_id()\n' > auth/login.py && git add .
idhooks metrics --no-history | grep -e identity_lint -e completion
idhooks drift | grep -A 3 code
# Failures
idhooks lint --fix
idhooks lint --rollback
idhooks lint nothing.py
idhooks lint --rev nowhere
idhooks lint --select STALE_PATH
idhooks lint --max urgent=0
idhooks lint --max critical
idhooks lint --min-score 101
idhooks lint --config nothing.toml
idhooks lint --history --format sarif
idhooks -C .. lint --staged
printf '[lint]\nselct = []\n' > rules.toml && idhooks lint --config rules.toml
printf '[lint]\nselect = ["RAW"]\n' > rules.toml && idhooks lint --config rules.toml
"#,
    },
    Scene {
        name: "doctor",
        lines: "
idhooks doctor
idhooks doctor --format json
rm .git/hooks/pre-commit && git config merge.renames false && echo broken > .git/idhooks/x.tmp
idhooks doctor
idhooks doctor --fix --dry-run
idhooks doctor --fix
idhooks doctor -q
# Failures
idhooks doctor --format yaml
idhooks -C ../new doctor
idhooks -C .. doctor
echo broken > .idhooks/registry.json && git add .idhooks && idhooks doctor -q
",
    },
    Scene {
        name: "fix",
        lines: "
idhooks fix
echo news > docs/news.md && git add docs && git mv docs/guide.md docs/handbook.md
cp src/app.py 2099992088200105_copy.py && git add .
idhooks fix
idhooks fix MISSING_ID --execute
idhooks fix --execute
idhooks fix --rollback
idhooks fix --rollback
# Failures
idhooks fix NOTHING
idhooks fix --execute --dry-run
idhooks -C ../new fix
idhooks -C .. fix
echo broken > .idhooks/registry.json && git add .idhooks && idhooks fix
",
    },
    Scene {
        name: "reconcile",
        lines: "
idhooks reconcile
git mv docs/guide.md docs/handbook.md && git commit -q --no-verify -m 'Move the guide'
idhooks reconcile --dry-run
idhooks reconcile --format json
git commit -q -m 'Heal the registry'
echo news > docs/news.md && git add docs && git commit -q --no-verify -m 'Add news'
idhooks reconcile --rewrite HEAD~1..HEAD --dry-run
idhooks reconcile --rewrite HEAD~1..HEAD
idhooks reconcile --rewrite HEAD~1..HEAD --format json
# Failures
idhooks reconcile --rewrite nowhere..HEAD
idhooks reconcile --rewrite HEAD~2..HEAD~1
git checkout -q -B dirty && git rm -q README.md && idhooks reconcile --rewrite HEAD~1..HEAD
idhooks -C ../new reconcile
idhooks -C .. reconcile
",
    },
    Scene {
        name: "resolve",
        lines: "
git checkout -q -b topic && echo news > docs/news.md && git add . && git commit -q -m 'Add news'
git checkout -q main && echo more > docs/more.md && git add . && git commit -q -m 'Add more'
git -c merge.idhooks.driver=false merge -q topic > merge.log 2>&1 || rm merge.log
git status --short
idhooks check
idhooks resolve --dry-run
idhooks resolve
git status --short
git commit -q --no-edit
idhooks list
idhooks resolve
idhooks resolve --rev-ours main~1 --rev-theirs topic --print
# Failures
idhooks resolve --rev-ours main
idhooks resolve --rev-ours main --rev-theirs nowhere
idhooks -C ../new resolve
idhooks -C .. resolve
",
    },
    Scene {
        name: "backup",
        lines: "
idhooks backup list
idhooks backup create
idhooks allocate README.md --if-missing -q
echo news > docs/news.md && git add docs && idhooks allocate docs/news.md -q
idhooks backup list
idhooks backup list --format json
idhooks backup verify
idhooks backup create --to ../safe.bundle
idhooks backup restore 41955293 --dry-run
idhooks backup restore 41955293
git init -q --bare ../safe.git
idhooks backup push ../safe.git --dry-run
idhooks backup push ../safe.git
idhooks backup push ../safe.git
# Failures
idhooks backup push nowhere
idhooks backup restore 2019-01-01
idhooks backup restore someday
idhooks backup restore 00000000
idhooks backup create --to nowhere/safe/x.bundle
idhooks -C ../new backup list
idhooks -C ../new backup create
idhooks -C .. backup list
idhooks -C .. backup verify
",
    },
    Scene {
        name: "audit",
        lines: "
idhooks audit tail
idhooks deprecate docs/guide.md --reason 'replaced by the handbook' -q
idhooks mv docs/roadmap.md docs/plan.md -q
idhooks audit tail
idhooks audit tail -n 1 --format json
idhooks audit query --path docs --event deprecated --format jsonl
idhooks audit query --id 0110055515200105
idhooks audit verify
idhooks audit verify --format json
idhooks audit export --from-history
sed -i 's/replaced/damaged/' .git/idhooks/audit.jsonl && idhooks audit verify
# Failures
idhooks audit query --event nothing
idhooks audit query --since someday
idhooks audit verify --head 0000
idhooks audit tail --file nowhere.jsonl
idhooks audit tail -n 0
idhooks audit export
idhooks audit export --from-history --rev nowhere
idhooks -C .. audit tail
idhooks -C .. audit query
",
    },
];
