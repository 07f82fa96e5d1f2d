//! Commands for identifiers in code.

use super::Scene;

pub(super) const SCENES: &[Scene] = &[
    Scene {
    name: "ids",
    lines: "
printf '[formats.run_id]\\ntemplate = \"run_{thread}_{hex8}\"\\n' >> idhooks.toml
printf 'derives = { thread_id = \"thread\" }\\n' >> idhooks.toml
printf '[formats.base]\\ntemplate = \"{prefix}_{ms}_{counter}_{hex8}\"\\nmax_age = \"365d\"\\n' >> idhooks.toml
printf '[formats.old_run]\\ntemplate = \"test_run_{n}\"\\nlegacy = true\\nsuccessor = \"run_id\"\\n' >> idhooks.toml
printf '[contexts.user]\\nformats = [\"run_id\", \"base\"]\\n' >> idhooks.toml
idhooks ids formats
idhooks ids formats --format json
idhooks ids mint run_id --set thread=t1 --count 2 | sed 's/_[0-9a-f]*$/_XXXXXXXX/'
idhooks ids mint old_run --set n=7
idhooks ids parse run_t1_12345678 test_run_7
idhooks ids parse run_t1_12345678 --as run_id --format json
idhooks ids validate run_id run_t1_12345678 test-run
printf 'run_a_12345678\\nx\\n' | idhooks ids extract run_id thread -
idhooks ids pair run_t1_12345678 t1
idhooks ids pair run_t1_12345678 t2
idhooks ids age jwt_token_0000000000000_1_12345678
idhooks ids normalize test_run_7 --set thread=t7
idhooks ids normalize test_run_7
idhooks ids normalize run_t1_12345678
idhooks ids emit --lang python --out ids.py && wc -l < ids.py
idhooks ids fixtures --lang json
idhooks ids spec
idhooks ids spec --format xml | head -n 4
# Failures
idhooks ids
idhooks ids mint
idhooks ids mint run_id
idhooks ids mint run_id --set thread=!
idhooks ids mint run_id --set thread
idhooks ids mint run --set thread=t1
idhooks ids mint --context team
idhooks ids extract run_id user run_t1_12345678
idhooks ids emit --lang python --out .git/ids.py
idhooks ids emit --suite pytest --module 1
idhooks -C ../new ids formats
idhooks -C .. ids formats
echo '[formats.two]' > two.toml; echo 'template = \"{a}_{b}\"' >> two.toml
idhooks ids formats --config two.toml
",
},
    Scene {
        name: "bridge",
        lines: "
printf '[formats.ws_conn]\\ntemplate = \"ws_conn_{user8}_{ms}_{counter}_{hex8}\"\\nkey = [\"user8\", \"hex8\"]\\n' >> idhooks.toml
printf '[formats.legacy_ws]\\ntemplate = \"ws_{hex8}\"\\nlegacy = true\\nsuccessor = \"ws_conn\"\\n' >> idhooks.toml
printf '[[bridge]]\\nfrom = \"legacy_ws\"\\nto = \"ws_conn\"\\nkeep = \"hex8\"\\n' >> idhooks.toml
printf 'ws_conn_alice-an_1726000000000_1_12345678\\nws_conn_alice-an_1726000000000_2_99999999\\n' > open.txt
idhooks bridge detect ws_12345678 ws_conn_al_1726000000000_1_12345678 x
idhooks bridge detect ws_12345678 --format json
idhooks bridge match ws_12345678 --among open.txt
idhooks bridge match ws_12345678 --among open.txt --format json
idhooks bridge match ws_00000000 --among open.txt
idhooks bridge translate ws_12345678 --set user=alice-and-bob --map ids.jsonl
idhooks bridge translate ws_12345678 --map ids.jsonl --format json
idhooks bridge translate ws_12345678 --map ids.jsonl --pairs
printf 'ws_12345678\\nws_00000000\\n' > old.txt
idhooks bridge check --legacy old.txt --new open.txt
idhooks bridge check --legacy old.txt --new open.txt --format json
idhooks bridge scan old.txt open.txt
idhooks bridge scan old.txt --format json
idhooks bridge scan old.txt --format jsonl
idhooks bridge scan old.txt --format prometheus
# Failures
idhooks bridge
idhooks bridge translate ws_12345678
idhooks bridge translate ws_12345678 --to ws_con
idhooks bridge match ws_12345678 --among none.txt
idhooks bridge scan none.log
idhooks bridge serve --port 99999
echo '{}' > bad.jsonl
idhooks bridge translate ws_12345678 --map bad.jsonl
",
    },
];
