//! Commands that exchange data with other programs.

use super::Scene;

pub(super) const SCENES: &[Scene] = &[
    Scene {
        name: "export",
        lines: "
idhooks export --format csv
idhooks export --format json
idhooks export --format eafix
idhooks export --format csv --rev HEAD~1 --output identities.csv && cat identities.csv
# Failures
idhooks export
idhooks export --format xml
idhooks export --format csv --rev nowhere
idhooks export --format csv --output nowhere/identities.csv
idhooks -C ../new export --format csv
idhooks -C .. export --format csv
",
    },
    Scene {
        name: "migrate",
        lines: "
idhooks export --format eafix --output ../ids.json && mkdir old && mv ../ids.json old/ids.json
git add old && git commit -q -m 'The file of the other program' && idhooks migrate status
idhooks migrate plan
idhooks migrate plan --from old/ids.json
idhooks migrate run --from old/ids.json --dry-run
idhooks migrate run --from old/ids.json
idhooks migrate run
idhooks migrate verify
idhooks migrate verify --sample 2 --format json
idhooks migrate status --format json | sed 's/\\(mean_ms\":\\)[0-9.]*/\\1[ms]/'
# The legacy file is edited by hand
sed -i.bak 's,\"status\": \"active\",\"status\": \"active\", \"owner\": \"ann\",;s,docs/guide.md,docs/gide.md,' old/ids.json && rm old/ids.json.bak && git add old
idhooks migrate verify
idhooks migrate verify --rev HEAD
idhooks migrate verify --format json
git commit -q -m 'Edited by hand'
idhooks migrate log
idhooks migrate log --format json
idhooks migrate log -n 0
idhooks migrate run --to registry-leads
idhooks migrate run --force
idhooks migrate rollback --dry-run
idhooks migrate rollback
idhooks migrate run --to registry-leads --force && idhooks export --format legacy | diff - old/ids.json
idhooks migrate run --to stopped --force --dry-run
idhooks migrate run --to stopped --force
idhooks migrate finish --dry-run --force
idhooks migrate finish --force
idhooks migrate status
# Failures
idhooks migrate
idhooks migrate plan
idhooks migrate plan --from nowhere.json
idhooks migrate run --to somewhere
idhooks migrate run --to stopped
idhooks migrate run --from legacy
idhooks migrate run --batch 0
idhooks migrate verify
idhooks migrate verify --rev HEAD~1
idhooks -C ../new migrate status
idhooks -C .. migrate status
",
    },
    Scene {
        name: "import",
        lines: "
idhooks export --format eafix --output ../classic.json
git init -q -b main ../copy && cp -R README.md docs src ../copy && echo more > ../copy/more.md
git -C ../copy add .
idhooks -C ../copy import ../classic.json --dry-run
idhooks -C ../copy import ../classic.json
printf 'DOC-0001 docs/guide.md\\nDOC-0002 docs/roadmap.md\\n' > ids.map
idhooks import --ids-map ids.map --dry-run
idhooks import --ids-map ids.map
printf 'scope: \"200105\"\\ntype_codes:\\n  md: \"01\"\\n' > settings.yaml
idhooks -C ../new import --config ../repo/settings.yaml --dry-run
idhooks -C ../new import --config ../repo/settings.yaml
# Failures
idhooks import
idhooks import nowhere.json
idhooks import ../classic.json
echo broken > broken.json && idhooks -C ../new import ../repo/broken.json
printf 'DOC-0003 docs/nothing.md\\n' > ids.map && idhooks import --ids-map ids.map
printf 'DOC-0003 docs/guide.md\\n' > ids.map && idhooks import --ids-map ids.map
idhooks -C ../new import --ids-map ../repo/ids.map
idhooks -C .. import classic.json
",
    },
    Scene {
        name: "patch",
        lines: "
echo '{\"changes\":{\"0110024716200105\":{\"metadata\":{\"owner\":\"ann\"}}}}' > owner.json
idhooks patch preview owner.json
idhooks patch preview owner.json --format json
idhooks patch apply owner.json --source crm
idhooks patch apply owner.json --format json
echo '{\"operations\":[{\"op\":\"delete\",\"id\":\"0110024716200105\"}]}' > delete.json
idhooks patch apply delete.json --reason 'not needed' --dry-run
idhooks patch apply - --reason 'not needed' < delete.json
idhooks show 0110024716200105
# Failures
idhooks patch apply nowhere.json
idhooks patch rollback 0000
idhooks patch rollback --dry-run owner
idhooks patch apply owner.json --registry-hash 1234
idhooks patch apply owner.json --registry-hash $(echo | sha256sum | cut -c 1-64)
echo broken | idhooks patch apply -
echo '{\"changes\":{\"0110012345200105\":{\"metadata\":{\"owner\":\"ann\"}}}}' | idhooks patch preview -
echo '{\"changes\":{\"0110055515200105\":{\"file_path\":\"x\"}}}' | idhooks patch preview -
idhooks patch preview
idhooks -C ../new patch apply ../repo/owner.json
idhooks -C .. patch preview repo/owner.json
",
    },
    Scene {
        name: "registry",
        lines: "
idhooks registry hash
# Failures
idhooks registry
idhooks registry size
idhooks -C ../new registry hash
idhooks -C .. registry hash
echo broken > .idhooks/registry.json && idhooks registry hash
",
    },
    Scene {
        name: "schema",
        lines: "
idhooks schema registry
idhooks schema finding
# Failures
idhooks schema
idhooks schema chekc
",
    },
];
