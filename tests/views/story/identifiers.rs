//! Commands for identifiers in code.

use super::Scene;

pub(super) const SCENES: &[Scene] = &[Scene {
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
}];
