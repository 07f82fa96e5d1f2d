// Sample data for the page: a believable repository of any size, with three years behind it and
// with names that try to break out of the page. The same seed gives the same data, but for dates,
// which end today.

const DAY = 86_400_000;
const SCOPE = '260118';
const TYPES = [
  ['20', 'py'],
  ['21', 'rs'],
  ['01', 'md'],
  ['30', 'sql'],
  ['40', 'json'],
];
const SPACES = ['100', '200', '310', '900'];
const PLACES = ['docs', 'src', 'services/billing', 'services/contracts', 'tools', 'tests', 'web/app'];
const WORDS = ['price', 'contract', 'customer', 'ledger', 'invoice', 'report', 'order', 'audit', 'term', 'clause'];

/** Names that no page may take for anything but text. */
export const HOSTILE = [
  'docs/<img src=x onerror=alert(1)>.md',
  'docs/</script><script>alert(2)</script>.md',
  `src/"quoted" & 'single' \`tick\`.py`,
  'docs/עברית/مرحبا بالعالم.md',
  'docs/\u202Egnp.exe.md',
  'docs/🚀 launch 👩‍👩‍👧 plan.md',
  'docs/new\nline\tand tab.md',
  'docs/javascript:alert(3)//{{SCRIPT}}{{DATA}}$&$1.md',
  `docs/${'a-very-long-directory-name/'.repeat(10)}${'x'.repeat(30)}.md`,
  `src/${'unbroken'.repeat(37)}.py`,
];

/** A small repeatable generator of numbers in [0, 1). */
function dice(seed) {
  let s = seed >>> 0;
  return () => {
    s = (s + 0x6d2b79f5) >>> 0;
    let t = Math.imul(s ^ (s >>> 15), 1 | s);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const iso = (time) => new Date(time).toISOString().replace(/\.\d+Z$/, 'Z');
const day = (time) => iso(time).slice(0, 10);

function hex(roll) {
  let out = '';
  while (out.length < 40) out += Math.floor(roll() * 16).toString(16);
  return out;
}

function makeIdentities(count, start, now, roll) {
  const used = new Map();
  const pick = (list) => list[Math.floor(roll() * list.length)];
  const identities = [];
  for (let n = 0; n < count; n += 1) {
    const [type, extension] = pick(TYPES);
    const ns = pick(SPACES);
    const counter = `${type}${ns}`;
    const sequence = (used.get(counter) ?? 0) + 1;
    used.set(counter, sequence);
    // A third came with the adoption, the others over the years.
    const born = n < count / 3 ? start : start + Math.floor(roll() ** 0.8 * (now - start));
    const path = n < HOSTILE.length ? HOSTILE[n] : `${pick(PLACES)}/${pick(WORDS)}_${pick(WORDS)}_${n}.${extension}`;
    const names = [];
    let since = born;
    while (names.length < 4 && roll() < 0.25) {
      names.push({ path: `${pick(PLACES)}/old_${pick(WORDS)}_${n}.${extension}`, at: iso(since), commit: hex(roll) });
      since += Math.floor(roll() * (now - since));
    }
    names.push({ path, at: iso(since), commit: hex(roll) });
    const status = roll() < 0.96 ? 'active' : pick(['deprecated', 'superseded']);
    identities.push({ id: `${type}${ns}${String(sequence).padStart(5, '0')}${SCOPE}`, path, status, allocated_at: iso(born), names });
  }
  return { identities, used };
}

function makeAllocations(start, now, count, roll) {
  const days = [];
  const perDay = (count * 2) / 3 / Math.max(1, (now - start) / DAY);
  for (let time = start; time <= now; time += DAY) {
    const quiet = [0, 6].includes(new Date(time).getUTCDay()) ? 0.1 : 1.3;
    const allocated = time === start ? Math.round(count / 3) : Math.floor(roll() * 2 * perDay * quiet);
    days.push({ date: day(time), allocated, deprecated: roll() < 0.1 ? 1 : 0, renamed: Math.floor(roll() * 3) });
  }
  return days.map((row, at) => {
    const week = days.slice(Math.max(0, at - 6), at + 1);
    return { ...row, mean_7: Math.round((10 * week.reduce((sum, d) => sum + d.allocated, 0)) / week.length) / 10 };
  });
}

function makeHistory(allocations, count, missing, roll) {
  let total = 0;
  let lag = 0.04;
  const rows = [];
  for (const { date, allocated } of allocations) {
    total += allocated;
    lag = roll() < 0.02 ? 0.03 * roll() : lag * 0.97;
    if (allocated === 0 && roll() < 0.8) continue; // no commit on that day
    rows.push({ date, total_files: total, with_ids: Math.round(total * (1 - lag)) });
  }
  rows.push({ date: allocations.at(-1).date, total_files: count, with_ids: count - missing });
  return [...new Map(rows.map((row) => [row.date, row])).values()].map((row) => ({ ...row, coverage: row.with_ids / row.total_files }));
}

function split(total, missing, keys) {
  return keys.map((name, at) => {
    const part = at === 0 ? total - (keys.length - 1) * Math.floor(total / (keys.length + 1)) : Math.floor(total / (keys.length + 1));
    return { name, total_files: part, with_ids: part - (at === 0 ? missing : 0) };
  });
}

function makeEvents(identities, now, roll) {
  const kinds = [
    'allocated',
    'allocated',
    'allocated',
    'renamed',
    'renamed',
    'deprecated',
    'superseded',
    'copied',
    'reassigned',
    'revived',
  ];
  return identities.slice(0, 100).map((identity, at) => {
    const kind = kinds[Math.floor(roll() * kinds.length)];
    return {
      at: iso(now - at * at * 130_000 - 60_000),
      event: kind,
      id: identity.id,
      path: identity.path,
      from: kind === 'renamed' ? `old/${HOSTILE[at % HOSTILE.length]}` : null,
      commit: hex(roll),
    };
  });
}

function makeFindings(identities) {
  const item = (code, severity, path, id, message, help) => ({ code, severity, path, id, message, help });
  return [
    item(
      'DUPLICATE_IN_FS',
      'error',
      identities[20].path,
      identities[20].id,
      `two files carry ${identities[20].id}`,
      'keep it in the older file, and run: idhooks fix',
    ),
    item('MISSING_ID', 'error', HOSTILE[0], null, 'the file has no identity', 'run: idhooks reconcile'),
    item('PATH_MISMATCH', 'warning', HOSTILE[8], identities[8].id, 'the registry still names the old path', 'run: idhooks reconcile'),
    item('MISSING_ID', 'warning', HOSTILE[1], null, 'the file has no identity', 'run: idhooks reconcile'),
    item(
      'DEPRECATED_IN_USE',
      'warning',
      HOSTILE[5],
      identities[5].id,
      'a deprecated identity is named in 3 files',
      'use the one that supersedes it',
    ),
    item('CAPACITY', 'warning', null, null, 'counter 30 200 260118 has used 96.2 % of its sequences', 'begin another namespace'),
    item('PATH_MISMATCH', 'warning', HOSTILE[9], identities[9].id, 'the registry still names the old path', 'run: idhooks reconcile'),
  ];
}

function makeDrift(identities) {
  const row = (n, message) => ({ path: identities[n].path, id: identities[n].id, message });
  return [
    {
      kind: 'missing',
      title: 'Missing identities',
      count: 10,
      items: HOSTILE.slice(0, 10).map((path) => ({ path, id: null, message: 'no identity' })),
    },
    { kind: 'unregistered', title: 'Unregistered identities', count: 0, items: [] },
    { kind: 'stale', title: 'Stale paths', count: 2, items: [row(8, 'moved without the registry'), row(9, 'moved without the registry')] },
    { kind: 'deprecated_in_use', title: 'Deprecated, still in use', count: 1, items: [row(5, 'named in 3 files')] },
    { kind: 'capacity', title: 'Nearly full counters', count: 1, items: [{ path: null, id: null, message: '30 200 260118: 96.2 % used' }] },
  ];
}

function makeHealth() {
  return [
    { name: 'registry readable', state: 'ok', detail: 'version 1, 9,990 records', help: null },
    { name: 'hooks installed', state: 'warning', detail: 'the hook pre-commit is missing in this clone', help: 'idhooks install' },
    { name: 'audit chain', state: 'ok', detail: '18,211 entries, unbroken', help: null },
    { name: 'merge driver', state: 'ok', detail: 'idhooks 1.4.0', help: null },
    { name: 'newest backup', state: 'unknown', detail: 'no backup was ever made', help: 'idhooks backup' },
  ];
}

function makeCounters(used, scale) {
  const rows = [...used].map(([key, count], at) => {
    const n = at === 0 ? 96_199 : Math.min(99_999, count * scale);
    const perDay = Math.round(n / 10.9) / 100;
    return {
      type: key.slice(0, 2),
      ns: key.slice(2),
      scope: SCOPE,
      used: n,
      capacity: 99_999,
      share: n / 99_999,
      per_day: perDay,
      full_on: perDay === 0 ? null : day(Date.now() + Math.min(300 * 365, (99_999 - n) / perDay) * DAY),
    };
  });
  return rows;
}

/** Identifiers in code, of which fewer are made by hand from month to month. */
function makeIdentifiers(history, troubled) {
  const clean = (files, found) => ({ files, files_with_findings: found, score: Math.floor(1000 * (1 - found / files)) / 10 });
  const days = history.map(({ date }, at) => {
    const found = troubled ? Math.round(400 * (1 - (0.9 * at) / history.length)) : 0;
    return { date, commit: '0'.repeat(40), ...clean(800, found), findings: 3 * found };
  });
  const bad = days.at(-1)?.files_with_findings ?? 0;
  const part = (share) => clean(400, Math.round(share * bad));
  return {
    state: 'checked',
    totals: { ...clean(800, bad), findings: 3 * bad },
    by: { category: { auth: bad, [HOSTILE[0]]: 2 * bad }, service: { '<b>backend</b>': 3 * bad }, priority: {}, kind: {} },
    scores: {
      category: { auth: part(0.4), [HOSTILE[0]]: part(0.6) },
      service: { '<b>backend</b>': part(1), [`shared${'x'.repeat(90)}`]: part(0) },
      priority: { critical: { ...part(0.3), weight: 8 }, low: { ...part(0.7), weight: 1 } },
    },
    phases: { 1: 0, 2: 0, 3: 0 },
    top_files: [],
    skipped: troubled ? [{ path: HOSTILE[1], reason: 'invalid syntax' }] : [],
    legacy_formats: [
      { format: 'legacy_run', identifiers: troubled ? 7 : 0, successors: ['run'], mixed_in: troubled ? ['<b>backend</b>'] : [] },
      { format: 'old', identifiers: 0, successors: [], mixed_in: [] },
    ],
    history: days,
    last_ci: { at: iso(Date.now() - DAY), result: troubled ? 'findings' : 'fine', checked: 'origin/main..<b>HEAD</b>' },
  };
}

/** A legacy file beside the registry; some of its records differ if there is trouble. */
function makeMigration(identities, troubled) {
  const differing = troubled ? 3 : 0;
  const shown = [
    { field: 'file_path', new: HOSTILE[0], legacy: 'docs\\old.md' },
    { field: 'record', new: 'only here.md', legacy: null },
    { field: 'metadata.owner', new: null, legacy: '<b>ann</b>' },
  ];
  return {
    state: 'compared',
    phase: 'registry-leads',
    enabled: true,
    leading: 'registry',
    path: 'registry/<b>ids</b>.json',
    format: 'classic',
    legacy: troubled ? 'differs' : 'in_step',
    progress: (identities.length - differing) / identities.length,
    records: { in_step: identities.length - differing, differs: troubled ? 2 : 0, only_registry: troubled ? 1 : 0, only_legacy: 0 },
    discrepancies: differing,
    shown: troubled ? shown.map((one, n) => ({ id: identities[n].id, ...one })) : [],
    operations: { total_operations: 200, successful_operations: 200 - differing, failed_operations: differing, success_rate: troubled ? 98.5 : 100, mean_ms: 42.5 },
    times: [5, 10, 25, 50, 100, 200, 500, 1000, 5000].map((ms, n) => ({ ms, writes: Math.min(200, 40 * n) })),
    recent: [{ commit: '0'.repeat(40), date: '2026-11-20', subject: 'move <b>everything</b>' }],
    last_verify: troubled ? { at: iso(Date.now() - DAY), result: 'findings', done_at: null, report: 'the index' } : null,
  };
}

/** Everything that the program would answer. `state` is 'troubled', 'healthy' or 'empty'. */
export function makeSample({ count = 10_000, years = 3, state = 'troubled', live = true, refresh = 60 } = {}) {
  if (state === 'empty') return makeEmpty(live, refresh);
  const roll = dice(42);
  const now = Date.now();
  const today = Date.parse(day(now));
  const start = today - Math.round(years * 365.25) * DAY;
  const { identities, used } = makeIdentities(count, start, now, roll);
  const troubled = state === 'troubled';
  const missing = troubled ? 10 : 0;
  const allocations = makeAllocations(start, today, count, roll);
  const items = troubled ? makeFindings(identities) : [];
  const check = (name, level, errors, warnings) => ({
    name,
    state: troubled ? level : 'pass',
    errors: troubled ? errors : 0,
    warnings: troubled ? warnings : 0,
    at: iso(now - 40_000),
  });
  const overview = {
    version: 1,
    at: iso(now),
    repository: troubled ? '<b>contracts</b>' : 'contracts',
    branch: 'main',
    commit: hex(roll),
    is_live: live,
    refresh_seconds: refresh,
    identities: count,
    trend: { direction: 'up', since: day(now - DAY), before: 0.5 },
    coverage: {
      total_files: count,
      with_ids: count - missing,
      share: (count - missing) / count,
      by: {
        ns: split(count, missing, SPACES),
        type: split(
          count,
          missing,
          TYPES.map(([type]) => type),
        ),
        dir: split(count, missing, ['docs', 'src', 'services', 'tools', 'tests', 'web', '<img src=x onerror=alert(4)>', 'a'.repeat(120)]),
      },
    },
    history: makeHistory(allocations, count, missing, roll),
    allocations,
    checks: [
      check('uniqueness', 'fail', 1, 0),
      check('sync', 'fail', 1, 3),
      check('format', 'pass', 0, 0),
      check('coverage', 'warn', 0, 2),
    ],
    findings: { errors: troubled ? 2 : 0, warnings: troubled ? 5 : 0, shown: items.length, items },
    duplicates: items.filter((item) => item.code === 'DUPLICATE_IN_FS'),
    drift: troubled ? makeDrift(identities) : makeDrift(identities).map((d) => ({ ...d, count: 0, items: [] })),
    health: troubled ? makeHealth() : makeHealth().map((h) => ({ ...h, state: 'ok', detail: 'fine', help: null })),
    counters: troubled ? makeCounters(used, 14) : makeCounters(used, 1).slice(1),
    events: makeEvents(identities, now, roll),
  };
  overview.identifiers = makeIdentifiers(overview.history, troubled);
  overview.migration = makeMigration(identities, troubled);
  return { overview, identities: { version: 1, identities } };
}

/** A repository in which nothing has happened yet. */
function makeEmpty(live, refresh) {
  return {
    overview: {
      version: 1,
      at: iso(Date.now()),
      repository: 'new',
      branch: 'main',
      commit: '0'.repeat(40),
      is_live: live,
      refresh_seconds: refresh,
      coverage: { total_files: 0, with_ids: 0, share: 0, by: { ns: [], type: [], dir: [] } },
      history: [],
      allocations: [],
      checks: [],
      findings: { errors: 0, warnings: 0, shown: 0, items: [] },
      duplicates: [],
      drift: [],
      health: [],
      counters: [],
      events: [],
      identifiers: { state: 'off' },
      migration: { state: 'off' },
    },
    identities: { version: 1, identities: [] },
  };
}
