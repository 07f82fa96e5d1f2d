//! Commands that change the registry.

use super::Scene;

pub(super) const SCENES: &[Scene] = &[
    Scene {
        name: "allocate",
        lines: "
echo news > docs/news.md && echo more > docs/more.md && git add docs
idhooks allocate docs/news.md --dry-run
idhooks allocate docs/news.md
idhooks allocate docs/news.md --if-missing
printf 'path,type\\ndocs/more.md,20\\nnowhere.md,\\n' > files.csv
idhooks allocate --batch files.csv
idhooks allocate --batch files.csv --keep-going
echo table > data.csv && git add data.csv
idhooks scan | idhooks allocate --batch - --limit 1
# Failures
idhooks allocate docs/news.md
idhooks allocate docs/nothing.md
idhooks allocate
idhooks allocate README.md --reserved 0110012345200105
idhooks allocate README.md --type 1
idhooks allocate --batch nowhere.csv
idhooks -C ../new allocate new.md
idhooks -C .. allocate README.md
",
    },
    Scene {
        name: "reserve",
        lines: "
# The numbers are chance.
idhooks reserve --ns 100 --type 01 --count 2 --dry-run | sed 's/^01100...../01100...../'
idhooks reserve --ns 100 --type 01 --count 2 > ids && sed 's/^01100...../01100...../' ids
idhooks list --counters | tr -s ' ' | sed 's/^\\(100.*\\) [0-9]* [0-9]* \\([0-9]* of\\)/\\1 (two numbers) \\2/'
echo news > docs/news.md && git add docs
idhooks allocate docs/news.md --reserved $(head -n 1 ids) | sed 's/^01100...../01100...../'
# Failures
idhooks reserve
idhooks reserve --ns 1 --type 01
idhooks reserve --ns 100 --type 01 --count 0
idhooks reserve --ns 100 --type 01 --count 1000000
idhooks -C ../new reserve --ns 100 --type 01
idhooks -C .. reserve --ns 100 --type 01
",
    },
    Scene {
        name: "mv",
        lines: "
echo 'See [the guide](docs/guide.md).' >> README.md && git add README.md
idhooks mv docs/guide.md docs/handbook.md --dry-run
idhooks mv docs/guide.md docs/handbook.md
idhooks mv docs manual
git commit -q -m 'Move the manual'
idhooks list --path 'manual/**'
# Failures
idhooks mv docs/nothing.md docs/other.md
idhooks mv README.md src/app.py
idhooks mv README.md
idhooks -C ../new mv new.md newer.md
idhooks -C .. mv a b
",
    },
    Scene {
        name: "rename",
        lines: "
echo 'See [the guide](docs/guide.md).' >> README.md && git add README.md
idhooks rename --to-id-prefix docs/guide.md --dry-run
idhooks rename --to-id-prefix docs/guide.md
tail -n 1 README.md
idhooks rename --rollback
idhooks rename --to-id-prefix src/app.py -q && git status --short
git commit -q -m 'Prefix' && idhooks rename --from-id-prefix src/P_2099992088200105_app.py
printf '[{\"path\": \"docs/roadmap.md\"}]' | idhooks rename --to-id-prefix --batch -
# Failures
idhooks rename --to-id-prefix docs/nothing.md
idhooks rename --to-id-prefix
idhooks rename docs/guide.md
idhooks rename --to-id-prefix --from-id-prefix docs/guide.md
idhooks rename --to-id-prefix --all
idhooks rename --to-id-prefix --batch nowhere.csv
idhooks -C ../new rename --to-id-prefix new.md
idhooks -C .. rename --rollback
",
    },
    Scene {
        name: "inject",
        lines: "
idhooks inject docs/guide.md --check
idhooks inject docs/guide.md src --dry-run
idhooks inject docs/guide.md src
head -n 4 docs/guide.md src/app.py
idhooks inject --rollback
idhooks inject docs/guide.md -q && git add docs && idhooks inject --remove docs/guide.md
printf '\\000' > data.bin && git add data.bin && git commit -q -m 'Add data'
idhooks inject data.bin
idhooks inject data.bin README.md --keep-going
# Failures
idhooks inject
idhooks inject --all
idhooks inject docs/nothing.md
idhooks inject --all docs
idhooks -C ../new inject new.md
idhooks -C .. inject README.md
",
    },
    Scene {
        name: "deprecate",
        lines: "
idhooks deprecate docs/guide.md --reason 'replaced by the handbook' --dry-run
idhooks deprecate docs/guide.md --reason 'replaced by the handbook'
idhooks show docs/guide.md
# Failures
idhooks deprecate docs/guide.md --reason again
idhooks deprecate docs/nothing.md --reason 'not needed'
idhooks deprecate 0110012345200105 --reason 'not needed'
idhooks deprecate docs/guide.md
idhooks deprecate README.md --reason ''
idhooks -C ../new deprecate new.md --reason old
idhooks -C .. deprecate README.md --reason old
",
    },
    Scene {
        name: "revive",
        lines: "
idhooks deprecate docs/guide.md README.md --reason 'by mistake' -q
idhooks revive docs/guide.md --dry-run
idhooks revive docs/guide.md 0199971204200105
# Failures
idhooks revive docs/guide.md
idhooks revive data/old.csv
idhooks revive docs/nothing.md
idhooks revive
idhooks -C ../new revive new.md
idhooks -C .. revive README.md
",
    },
    Scene {
        name: "supersede",
        lines: "
idhooks supersede docs/guide.md --with-new --dry-run
idhooks supersede docs/guide.md --with-new
git rm -q src/app.py && idhooks supersede src/app.py --by README.md
idhooks list
# Failures
idhooks supersede docs/guide.md
idhooks supersede docs/guide.md --by docs/guide.md
idhooks supersede docs/roadmap.md --by docs/nothing.md
idhooks supersede docs/roadmap.md --by README.md
idhooks supersede docs/nothing.md --with-new
idhooks -C ../new supersede new.md --with-new
idhooks -C .. supersede README.md --with-new
",
    },
    Scene {
        name: "assign",
        lines: "
idhooks assign 0110055515200105 docs/guide.md --dry-run
idhooks assign 0110055515200105 docs/guide.md
idhooks assign docs/guide.md docs/guide.md
idhooks list
# Failures
idhooks assign 0110012345200105 docs/guide.md
idhooks assign 0110055515200105 docs/nothing.md
idhooks assign 0110055515200105
idhooks -C ../new assign 0110055515200105 new.md
idhooks -C .. assign 0110055515200105 README.md
",
    },
    Scene {
        name: "purge",
        lines: "
idhooks purge --deprecated-before 2020-02-01 --dry-run
idhooks purge --deprecated-before 2020-02-01
idhooks show 1011098435200105 --format json
idhooks purge --deprecated-before 2020-02-01
git commit -q -m 'Purge' && git rm -q docs/guide.md && git commit -q -m 'Delete the guide'
echo 'See 0110024716200105.' >> README.md && git add README.md
idhooks purge --deprecated-before 2020-02-01
idhooks purge --deprecated-before 2020-02-01 --keep-going
# Failures
idhooks purge
idhooks purge --deprecated-before soon
idhooks -C ../new purge --deprecated-before 90d
idhooks -C .. purge --deprecated-before 90d
",
    },
    Scene {
        name: "generate",
        lines: "
printf '%s\\n' '[[generators]]' 'name = \"index\"' 'inputs = { path = \"docs/**\" }' >> idhooks.toml
printf '%s\\n' 'output = [\"docs/INDEX.md\"]' 'builtin = \"markdown-index\"' >> idhooks.toml
printf '%s\\n' '[[generators]]' 'name = \"count\"' 'run = \"manual\"' 'after = [\"index\"]' >> idhooks.toml
printf '%s\\n' 'output = [\"count.txt\"]' 'command = [\"grep\", \"-c\", \"file_path\"]' >> idhooks.toml
git add idhooks.toml
idhooks generate --dry-run
idhooks generate
cat docs/INDEX.md
git commit -q -m 'Add generators'
git config idhooks.trust $(idhooks generate --list --format json | grep -o '[0-9a-f]\\{64\\}')
idhooks generate
cat count.txt
git mv docs/guide.md docs/handbook.md && git commit -q -m 'Rename the guide'
idhooks generate --check
idhooks generate --format json
idhooks generate --list
idhooks generate --list --format json
# Failures
echo old > docs/INDEX.md && git add docs && idhooks generate index --check
idhooks generate --check --format json
idhooks generate indx
idhooks generate --check --dry-run
idhooks generate --jobs 0
sed -i 's/^after.*/after = [\"count\"]/' idhooks.toml && git add . && idhooks generate
idhooks -C ../new generate
idhooks -C .. generate
idhooks generate --list index
idhooks generators
idhooks -C . dual-write status
idhooks help generators
",
    },
];
