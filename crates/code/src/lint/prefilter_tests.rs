//! The search for words before parsing loses nothing that the rules find.

use idhooks_core::config::Config;
use proptest::prelude::*;

use super::{LintSelection, Linter};
use crate::formats::Formats;

const CODES: &str = "
[lint]
attributes = ['chat_thread_id']
deprecated_calls = ['create_thread_id', 'app.old.make']
select = ['RAW_UUID', 'ID_FSTRING', 'HARDCODED_ID', 'DIRECT_ID_ACCESS', 'DEPRECATED_ID_CALL',
  'ID_FORMAT', 'UNVALIDATED_CONTEXT']
";
const FORMATS: &str = "
formats.run_id = { template = 'run_{thread}_{hex8}' }
formats.old_ws = { template = 'ws_{hex8}', legacy = true, successor = 'run_id' }
";

/// Import statements, also on continued lines and behind other statements.
const IMPORTS: [&str; 20] = [
    "import uuid",
    "import os, uuid as u",
    "import os, \\\n    uuid",
    "import os.path as p, \\\r\n    re, \\\r\n  uuid as u",
    "from uuid import uuid4 as u4, uuid1",
    "from uuid import (  # why\n    uuid1,\n    uuid4 as u4,\n)",
    "from \\\n  uuid import *",
    "if x: import uuid",
    "x = 1; import uuid as u",
    "def f():\n\timport  uuid",
    "from app.uuid import uuid4",
    "import uuid_x as u, reimport",
    "import time as t, secrets",
    "from time import time as clock",
    "from datetime import (\n    datetime as dt,\n    date)",
    "from django.utils import timezone",
    "import random, os",
    "from secrets import token_hex as u4",
    "import é.uuid, uuid",
    "import importlib",
];

/// Statements in which rules find something, or nearly.
const STATEMENTS: [&str; 64] = [
    "x = uuid.uuid4()",
    "x = str(u.uuid1())[:8]",
    "y = f(default=u4)",
    "uuid4x = u4()",
    "a = uuid . \\\n  uuid4 ()",
    "getattr(uuid, 'uuid4')",
    "z = importlib.import_module('uuid').uuid4",
    "# uuid.uuid4()",
    "uuid.uuid5(a, b)  # noqa",
    "uuid.uuid3(a, b)  # noqa: ID_FSTRING",
    "i = f'run_{u4()}'",
    "i = f\"thread_{t.time()}\"",
    "i = F'user_{x}' f'{secrets.token_hex()}'",
    "i = 'run_' + str(clock())",
    "i = 'run_%s' % t.time_ns()",
    "i = ('run_%s'\n  % random.random())",
    "i = ('req_'  # why\n  + u4())",
    "i = ('req_'\n  f'{u4()}')",
    "i = ('req_' \\\n  Rb'x')",
    "i = 'ws_{}'.format(os.urandom(4))",
    "i = (\"ws_{}\"\n  .format(dt.now()))",
    "i = rf'''agent_\n{u4()}'''",
    "i = 'client_\\'' + u4()",
    "i = 'user_id'\nfrom_x = uuid.uuid4()",
    "i = {'user_': u4(), 'run_' 'x': 1}",
    "i = f'run_{timezone.now():%Y}'",
    "i = f'run_{date.today()!s}'",
    "run_id = 'run-1'",
    "run_id = \"other\"",
    "my_run_id = ('run-a_b')",
    "run_id: str = r'run-1'",
    "run_id: 'str' = 'te' 'st-run'",
    "run_id: Optional[\n  str] = 'run-1'",
    "run_id: str \\\n  = 'run-1'",
    "def g(run_id: str\n  = 'run-1', *, thread_id='thread_5'): ...",
    "run_id = (\n  # why\n  'test_run')",
    "run_id = ('ru'\n  'n-1')",
    "run_id = '\\x72un-1'",
    "run_id = '' 'run-1'",
    "run_id = '''run-1'''",
    "run_id = u\"\"\"test_run_12\"\"\"",
    "run_id = 'run-\\\n1'",
    "run_id = \\\n 'run-1'",
    "f(run_id='test_run', thread_id = 'thread_x')",
    "f(run_id=('test' '_run'), x=1)",
    "d = {'run_id': 'run-1', \"thread_id\"  :  'thread_1'}",
    "d = {'run_id'  # why\n  : 'run-1'}",
    "d = {\n  'request_id': 'abc', 'session_id':\n  'run-1'}",
    "d['run_id'] = 'run-1'",
    "d['x']['thread_id'] = d['run_id'] = 'thread_1'",
    "o.request_id = 'run_t_0011aabb'",
    "o.session_id = ''",
    "if run_id == 'run-1': pass",
    "run_ids = 'run-1'",
    "thread_id, x = 'thread_1', 2",
    "x.chat_thread_id = 1",
    "app.create_thread_id()",
    "s = 'ws_0011aabb'",
    "s = ('ws_0011aabb'\n  '')",
    "def execute(run_id): return run_id",
    "def execute(run_id=None):\n\tvalidate(run_id)",
    "class C:\n    run_id: str = field(default='run-1')\n    thread_id: str = 'thread_1'",
    "print 'run_id'",
    "x = (1",
];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn nothing_is_lost_before_parsing(
        imports in prop::collection::vec(prop::sample::select(&IMPORTS[..]), 0..3),
        statements in prop::collection::vec(prop::sample::select(&STATEMENTS[..]), 1..5),
        has_formats: bool,
        end in prop::sample::select(vec!["\n", "\r\n"]),
    ) {
        let lines: Vec<&str> = imports.into_iter().chain(statements).collect();
        let text = lines.join("\n").replace("\r\n", "\n").replace('\n', end);
        let config = if has_formats { format!("{FORMATS}{CODES}") } else { CODES.to_owned() };
        let config = Config::parse(&config).expect("valid");
        let formats = Formats::compile(&config).expect("valid");
        let linter = Linter::new(config.lint(), formats, &LintSelection::default()).expect("valid");
        let report = linter.examine(text.as_bytes(), true);
        match (linter.examine_all(text.as_bytes()), report.problem) {
            (Ok(spots), None) => prop_assert_eq!(report.spots, spots, "{}", text),
            (Err(problem), Some(reported)) => prop_assert_eq!(problem.to_string(), reported),
            (Err(_), None) => prop_assert!(report.spots.is_empty()),
            (Ok(_), Some(reported)) => prop_assert!(false, "{}: {}", reported, text),
        }
    }
}
