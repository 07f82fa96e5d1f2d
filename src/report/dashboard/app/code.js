  /** A percentage of the linter, which has one digit after the point already. */
  const score = (value) => `${(value ?? 0).toFixed(1)}\u00a0%`;

  function paintIdentifiers(data) {
    const seen = data.identifiers ?? {};
    hide(document.querySelector('[data-chart="completion"]'), seen.state !== 'checked');
    if (seen.state === 'failed') {
      paint('identifiers-count');
      return paint('identifiers', h('p', { class: 'row-title' }, chip('fail', 'not checked'), visible(seen.reason ?? '')));
    }
    if (seen.state !== 'checked') {
      paint('identifiers-count');
      return paint(
        'identifiers',
        empty('Not checked. To check which identifiers code makes and uses, add ', code('[lint]'), ' to ', code('idhooks.toml'), '; see ', code('idhooks lint --help'), '.'),
      );
    }
    const { files = 0, files_with_findings: bad = 0, findings = 0 } = seen.totals ?? {};
    paint('identifiers-count', `${count(findings, 'finding')} in ${number(bad)} of ${count(files, 'file')}`);
    const { service, category } = seen.scores ?? {};
    return paint(
      'identifiers',
      h(
        'div',
        { class: 'code' },
        scoreSection(seen),
        legacySection(list(seen.legacy_formats)),
        scoreTable('service', 'Service', service, seen.by?.service),
        scoreTable('category', 'Category', category, seen.by?.category),
      ),
    );
  }

  const codeSection = (key, title, ...content) => h('div', { 'data-key': key }, h('h3', null, title), ...content);

  /** The score with all its inputs, and the last run that checked the change as a whole. */
  function scoreSection({ totals, scores, skipped, last_ci: ci }) {
    const { files = 0, files_with_findings: bad = 0, score: total = 100 } = totals ?? {};
    const priorities = ['critical', 'high', 'medium', 'low'].filter((name) => scores?.priority?.[name] !== undefined);
    const line = (name) => {
      const { files: all = 0, files_with_findings: found = 0, weight = 0, score: own } = scores.priority[name];
      return [name, number(weight), number(all), number(found), score(own)];
    };
    return codeSection(
      'score',
      'Completion and score',
      h('p', { class: 'score' }, files > 0 ? `${number(files - bad)} of ${count(files, 'file')} (${percent((files - bad) / files)})` : 'No files'),
      h('p', { class: 'row-more' }, `without findings. Score ${score(total)}: the same share, each file weighted by its priority.`),
      plainTable('Inputs of the score', ['Priority', 'Weight', 'Files', 'With findings', 'Without'], priorities.map(line)),
      list(skipped).length > 0 && h('p', { class: 'row-more' }, `${count(skipped.length, 'file')} could not be checked: `, code('idhooks lint')),
      h(
        'p',
        { class: 'row-more' },
        'Last run of ',
        code('idhooks ci'),
        ' in this clone: ',
        ci ? [visible(ci.result), ' · ', when(ci.at), ci.checked ? ` · ${visible(ci.checked)}` : ''] : 'none',
      ),
    );
  }

  function legacySection(formats) {
    const title = 'Formats of the past';
    if (formats.length === 0) return codeSection('legacy', title, empty('None is declared in ', code('[formats]'), '.'));
    const row = (format) =>
      h(
        'li',
        { 'data-key': format.format },
        h(
          'span',
          { class: 'row-title' },
          chip(format.identifiers > 0 ? 'warn' : 'ok', number(format.identifiers)),
          h('strong', null, visible(format.format)),
        ),
        h(
          'span',
          { class: 'row-more' },
          list(format.successors).length > 0 ? `replaced by ${format.successors.map(visible).join(', ')}` : 'nothing replaces it',
        ),
        list(format.mixed_in).length > 0 && h('span', null, chip('warn', 'mixed'), ` with it in ${format.mixed_in.map(visible).join(', ')}`),
      );
    return codeSection('legacy', title, h('ul', { class: 'rows' }, formats.map(row)));
  }

  /** A table of the parts that the configuration names, those with the most findings first. */
  function scoreTable(key, name, parts, findings) {
    const rows = Object.entries(parts ?? {}).map(([part, row]) => ({ ...row, part, findings: findings?.[part] ?? 0 }));
    rows.sort((a, b) => b.findings - a.findings || b.files - a.files);
    const cells = (row) => [row.part, number(row.findings), number(row.files_with_findings), number(row.files), score(row.score)];
    return codeSection(key, `By ${key}`, plainTable(`By ${key}`, [name, 'Findings', 'With findings', 'Files', 'Without'], rows.map(cells)));
  }

  function plainTable(label, titles, rows) {
    if (rows.length === 0) return empty('No files.');
    const line = ([name, ...cells]) =>
      h(
        'tr',
        { 'data-key': name },
        h('th', { scope: 'row' }, h('bdi', null, visible(name))),
        cells.map((cell) => h('td', null, cell)),
      );
    return table(label, titles, rows.map(line));
  }

  const PHASES = {
    off: 'Only one file is written',
    'legacy-leads': 'Both files are written; the legacy file leads',
    'registry-leads': 'Both files are written; the registry leads',
    stopped: 'Only the registry is written; the legacy file stays as it was',
    finished: 'The migration is finished',
  };
  const RECORD_STATES = {
    in_step: 'alike in both',
    differs: 'different',
    only_registry: 'only in the registry',
    only_legacy: 'only in the legacy file',
  };
  const LEGACY_STATES = {
    in_step: ['ok', 'in step'],
    differs: ['fail', 'differs'],
    missing: ['fail', 'missing'],
    conflicted: ['fail', 'has conflict markers'],
    unreadable: ['fail', 'cannot be read'],
  };

  function paintMigration(data) {
    const seen = data.migration ?? {};
    if (seen.state === 'failed') {
      paint('migration-count');
      return paint('migration', h('p', { class: 'row-title' }, chip('fail', 'not compared'), visible(seen.reason ?? '')));
    }
    if (seen.state !== 'compared') {
      paint('migration-count');
      return paint(
        'migration',
        empty('No legacy registry file is written. To keep one in step with the registry, add ', code('[dual_write]'), ' to ', code('idhooks.toml'), '; see ', code('idhooks migrate --help'), '.'),
      );
    }
    paint('migration-count', PHASES[seen.phase] ?? visible(seen.phase));
    return paint('migration', h('div', { class: 'code' }, progressSection(seen), differenceSection(seen), writesSection(seen), timesSection(seen)));
  }

  /** How many records both files have alike, and when that was last asked for. */
  function progressSection({ enabled, path, format, legacy, progress, records, last_verify: verify }) {
    const states = Object.entries(records ?? {});
    const all = states.reduce((sum, [, n]) => sum + n, 0);
    const [how, words] = LEGACY_STATES[legacy] ?? ['off', enabled ? 'not compared' : 'not kept in step'];
    return codeSection(
      'progress',
      'Progress',
      progress !== null && progress !== undefined && h('p', { class: 'score' }, all > 0 ? `${number(records.in_step)} of ${count(all, 'record')} (${percent(progress)})` : percent(progress)),
      h('p', { class: 'row-title' }, chip(how, words), pathNode(path), ` ${visible(format)}`),
      states.length > 0 && plainTable('Records by state', ['State', 'Records'], states.map(([name, n]) => [RECORD_STATES[name] ?? name, number(n)])),
      h(
        'p',
        { class: 'row-more' },
        'Last ',
        code('idhooks migrate verify'),
        ' in this clone: ',
        verify ? [visible(verify.result), ' · ', when(verify.at), verify.report ? ` · ${visible(verify.report)}` : ''] : 'none',
      ),
    );
  }

  function differenceSection({ discrepancies = 0, shown }) {
    const title = 'Differences';
    const rows = list(shown);
    if (discrepancies === 0) return codeSection('differences', title, empty('None.'));
    const value = (text) => (text === null || text === undefined ? 'nothing' : `'${visible(text)}'`);
    const row = ({ id, field, new: own, legacy }) =>
      h(
        'li',
        { 'data-key': `${id} ${field}` },
        h('span', { class: 'row-title' }, idLink(id), h('strong', null, visible(field))),
        h('span', { class: 'row-more' }, `registry: ${value(own)} · legacy file: ${value(legacy)}`),
      );
    return codeSection(
      'differences',
      title,
      h('p', { class: 'row-title' }, chip('fail', count(discrepancies, 'difference'))),
      rows.length > 0 && scroller('Differences by record', h('ul', { class: 'rows' }, rows.map(row))),
      discrepancies > rows.length && h('p', { class: 'row-more' }, 'All of them: ', code('idhooks migrate verify')),
    );
  }

  /** How often this clone wrote both, and the last commits that did. */
  function writesSection({ operations, recent }) {
    const { total_operations: total = 0, successful_operations: good = 0, failed_operations: bad = 0, success_rate: rate } = operations ?? {};
    const row = ({ commit, date, subject }) =>
      h('li', { 'data-key': commit }, h('span', { class: 'row-title' }, commitNode(commit), visible(subject)), h('span', { class: 'row-more' }, visible(date)));
    return codeSection(
      'writes',
      'Writes of the legacy file',
      total === 0
        ? empty('None yet in this clone.')
        : h('p', { class: 'row-title' }, chip(bad > 0 ? 'warn' : 'ok', `${number(good)} of ${number(total)} succeeded`), ` ${number(rate)}\u00a0%`),
      list(recent).length > 0 && h('ul', { class: 'rows' }, recent.map(row)),
    );
  }

  function timesSection({ operations, times }) {
    const total = operations?.total_operations ?? 0;
    if (total === 0) return codeSection('times', 'Time of a write', empty('No writes to measure.'));
    const line = ({ ms, writes }) => [`up to ${number(ms)} ms`, number(writes), percent(writes / total)];
    return codeSection(
      'times',
      'Time of a write',
      h('p', { class: 'score' }, `${number(operations.mean_ms)} ms`),
      h('p', { class: 'row-more' }, 'on average, of all writes in this clone.'),
      plainTable('Time of a write', ['Time', 'Writes', 'Share'], list(times).map(line)),
    );
  }

  function paintFoot(data) {
    paint(
      'foot',
      `idhooks dashboard · ${data.is_live ? `refreshed every ${span(data.refresh_seconds * 1000)}` : 'static copy'} · data from ${visible(data.at ?? 'an unknown time')}`,
    );
  }

  const PARTS = [paintNumbers, paintParts, paintChecks, paintFindings, paintHealth, paintDrift, paintIdentifiers, paintMigration, paintEvents, paintFoot];

  /** Paints the whole page. If one part fails, the others are still painted. */
  function paintAll() {
    const before = document.activeElement;
    paintVerdict(state.data);
    paintChoices();
    for (const part of PARTS) {
      try {
        part(state.data);
      } catch (error) {
        console.error(error);
      }
    }
    if (before !== document.activeElement && before?.isConnected) before.focus({ preventScroll: true });
  }

