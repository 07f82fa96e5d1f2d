  // ------------------------------------------------------------------- parts

  const list = (value) => (Array.isArray(value) ? value : []);
  const STATES = { pass: 'ok', ok: 'ok', warn: 'warn', warning: 'warn', fail: 'fail', error: 'fail', high: 'fail', critical: 'fail' };
  const stateOf = (word) => STATES[word] ?? 'unknown';

  /** The reasons why the state is not "Healthy", worst first: [state, text, section]. */
  function reasons(data) {
    const found = [];
    for (const check of list(data.checks)) {
      if (check.state === 'pass') continue;
      const tally = [check.errors && count(check.errors, 'error'), check.warnings && count(check.warnings, 'warning')].filter(Boolean);
      found.push([stateOf(check.state), `${check.name}: ${tally.join(', ') || check.state}`, 'checks']);
    }
    const twice = list(data.duplicates).length;
    if (twice > 0) found.push(['fail', count(twice, 'duplicate'), 'duplicates']);
    const bare = (data.coverage?.total_files ?? 0) - (data.coverage?.with_ids ?? 0);
    if (bare > 0) found.push(['warn', `${count(bare, 'file')} without an identity`, 'drift']);
    for (const fact of list(data.health)) {
      if (['critical', 'high', 'warning'].includes(fact.state)) found.push([stateOf(fact.state), `${fact.name}: ${fact.state}`, 'health']);
    }
    for (const counter of list(data.counters)) {
      if (level(counter) !== 'ok')
        found.push([level(counter), `counter ${counterName(counter)}: ${filling(counter)}`, 'counters']);
    }
    return found.sort((a, b) => (a[0] === 'fail' ? 0 : 1) - (b[0] === 'fail' ? 0 : 1));
  }

  /** The overall state: [state, headline]. */
  function judge(data, because) {
    const { errors = 0, warnings = 0 } = data.findings ?? {};
    if (errors > 0) return ['fail', `${count(errors, 'error')} ${errors === 1 ? 'needs' : 'need'} attention`];
    const broken = because.filter(([how]) => how === 'fail').length;
    if (broken > 0) return ['fail', `${count(broken, 'problem')} ${broken === 1 ? 'needs' : 'need'} attention`];
    if (!data.coverage?.total_files && list(data.checks).length === 0) return ['unknown', 'No identities yet'];
    if (warnings > 0) return ['warn', `Healthy, with ${count(warnings, 'warning')}`];
    if (because.length > 0) return ['warn', `Healthy, with ${count(because.length, 'remark')}`];
    return ['ok', 'Healthy'];
  }

  function paintVerdict(data) {
    const because = reasons(data);
    const [how, headline] = judge(data, because);
    if ($('verdict').dataset.state !== how) $('verdict').dataset.state = how;
    settle($('verdict-icon'), [icon(how)]);
    write($('headline'), headline);
    const where = [data.repository, data.branch].filter(Boolean).map(visible).join(' / ');
    document.title = `${headline} – ${where || 'idhooks'}`;
    settle($('where'), [h('bdi', null, where), ...(data.commit ? [document.createTextNode(' '), commitNode(data.commit)] : [])]);
    paint('reasons', verdictWords(data, how, because));
    return headline;
  }

  function verdictWords(data, how, because) {
    if (how === 'unknown')
      return h('p', null, 'No commit on this branch has a registry. Run ', code('idhooks init'), ' to give every file an identity.');
    if (because.length > 0) {
      return h(
        'ul',
        { class: 'reasons' },
        because
          .slice(0, 8)
          .map(([state, words, section]) =>
            h(
              'li',
              { 'data-key': `${section}:${words}` },
              h('a', { href: `#${section}`, class: 'chip', 'data-state': state }, icon(state), visible(words)),
            ),
          ),
        because.length > 8 && h('li', null, `and ${number(because.length - 8)} more`),
      );
    }
    const passed = list(data.checks).length;
    return h('p', null, `Every file has an identity${passed > 0 ? `, and all ${count(passed, 'check')} passed` : ''}.`);
  }

  const code = (text) => h('code', null, visible(text));

  /** What is added to a statement about all files if the heads of some were not read. */
  function ofRead({ heads_unread: unread = 0 }) {
    const whose = unread === 1 ? 'its' : 'their';
    return unread > 0 ? ` in what was read; ${count(unread, 'file')} not searched for identities in ${whose} first lines` : '';
  }

  function paintNumbers(data) {
    const { total_files: total = 0, with_ids: withIds = 0, share = 0 } = data.coverage ?? {};
    const week = list(data.allocations).slice(-7);
    const given = week.reduce((sum, day) => sum + day.allocated, 0);
    const { errors = 0, warnings = 0 } = data.findings ?? {};
    const fullest = list(data.counters).reduce((most, counter) => (most === null || counter.share > most.share ? counter : most), null);
    const { attempted = 0, succeeded = 0, conflicts = 0, rollbacks = 0, blocked_commits: blocked = 0 } = data.writes ?? {};
    const tiles = [
      ['Coverage', total > 0 ? percent(share) : '–', `${number(withIds)} of ${count(total, 'file')}${total > 0 ? direction(data.trend) : ''}`],
      ['Identities in all', number(data.identities), 'of any status'],
      ['Without an identity', number(total - withIds), total > withIds ? 'see Drift' : 'none'],
      ['Allocated in 7 days', number(given), week.length > 0 ? `${number(week.at(-1).mean_7)} a day` : 'nothing yet'],
      ['Findings', number(errors + warnings), `${count(errors, 'error')}, ${count(warnings, 'warning')}`],
      ['Duplicates', number(list(data.duplicates).length), list(data.duplicates).length > 0 ? 'identities of two files' : `none${ofRead(data)}`],
      [
        'Writes in this clone',
        number(succeeded),
        `of ${number(attempted)}; ${count(conflicts, 'conflict')}, ${count(rollbacks, 'rollback')}, ${count(blocked, 'blocked commit')}`,
      ],
      ['Fullest counter', fullest ? percent(fullest.share) : '–', fullest ? `${filling(fullest)}, ${forecast(fullest)}` : 'none in use'],
    ];
    paint(
      'numbers',
      h(
        'dl',
        { class: 'numbers' },
        tiles.map(([name, value, more]) =>
          h('div', { 'data-key': name }, h('dt', null, name), h('dd', { class: 'value' }, value), h('dd', { class: 'more' }, more)),
        ),
      ),
    );
  }

  /** The direction of coverage since the previous day with commits. */
  function direction(trend) {
    const sign = { up: '↑ up', down: '↓ down', unchanged: '→ unchanged' }[trend?.direction];
    return sign ? `, ${sign} since ${dated(DATE_UTC, trend.since)} (${percent(trend.before)})` : '';
  }

  function pressed(action, choices, chosen) {
    return choices.map(([value, words, full]) =>
      h(
        'button',
        {
          type: 'button',
          class: 'segment',
          'data-key': value,
          'data-do': action,
          'data-value': value,
          'aria-pressed': String(String(value) === String(chosen)),
          'aria-label': full,
        },
        words,
      ),
    );
  }

  function paintChoices() {
    paint(
      'range',
      pressed(
        'range',
        [
          [30, '30 d', '30 days'],
          [90, '90 d', '90 days'],
          [365, '1 y', '1 year'],
          [0, 'All', 'All time'],
        ],
        state.days,
      ),
    );
    paint(
      'dimension',
      pressed(
        'dimension',
        [
          ['ns', 'Namespace'],
          ['type', 'Type'],
          ['dir', 'Directory'],
        ],
        state.dimension,
      ),
    );
  }

  function paintParts(data) {
    const rows = list(data.coverage?.by?.[state.dimension]).map((row) => ({ ...row, bare: row.total_files - row.with_ids }));
    if (rows.length === 0) return paint('parts', empty('No tracked files yet.'));
    rows.sort((a, b) => b.bare - a.bare || b.total_files - a.total_files);
    const name = { ns: 'Namespace', type: 'Type', dir: 'Directory' }[state.dimension];
    const share = (row) => (row.total_files > 0 ? row.with_ids / row.total_files : 1);
    const line = (row) =>
      h(
        'tr',
        { 'data-key': row.name },
        h('th', { scope: 'row' }, h('bdi', { class: 'path', dir: 'ltr' }, visible(row.name) || '(root)')),
        h('td', null, number(row.total_files)),
        h('td', { 'data-state': row.bare > 0 ? 'warn' : null }, number(row.bare)),
        h(
          'td',
          { class: 'meter-cell' },
          h('span', { class: 'meter', 'aria-hidden': 'true' }, meter(share(row))),
          h('span', { class: 'share' }, percent(share(row))),
        ),
      );
    return paint('parts', table(`Coverage by ${name.toLowerCase()}`, [name, 'Files', 'Without', 'Coverage'], rows.map(line)));
  }

  /** A table that scrolls in its own box. */
  function table(label, titles, lines) {
    return scroller(
      label,
      h(
        'table',
        { class: 'table' },
        h(
          'thead',
          null,
          h(
            'tr',
            null,
            titles.map((title) => h('th', { scope: 'col' }, title)),
          ),
        ),
        h('tbody', null, lines),
      ),
    );
  }

  /** Sets a width: CSS can only take the number from a style attribute. */
  const meter = (share) => h('span', { style: `width:${(100 * share).toFixed(2)}%` });

  /** Wide content scrolls in its own box, reachable by keyboard, so that the page never does. */
  const scroller = (label, content) => h('div', { class: 'scroller', role: 'region', tabindex: '0', 'aria-label': label }, content);

