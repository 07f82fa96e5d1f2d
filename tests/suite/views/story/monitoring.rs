//! Commands for CI and monitoring.

use super::Scene;

pub(super) const SCENES: &[Scene] = &[
    Scene {
        name: "ci",
        lines: "
git checkout -q -b topic && git mv docs/guide.md docs/handbook.md
git commit -q --no-verify -m 'Move the guide'
idhooks ci --base main~1 --head main
idhooks ci --base main
idhooks ci --base main --format json
idhooks ci --base main --report markdown=summary.md; cat summary.md
idhooks ci --base main --patch fix.diff; cat fix.diff
idhooks ci --base main --fix
idhooks ci --base main
idhooks ci init --provider lefthook --dry-run
idhooks ci init --provider pre-commit && cat .pre-commit-config.yaml
idhooks ci init --provider github --dry-run --install 'cargo install idhooks'
idhooks ci init --provider gitlab --dry-run --install 'cargo install idhooks'
idhooks ci init --provider gitea --dry-run --install 'cargo install idhooks'
# Failures
idhooks ci
idhooks ci --base nowhere
idhooks ci --base main --report nothing=x
idhooks ci --base main --report markdown
idhooks ci init
idhooks ci init --provider github
idhooks ci init --provider github --from https://example.org/idhooks
echo other > lefthook.yml && idhooks ci init --provider lefthook
idhooks -C ../new ci
idhooks -C .. ci
",
    },
    Scene {
        name: "receive",
        lines: "
git clone -q --bare . ../bare.git
git rev-parse HEAD~1 HEAD
cd ../bare.git && idhooks receive refs/heads/main $(git rev-parse HEAD~1 HEAD)
git checkout -q -b topic && git mv docs/guide.md docs/handbook.md
git commit -q --no-verify -m 'Move the guide'
printf '#!/bin/sh\\nexec idhooks receive\\n' > ../bare.git/hooks/pre-receive
chmod +x ../bare.git/hooks/pre-receive
git push -q ../bare.git topic:main 2> push.log; grep -o 'remote:.*[^ ]' push.log; rm push.log
git push -q ../bare.git topic:topic
# Failures
cd ../bare.git && idhooks receive refs/heads/main
cd ../bare.git && idhooks receive refs/heads/main 1234 5678
cd ../bare.git && echo nonsense | idhooks receive
idhooks -C .. receive refs/heads/main $(git rev-parse HEAD~1 HEAD)
",
    },
    Scene {
        name: "health",
        lines: "
idhooks health
idhooks health --format json
rm .git/hooks/pre-commit && idhooks health
# Failures
idhooks health --rev nowhere
idhooks health --format yaml
idhooks -C ../new health
idhooks -C .. health
echo broken > .idhooks/registry.json && git add .idhooks && idhooks health
",
    },
    Scene {
        name: "alerts",
        lines: "
idhooks alerts
idhooks alerts --format json
sed -i s/0110055515200105/0110024716200105/ .idhooks/registry.json && git add .idhooks
idhooks alerts
idhooks alerts --format json
idhooks alerts --format email --to ops@example.org
# Failures
idhooks alerts --format email
idhooks alerts --threshold 5
idhooks alerts --rev nowhere
idhooks alerts --webhook nowhere
idhooks alerts --webhook http://127.0.0.1:9/secret --retries 0
idhooks -C ../new alerts
idhooks -C .. alerts
echo broken > .idhooks/registry.json && git add .idhooks && idhooks alerts
",
    },
    Scene {
        name: "metrics",
        lines: "
idhooks metrics | sed 's/\\(time_seconds\\) .*/\\1 [s]/'
idhooks metrics --rev HEAD --no-history --format openmetrics | sed 's/\\(time_seconds\\) .*/\\1 [s]/'
idhooks metrics --rev HEAD --format csv | sed 's/\\(time_seconds,,\\).*/\\1[s]/'
idhooks metrics --rev HEAD --format json | sed 's/\\(time_seconds\".*value\":\\)[0-9.e-]*/\\1[s]/'
idhooks metrics --rev HEAD --output identities.prom && head -n 3 identities.prom
idhooks metrics serve --port 0 > served.log 2>&1 & until grep -qs http served.log; do sleep 0.05; done; kill $!; cat served.log
# Failures
idhooks metrics --rev nowhere
idhooks metrics --format xml
idhooks metrics --output nowhere/identities.prom
idhooks metrics --output .git/config
idhooks metrics serve --port 99999
idhooks metrics serve --bind nowhere
idhooks -C ../new metrics --no-history
idhooks -C .. metrics
idhooks -C .. metrics serve --port 0
",
    },
    Scene {
        name: "dashboard",
        lines: "
idhooks dashboard --output site
ls site site/api
# Days without an event are left out: there are many.
cat site/api/*.json | grep -v '\"allocated\":0'
idhooks dashboard --port 0 > served.log 2>&1 & until grep -qs http served.log; do sleep 0.05; done; kill $!; cat served.log
# Failures
idhooks dashboard --rev nowhere
idhooks dashboard --port 99999
idhooks dashboard --bind nowhere
echo file > file && idhooks dashboard --output file
git config idhooks.browser nowhere && idhooks dashboard --png page.png
idhooks -C ../new dashboard --output site
idhooks -C .. dashboard --output site
",
    },
    Scene {
        name: "watch",
        lines: "
printf '[watch]\\nmin_age = \"0\"\\nsample_interval = \"1ms\"\\n' >> idhooks.toml && git add . && git commit -q -m rules
idhooks watch status
idhooks watch run --once
mv docs/guide.md docs/handbook.md && echo new > new.md && rm src/app.py
idhooks watch run --once
idhooks watch run --once
idhooks watch start 2>&1 | sed 's/process [0-9]*/process [n]/'; idhooks watch stop
idhooks watch restart 2>&1 | sed 's/process [0-9]*/process [n]/'
idhooks watch stop
idhooks watch pause
idhooks watch resume
idhooks watch install --systemd --output units && cat units/*
idhooks watch install --systemd --output units --remove && ls units
idhooks watch install --launchd --output agents && cat agents/*
idhooks watch install --windows --output tasks && ls tasks
# Failures
idhooks watch install
idhooks watch run --debounce soon
idhooks watch run --once --debounce 5
printf '[watch]\\ndebonce = 1\\n' > idhooks.toml && idhooks watch start
idhooks -C ../new watch run --once
idhooks -C .. watch status
",
    },
    Scene {
        name: "queue",
        lines: "
printf '[watch]\\nmin_age = \"0\"\\nsample_interval = \"1ms\"\\n' >> idhooks.toml && git add . && git commit -q -m rules
idhooks queue status
idhooks queue list
echo new > new.md && idhooks watch run --once
idhooks queue status --format json
idhooks queue list | sed 's/at 20.*/at [time]/'
idhooks queue list --status queued --format json
idhooks queue show new.md | grep -v ' 20[0-9][0-9]-'
idhooks queue run --once
idhooks queue retry --all-dead --dry-run
idhooks queue clear --completed-before 24h
idhooks queue drop new.md --dry-run
idhooks queue drop new.md
# Failures
idhooks queue show none.md
idhooks queue retry none.md
idhooks queue retry
idhooks queue clear --completed-before soon
echo damaged > .git/idhooks/queue.db && idhooks queue status
idhooks -C .. queue status
",
    },
    Scene {
        name: "schedule",
        lines: "
idhooks schedule list
idhooks schedule run nightly
cat .git/idhooks/reports/nightly-2020-01-05.md
cat .git/idhooks/reports/nightly-2020-01-05.json
idhooks schedule run weekly --output reports && cat reports/*.md
idhooks schedule run monthly --output monthly && cat monthly/*.md
idhooks schedule run --due
idhooks schedule list
idhooks schedule list --format json
idhooks schedule install --systemd --output units && cat units/*
idhooks schedule install --cron --output cron && cat cron/*
idhooks schedule install --windows --output tasks && ls tasks
idhooks schedule install --cron --output cron --metrics identities.prom --force && grep metrics cron/*
idhooks schedule install --github --install 'cargo install idhooks' --dry-run
idhooks schedule remove --dry-run
idhooks schedule remove
# Failures
idhooks schedule run
idhooks schedule run yearly
idhooks schedule install
idhooks schedule install --github
idhooks -C ../new schedule run nightly
idhooks -C ../new schedule list
idhooks -C .. schedule list
idhooks -C .. schedule run nightly
idhooks -C .. schedule remove
",
    },
];
