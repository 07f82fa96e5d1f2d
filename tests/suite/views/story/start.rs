//! Commands to start with.

use super::Scene;

pub(super) const SCENES: &[Scene] = &[
    Scene {
        name: "init",
        lines: "
cd ../new && idhooks init --scope 200105 --strategy sequential --dry-run
cd ../new && idhooks init --scope 200105 -v
cd ../new && idhooks list
# Failures
idhooks init
cd ../new && git reset -q && idhooks init
git init -q ../empty && idhooks -C ../empty init --scope 200105 -q
idhooks -C .. init
idhooks init --scope 12
idhooks init --strategy random
",
    },
    Scene {
        name: "install",
        lines: "
idhooks install
idhooks -C ../new install --dry-run
idhooks -C ../new install
idhooks -C ../new install -q
# Failures
cd ../new && git config core.hooksPath /dev/null && idhooks install --dry-run
idhooks -C .. install
idhooks -C ../none install
",
    },
    Scene {
        name: "uninstall",
        lines: "
idhooks uninstall --dry-run
idhooks uninstall
idhooks uninstall
idhooks status
# Failures
idhooks -C ../new uninstall
idhooks -C .. uninstall
",
    },
    Scene {
        name: "status",
        lines: "
idhooks status
idhooks status --format json
echo news > docs/news.md && git add docs && git commit -q --no-verify -m 'Add news without hooks'
git mv docs/guide.md docs/handbook.md
idhooks status
idhooks status -v
idhooks status --locks
idhooks status --locks --format json
# Failures
idhooks status --format yaml
idhooks lock status
idhooks -C .. help lock
idhooks -C .. status --locks
idhooks -C ../new status
idhooks -C .. status
echo broken > .idhooks/registry.json && git add .idhooks && idhooks status
idhooks status --locks
",
    },
    Scene {
        name: "demo",
        lines: "
idhooks demo
idhooks demo --keep | tail -n 3 | sed 's/demo-....../demo-.../'
# Failures
TMPDIR=/nowhere idhooks demo 2>&1 | sed 's/demo-....../demo-.../'
",
    },
];
