// The dashboard. Plain script, no build step; the chart library (d3, Plot) is read after it.
//
// page.html is static; this script fills its parts. All text from a repository is untrusted, so
// it only becomes a text node or the value of an attribute that is not a URL. innerHTML is never
// used.
//
//   elements    creating nodes, and updating the page with them
//   words       numbers, dates and names for people
//   state       the data and settings of the page, and the theme
//   parts       one function per part of the page, from data to nodes
//   charts      drawing them, their tables, saving them
//   search      identities and their history
//   freshness   refreshing the data without losing the reader's place
'use strict';

(() => {
  // ---------------------------------------------------------------- elements

  const SVG = 'http://www.w3.org/2000/svg';

  /** Returns an element. Children are nodes or text; null and false are ignored. */
  function h(tag, attributes, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes ?? {})) {
      if (value === null || value === undefined || value === false) continue;
      element.setAttribute(name, value === true ? '' : String(value));
    }
    element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
    return element;
  }

  function svg(tag, attributes, ...children) {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
    element.append(...children);
    return element;
  }

  const $ = (id) => document.getElementById(id);
  const partOf = (name) => document.querySelector(`[data-part="${name}"]`);
  const keyOf = (node) => (node.nodeType === Node.ELEMENT_NODE ? node.getAttribute('data-key') : null);

  /**
   * Replaces the children of `parent` by `wanted`, but reuses nodes with the same key. So the
   * focus, an open <details> and a selection survive a refresh, and nothing flickers.
   */
  function settle(parent, wanted) {
    const keys = new Set(wanted.map(keyOf).filter((key) => key !== null));
    const known = new Map();
    // Remove old nodes first, so that the others need not move, which would lose the focus.
    for (const child of [...parent.childNodes]) {
      const key = keyOf(child);
      if (key === null) continue;
      if (keys.has(key) && !known.has(key)) known.set(key, child);
      else child.remove();
    }
    let at = parent.firstChild;
    for (const next of wanted) {
      const key = keyOf(next);
      const twin = key !== null ? known.get(key) : sameKind(at, next) ? at : undefined;
      if (twin === undefined || twin.nodeName !== next.nodeName) {
        parent.insertBefore(next, at);
        continue;
      }
      if (twin === at) at = at.nextSibling;
      else parent.insertBefore(twin, at);
      if (!twin.isEqualNode(next)) become(twin, next);
    }
    while (at !== null) {
      const following = at.nextSibling;
      at.remove();
      at = following;
    }
  }

  const sameKind = (old, next) => old !== null && keyOf(old) === null && old.nodeName === next.nodeName;

  function become(old, next) {
    if (old.nodeType !== Node.ELEMENT_NODE) {
      old.nodeValue = next.nodeValue;
      return;
    }
    for (const { name } of [...old.attributes]) {
      // The reader decides whether a <details> is open.
      if (!next.hasAttribute(name) && name !== 'open') old.removeAttribute(name);
    }
    for (const { name, value } of next.attributes) {
      if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
    settle(old, [...next.childNodes]);
  }

  /** Sets a text unless it is unchanged, so that it neither flickers nor is read out twice. */
  function write(element, words) {
    if (element.textContent !== words) element.textContent = words;
  }

  function hide(element, hidden) {
    if (element.hidden !== hidden) element.hidden = hidden;
  }

  /** Fills one part of the page. */
  function paint(name, ...content) {
    const nodes = content
      .flat(Infinity)
      .filter(Boolean)
      .map((child) => (typeof child === 'string' ? document.createTextNode(child) : child));
    settle(partOf(name), nodes);
  }

  // Each state has its own shape, so that it is recognizable without its colour.
  const ICONS = {
    ok: ['M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Z', 'm4.8 8.2 2.2 2.2 4.2-4.6'],
    warn: ['M8 1.6 15.2 14.4H.8Z', 'M8 6.2v3.6M8 11.6v1'],
    fail: ['M5 1h6l4 4v6l-4 4H5l-4-4V5Z', 'm5.5 5.5 5 5m0-5-5 5'],
    off: ['M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Z', 'M5 8h6'],
    theme: ['M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Z', 'M8 1v14M10.5 2v12M13 4v8'],
    unknown: ['M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Z', 'M6 6.3a2 2 0 1 1 2.8 1.9q-.8.4-.8 1.4M8 11.4v.9'],
  };

  function icon(state) {
    const [outline, sign] = ICONS[state] ?? ICONS.unknown;
    return svg(
      'svg',
      { class: 'icon', viewBox: '0 0 16 16', 'aria-hidden': 'true', 'data-state': state },
      svg('path', { class: 'icon-shape', d: outline }),
      svg('path', { class: 'icon-sign', d: sign }),
    );
  }

  const chip = (state, text) => h('span', { class: 'chip', 'data-state': state }, icon(state), text);
  const empty = (...text) => h('p', { class: 'empty' }, ...text);

  // ------------------------------------------------------------------- words

  const NUMBER = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 1 });
  const DATE = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium' });
  const DATE_UTC = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone: 'UTC' });
  const TIME = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });
  const MINUTE = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' });
  const DAY = 86_400_000;

  const number = (value) => NUMBER.format(value ?? 0);
  const count = (n, one, many = `${one}s`) => `${number(n)} ${n === 1 ? one : many}`;
  const dayOf = (text) => new Date(`${text}T00:00:00Z`);

  /** Rounded down: 9,999 of 10,000 is never "100 %". */
  function percent(share) {
    const hundredths = Math.floor((share ?? 0) * 10_000 + 1e-6);
    return `${hundredths % 10 === 0 ? NUMBER.format(hundredths / 100) : (hundredths / 100).toFixed(2)}\u00a0%`;
  }

  /** Formats a date; an invalid one is shown unchanged, not as "Invalid Date". */
  function dated(format, text) {
    const date = new Date(text);
    return Number.isNaN(date.getTime()) ? String(text ?? 'unknown') : format.format(date);
  }

  const when = (text) => h('time', { datetime: text, title: text }, dated(MINUTE, text));

  function span(milliseconds) {
    const seconds = Math.max(0, Math.round(milliseconds / 1000));
    if (seconds < 90) return `${seconds} s`;
    if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
    if (seconds < 36 * 3600) return `${Math.round(seconds / 3600)} h`;
    const days = Math.round(seconds / 86_400);
    if (days < 60) return count(days, 'day');
    if (days < 730) return count(Math.round(days / 30.44), 'month');
    return count(Math.round(days / 36.525) / 10, 'year');
  }

  // Control characters and those that change the writing direction can make one path look like another.
  const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu;
  const visible = (text) =>
    String(text).replace(UNSEEN, (sign) => (sign === '\n' ? '\\n' : sign === '\t' ? '\\t' : `\\u{${sign.codePointAt(0).toString(16)}}`));

  /** Returns a path, with its directory less prominent than its name. */
  function pathNode(path) {
    const shown = visible(path);
    const cut = shown.lastIndexOf('/') + 1;
    return h('bdi', { class: 'path', dir: 'ltr' }, cut > 0 && h('span', { class: 'quiet' }, shown.slice(0, cut)), shown.slice(cut));
  }

  /** Returns an identity in four visible parts that is copied as one word. */
  function idText(id) {
    const cuts = /^(\d{2})(\d{3})(\d{5})(\d{6})$/.exec(id);
    return h('span', { class: 'id' }, cuts === null ? visible(id) : cuts.slice(1).map((part) => h('span', null, part)));
  }

  const idLink = (id) => h('a', { class: 'id-link', href: `#id=${encodeURIComponent(id)}` }, idText(id));
  const commitNode = (commit) => commit && h('code', { class: 'commit', title: visible(commit) }, visible(commit).slice(0, 8));

  // ------------------------------------------------------------------- state

  const state = {
    data: {},
    days: 90, // the days that both charts show; 0 shows all
    dimension: 'ns',
    skew: 0, // the server's clock minus the local clock
    failure: null, // why the last refresh failed
    busy: false,
    query: '',
    chosen: null,
    identities: { status: 'none', index: [], byId: new Map(), reason: '', reading: null },
  };

  // Some browsers refuse storage, in some modes or on file://.
  const memory = {
    get(name) {
      try {
        return localStorage.getItem(name);
      } catch {
        return null;
      }
    },
    set(name, value) {
      try {
        localStorage.setItem(name, value);
      } catch {
        /* then it holds until the page is left */
      }
    },
  };

  const THEMES = ['auto', 'light', 'dark'];

  function wear(theme) {
    if (theme === 'auto') document.documentElement.removeAttribute('data-theme');
    else document.documentElement.setAttribute('data-theme', theme);
    settle($('theme'), [icon('theme'), h('span', { class: 'roomy' }, 'Theme:'), document.createTextNode(theme)]);
    $('theme').setAttribute('aria-label', `Theme: ${theme}`);
    $('theme').dataset.theme = theme;
  }

  function changeTheme() {
    const next = THEMES[(THEMES.indexOf($('theme').dataset.theme) + 1) % THEMES.length];
    memory.set('idhooks-theme', next);
    wear(next);
    drawCharts();
  }

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

  function paintChecks(data) {
    const rows = list(data.checks);
    if (rows.length === 0) return paint('checks', empty('No check has run yet. Run ', code('idhooks check'), '.'));
    const words = { pass: 'passed', warn: 'warnings', fail: 'failed' };
    return paint(
      'checks',
      h(
        'ul',
        { class: 'rows' },
        rows.map((check) =>
          h(
            'li',
            { 'data-key': check.name },
            h(
              'span',
              { class: 'row-title' },
              chip(stateOf(check.state), words[check.state] ?? visible(check.state)),
              h('strong', null, visible(check.name)),
            ),
            h(
              'span',
              { class: 'row-more' },
              `${count(check.errors, 'error')}, ${count(check.warnings, 'warning')} · `,
              when(check.at),
            ),
          ),
        ),
      ),
    );
  }

  function finding(item, at) {
    const how = stateOf(item.severity);
    return h(
      'li',
      { 'data-key': `${item.code}|${item.path}|${item.id}|${at}` },
      h('span', { class: 'row-title' }, chip(how, visible(item.severity)), h('code', null, visible(item.code)), item.id && idLink(item.id)),
      item.path && h('span', { class: 'row-path' }, pathNode(item.path)),
      h('span', null, visible(item.message ?? '')),
      item.help && h('span', { class: 'row-more' }, visible(item.help)),
    );
  }

  /** Shows the first items of many; one click shows the others. */
  function folded(key, items, limit, make) {
    const first = h('ul', { class: 'rows', 'data-key': `${key}-first` }, items.slice(0, limit).map(make));
    if (items.length <= limit) return [first];
    return [
      first,
      h(
        'details',
        { 'data-key': `${key}-rest` },
        h('summary', null, `${number(items.length - limit)} more`),
        h(
          'ul',
          { class: 'rows' },
          items.slice(limit).map((item, at) => make(item, at + limit)),
        ),
      ),
    ];
  }

  function paintFindings(data) {
    const { errors = 0, warnings = 0, items = [] } = data.findings ?? {};
    const all = errors + warnings;
    paint(
      'findings-count',
      all > items.length ? `${number(items.length)} of ${number(all)} shown` : `${count(errors, 'error')}, ${count(warnings, 'warning')}`,
    );
    if (all === 0) paint('findings', empty(data.heads_unread > 0 ? `No findings${ofRead(data)}.` : 'No findings: the registry matches every file.'));
    else {
      paint(
        'findings',
        folded('findings', items, 8, finding),
        all > items.length && h('p', { class: 'hint', 'data-key': 'others' }, 'For all of them, run ', code('idhooks check')),
      );
    }
    const twice = list(data.duplicates);
    if (twice.length === 0) paint('duplicates', empty(`No identity belongs to two files${ofRead(data)}.`));
    else paint('duplicates', folded('duplicates', twice, 5, finding));
  }

  function paintDrift(data) {
    const kinds = list(data.drift);
    if (kinds.length === 0 || kinds.every((kind) => !kind.count))
      return paint('drift', empty(data.heads_unread > 0 ? `No drift${ofRead(data)}.` : 'No drift: the registry and the tree match.'));
    return paint('drift', kinds.map(driftKind));
  }

  function driftKind(kind) {
    const title = [chip(kind.count > 0 ? 'warn' : 'ok', number(kind.count)), h('strong', null, visible(kind.title))];
    if (list(kind.items).length === 0) return h('p', { class: 'fold', 'data-key': kind.kind }, title);
    const items = kind.items.map((item, at) =>
      h(
        'li',
        { 'data-key': `${item.path}|${item.id}|${at}` },
        item.id && h('span', { class: 'row-title' }, idLink(item.id)),
        item.path && h('span', { class: 'row-path' }, pathNode(item.path)),
        item.message && h('span', { class: 'row-more' }, visible(item.message)),
      ),
    );
    return h(
      'details',
      { class: 'fold', 'data-key': kind.kind },
      h('summary', null, title),
      h('ul', { class: 'rows' }, items),
      kind.count > items.length && h('p', { class: 'hint' }, `and ${number(kind.count - items.length)} more`),
    );
  }

  function paintHealth(data) {
    const facts = list(data.health);
    if (facts.length === 0) return paint('health', empty('Not checked. Run ', code('idhooks doctor'), ' to diagnose problems in this clone.'));
    return paint(
      'health',
      h(
        'ul',
        { class: 'rows' },
        facts.map((fact) =>
          h(
            'li',
            { 'data-key': fact.name },
            h('span', { class: 'row-title' }, chip(stateOf(fact.state), visible(fact.state)), h('strong', null, visible(fact.name))),
            h('span', { class: 'row-more' }, visible(fact.detail ?? '')),
            fact.help &&
              h(
                'span',
                { class: 'command' },
                code(fact.help),
                h(
                  'button',
                  {
                    type: 'button',
                    class: 'button small',
                    'data-do': 'copy',
                    'data-value': fact.help,
                    'aria-label': `Copy ${visible(fact.help)}`,
                  },
                  'Copy',
                ),
              ),
          ),
        ),
      ),
    );
  }

  function paintEvents(data) {
    const events = list(data.events);
    paint('events-count', events.length > 0 ? `the newest ${number(events.length)}` : '');
    if (events.length === 0)
      return paint('events', empty('No events yet. Commits that allocate, rename or deprecate identities are listed here.'));
    const seen = new Map(); // an event can occur twice, but keys must be unique
    return paint(
      'events',
      folded('events', events, 15, (event) => {
        const name = `${event.at}|${event.event}|${event.id}|${event.path}`;
        seen.set(name, (seen.get(name) ?? 0) + 1);
        return h(
          'li',
          { 'data-key': `${name}|${seen.get(name)}`, class: 'event' },
          h('span', { class: 'event-when' }, when(event.at)),
          h('span', { class: 'event-kind' }, visible(event.event ?? '').replaceAll('_', ' ')),
          h('span', { class: 'event-id' }, event.id && idLink(event.id)),
          h(
            'span',
            { class: 'event-path' },
            event.from && [h('span', { class: 'quiet' }, pathNode(event.from), ' → ')],
            event.path && pathNode(event.path),
          ),
          h('span', { class: 'event-commit' }, commitNode(event.commit)),
        );
      }),
    );
  }

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

  // ------------------------------------------------------------------ charts

  const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif";

  /** Same as the finding CAPACITY: over 95 % is a warning. So is a counter that is full within a year. */
  const level = (counter) => (counter.used >= counter.capacity ? 'fail' : counter.share > 0.95 || soonFull(counter) ? 'warn' : 'ok');
  const soonFull = (counter) => counter.full_on && dayOf(counter.full_on).getTime() - Date.now() < 365 * DAY;
  const counterName = (counter) => [counter.type, counter.ns, counter.scope].map(visible).join(' ');

  const filling = (counter) => `${number(counter.used)} of ${number(counter.capacity)} (${percent(counter.share)})`;

  function forecast(counter) {
    if (counter.used >= counter.capacity) return 'full';
    if (!counter.full_on) return 'no end in sight';
    const far = dayOf(counter.full_on).getTime() - Date.now() > 50 * 365 * DAY;
    return far ? 'full in over 50 years' : `full ${dated(DATE_UTC, counter.full_on)}`;
  }

  /** The rows of the chosen time; never empty if there are any rows. */
  function recent(rows) {
    if (state.days === 0 || rows.length === 0) return rows;
    const newest = [list(state.data.allocations).at(-1), list(state.data.history).at(-1)]
      .filter(Boolean)
      .reduce((latest, row) => Math.max(latest, dayOf(row.date).getTime()), 0);
    const within = rows.filter((row) => dayOf(row.date).getTime() > newest - state.days * DAY);
    return within.length > 0 ? within : rows.slice(-1);
  }

  const CHARTS = {
    coverage: {
      title: 'Coverage over time',
      height: 230,
      empty: 'No history yet. The chart starts with the first commit that has a registry.',
      rows: () => recent(list(state.data.history)),
      columns: [
        ['Date', (row) => row.date],
        ['Files', (row) => number(row.total_files)],
        ['With an identity', (row) => number(row.with_ids)],
        ['Coverage', (row) => percent(row.coverage)],
      ],
      legend: () => [],
      tell: (rows) =>
        `Files with an identity: ${percent(rows[0].coverage)} on ${dated(DATE_UTC, rows[0].date)}, ${percent(rows.at(-1).coverage)} on ${dated(DATE_UTC, rows.at(-1).date)}; lowest ${percent(Math.min(...rows.map((row) => row.coverage)))}.`,
      plot: plotCoverage,
    },
    allocations: {
      title: 'Allocations per day',
      height: 230,
      empty: 'Nothing allocated yet. New files are counted on the day of their commit.',
      rows: () => recent(list(state.data.allocations)),
      columns: [
        ['Date', (row) => row.date],
        ['Allocated', (row) => number(row.allocated)],
        ['7-day mean', (row) => number(row.mean_7)],
        ['Renamed', (row) => number(row.renamed)],
        ['Deprecated', (row) => number(row.deprecated)],
      ],
      legend: (palette) => [
        ['Allocated', palette.bar, 10],
        ['7-day mean', palette.mean, 3],
      ],
      tell: (rows) =>
        `${number(rows.reduce((sum, row) => sum + row.allocated, 0))} allocated in ${count(rows.length, 'day')}; now ${number(rows.at(-1).mean_7)} a day.`,
      plot: plotAllocations,
    },
    completion: {
      title: 'Identifiers in code over time',
      height: 230,
      empty: 'No history yet. The chart starts with the first commit.',
      rows: () => recent(list(state.data.identifiers?.history)).map((row) => ({ ...row, coverage: completion(row) })),
      columns: [
        ['Date', (row) => row.date],
        ['Files', (row) => number(row.files)],
        ['With findings', (row) => number(row.files_with_findings)],
        ['Findings', (row) => number(row.findings)],
        ['Without findings', (row) => percent(row.coverage)],
        ['Score', (row) => score(row.score)],
      ],
      legend: () => [],
      tell: (rows) =>
        `Files without findings: ${percent(rows[0].coverage)} on ${dated(DATE_UTC, rows[0].date)}, ${percent(rows.at(-1).coverage)} on ${dated(DATE_UTC, rows.at(-1).date)}.`,
      plot: (rows, place) =>
        plotShare(
          rows,
          (row) => `${percent(row.coverage)}: ${count(row.findings, 'finding')} in ${number(row.files_with_findings)} of ${count(row.files, 'file')}`,
          place,
        ),
    },
    counters: {
      title: 'Sequences used',
      height: null, // the height of its bars
      empty: 'No counter is in use yet. A counter starts with the first identity of its type and namespace.',
      rows: () => [...list(state.data.counters)].sort((a, b) => b.share - a.share),
      columns: [
        ['Type', (row) => row.type],
        ['Namespace', (row) => row.ns],
        ['Scope', (row) => row.scope],
        ['Used', (row) => number(row.used)],
        ['Capacity', (row) => number(row.capacity)],
        ['Share', (row) => percent(row.share)],
        ['Per day', (row) => String(row.per_day)],
        ['Forecast', forecast],
      ],
      legend: () => [],
      tell: (rows) =>
        `${count(rows.length, 'counter')}${rows.length > FULLEST ? `, the ${FULLEST} fullest shown` : ''}. The forecast assumes the current rate.`,
      plot: plotCounters,
    },
  };

  const FULLEST = 12;

  const frame = (width, height, palette) => ({
    width,
    height,
    marginLeft: 56,
    marginRight: 12,
    marginTop: 14,
    marginBottom: 36,
    style: { fontFamily: FONT, fontSize: '12px', color: palette.muted, background: 'transparent', overflow: 'visible' },
  });

  const tip = (palette) => ({ fill: palette.panel, stroke: palette.line, pathFilter: null, fontSize: 12, lineHeight: 1.35 });
  /** An axis of days, without hours even if there are only a few days. */
  const axisOfDays = (rows, width) => {
    const most = width < 480 ? 4 : 8;
    return { type: 'utc', label: null, ticks: rows.length <= most ? 'day' : most };
  };

  const completion = (row) => (row.files > 0 ? (row.files - row.files_with_findings) / row.files : 1);

  function plotCoverage(rows, place) {
    return plotShare(rows, (row) => `${percent(row.coverage)}: ${number(row.with_ids)} of ${count(row.total_files, 'file')}`, place);
  }

  /** Draws the member `coverage` of the days, and `tell` in the tip of each. */
  function plotShare(rows, tell, { width, height, palette }) {
    const days = rows.map((row) => ({ ...row, day: dayOf(row.date) }));
    const lowest = Math.min(...days.map((row) => row.coverage));
    // A share close to 1 would be a flat line, so the axis need not begin at 0; its label says where.
    const floor = [0.99, 0.98, 0.95, 0.9, 0.8, 0.5].find((at) => at <= lowest) ?? 0;
    return Plot.plot({
      ...frame(width, height, palette),
      x: axisOfDays(rows, width),
      y: { domain: [floor, 1], label: null, ticks: 5, tickFormat: percent, grid: true },
      marks: [
        Plot.areaY(days, { x: 'day', y1: floor, y2: 'coverage', curve: 'step-after', fill: palette.series, fillOpacity: 0.14 }),
        Plot.lineY(days, { x: 'day', y: 'coverage', curve: 'step-after', stroke: palette.series, strokeWidth: 1.8 }),
        Plot.ruleY([floor], { stroke: palette.line }),
        days.length < 4 ? Plot.dot(days, { x: 'day', y: 'coverage', fill: palette.series, r: 3.5 }) : null,
        Plot.ruleX(days, Plot.pointerX({ x: 'day', stroke: palette.muted, strokeDasharray: '2,3' })),
        Plot.tip(
          days,
          Plot.pointerX({
            ...tip(palette),
            x: 'day',
            y: 'coverage',
            title: (row) => `${dated(DATE_UTC, row.date)}\n${tell(row)}`,
          }),
        ),
      ],
    });
  }

  /** Adopting a repository allocates more on one day than in the years after it: such bars are cut off. */
  function ceiling(rows) {
    const sorted = rows.map((row) => row.allocated).sort((a, b) => a - b);
    const top = sorted.at(-1) ?? 0;
    const usual = sorted[Math.floor((sorted.length - 1) * 0.98)] * 1.4;
    return usual > 0 && top > 4 * usual ? Math.ceil(usual) : Math.max(1, top);
  }

  function plotAllocations(rows, { width, height, palette }) {
    const cap = ceiling(rows);
    const days = rows.map((row) => ({
      ...row,
      day: dayOf(row.date),
      noon: new Date(dayOf(row.date).getTime() + DAY / 2),
      shown: Math.min(cap, row.allocated),
    }));
    const cut = days.filter((row) => row.allocated > cap);
    return Plot.plot({
      ...frame(width, height, palette),
      marginTop: cut.length > 0 ? 24 : 14,
      x: axisOfDays(rows, width),
      y: { domain: [0, cap], label: null, ticks: 5, tickFormat: (value) => (Number.isInteger(value) ? number(value) : ''), grid: true },
      marks: [
        Plot.rectY(days, { x: 'day', interval: 'day', y: 'shown', fill: palette.bar, inset: width / days.length > 3 ? 0.5 : 0 }),
        Plot.lineY(days, { x: 'noon', y: 'mean_7', stroke: palette.mean, strokeWidth: 1.8, clip: true }),
        Plot.ruleY([0], { stroke: palette.line }),
        Plot.text(cut.slice(0, 3), {
          x: 'noon',
          y: cap,
          dy: -9,
          textAnchor: 'start',
          dx: -4,
          text: (row) => `↑ ${number(row.allocated)}`,
          fill: palette.text,
        }),
        Plot.tip(
          days,
          Plot.pointerX({
            ...tip(palette),
            x: 'noon',
            y: 'shown',
            title: (row) =>
              `${dated(DATE_UTC, row.date)}\n${number(row.allocated)} allocated, mean ${number(row.mean_7)}\n${number(row.renamed)} renamed, ${number(row.deprecated)} deprecated`,
          }),
        ),
      ],
    });
  }

  function plotCounters(rows, { width, palette }) {
    const bars = rows.slice(0, FULLEST).map((row) => ({ ...row, name: counterName(row), filled: Math.min(1, row.share) }));
    const narrow = width < 560;
    const words = (row) => `${narrow ? percent(row.share) : filling(row)} · ${forecast(row)}`;
    const colour = { ok: palette.series, warn: palette.warn, fail: palette.fail };
    return Plot.plot({
      ...frame(width, bars.length * (narrow ? 42 : 28) + (narrow ? 10 : 40), palette),
      marginLeft: narrow ? 2 : 128,
      marginRight: narrow ? 2 : 290,
      marginTop: 8,
      marginBottom: narrow ? 2 : 30,
      x: {
        domain: [0, 1],
        label: null,
        axis: narrow ? null : 'bottom',
        ticks: 5,
        tickFormat: (value) => `${Math.round(100 * value)} %`,
        grid: !narrow,
      },
      y: {
        label: null,
        domain: bars.map((row) => row.name),
        axis: narrow ? null : 'left',
        tickSize: 0,
        paddingInner: narrow ? 0.62 : 0.36,
        paddingOuter: narrow ? 0.5 : 0.1,
      },
      marks: [
        Plot.barX(bars, { x1: 0, x2: 1, y: 'name', fill: palette.track }),
        Plot.barX(bars, { x1: 0, x2: 'filled', y: 'name', fill: (row) => colour[level(row)] }),
        narrow
          ? Plot.text(bars, {
              x: 0,
              y: 'name',
              dy: -16,
              textAnchor: 'start',
              text: (row) => `${row.name}   ${words(row)}`,
              fill: palette.text,
            })
          : Plot.text(bars, { x: 1, y: 'name', dx: 8, textAnchor: 'start', text: words, fill: palette.text }),
      ],
    });
  }

  /** The current colours of the theme, because a saved file has no access to them. */
  function colours() {
    const probe = h('span', { hidden: true });
    document.body.append(probe);
    const read = (name) => {
      probe.style.color = `var(--${name})`;
      return getComputedStyle(probe).color;
    };
    const names = ['panel', 'text', 'muted', 'line', 'track', 'series', 'bar', 'mean', 'warn', 'fail'];
    const palette = Object.fromEntries(names.map((name) => [name, read(name)]));
    probe.remove();
    return palette;
  }

  const figures = new Map(); // by name

  function setUpFigure(element) {
    const name = element.dataset.chart;
    const chart = CHARTS[name];
    const box = h('div', { class: 'canvas' });
    if (chart.height !== null) box.style.minHeight = `${chart.height}px`;
    const table = h('div', { class: 'table-place' });
    const details = h('details', { class: 'data' }, h('summary', null, 'Data'), table);
    const save = (kind) =>
      h(
        'button',
        {
          type: 'button',
          class: 'button small',
          'data-do': 'save',
          'data-value': `${name}.${kind}`,
          'aria-label': `Download ${chart.title} as ${kind.toUpperCase()}`,
        },
        kind.toUpperCase(),
      );
    const tools = h('div', { class: 'chart-tools' }, save('png'), save('svg'));
    const figure = {
      name,
      chart,
      box,
      table,
      details,
      tools,
      legend: h('p', { class: 'legend' }),
      caption: h('figcaption', { class: 'caption' }),
      drawn: '',
      holds: '',
      seen: false,
    };
    // A table of years is only built when it is opened.
    details.addEventListener('toggle', () => fillTable(figure));
    element.append(figure.legend, box, figure.caption, h('div', { class: 'chart-foot' }, details, tools));
    figures.set(name, figure);
    describe(figure);
  }

  /** The parts of a chart that are shown before it is drawn. */
  function describe(figure) {
    const rows = figure.chart.rows();
    const none = rows.length === 0;
    hide(figure.tools, none);
    hide(figure.details, none);
    hide(figure.legend, none || figure.chart.legend({}).length === 0);
    hide(figure.box, none);
    figure.caption.classList.toggle('empty', none);
    write(figure.caption, none ? figure.chart.empty : figure.chart.tell(rows));
    write(figure.details.firstChild, `Data: ${count(rows.length, 'row')}`);
    fillTable(figure);
  }

  function fillTable(figure) {
    if (!figure.details.open) return;
    const { columns, title } = figure.chart;
    const rows = figure.chart.rows();
    const holds = JSON.stringify(rows);
    if (figure.holds === holds) return;
    figure.holds = holds;
    const line = (row) =>
      h(
        'tr',
        null,
        columns.map(([, show]) => h('td', null, visible(show(row)))),
      );
    settle(figure.table, [
      scroller(
        `${title}: data`,
        h(
          'table',
          { class: 'table' },
          h('caption', { class: 'unseen' }, title),
          h(
            'thead',
            null,
            h(
              'tr',
              null,
              columns.map(([name]) => h('th', { scope: 'col' }, name)),
            ),
          ),
          h('tbody', null, rows.map(line)),
        ),
      ),
    ]);
  }

  /** Draws a chart on the screen, if it would look different. */
  function drawFigure(figure) {
    const rows = figure.chart.rows();
    const width = Math.floor(figure.box.clientWidth);
    if (!figure.seen || rows.length === 0 || width === 0 || typeof Plot === 'undefined') return;
    const palette = colours();
    const looks = JSON.stringify([width, palette, rows]);
    if (looks === figure.drawn) return;
    figure.drawn = looks;
    const drawing = figure.chart.plot(rows, { width, height: figure.chart.height, palette });
    drawing.setAttribute('role', 'img');
    drawing.setAttribute('aria-label', `${figure.chart.title}. ${figure.chart.tell(rows)}`);
    figure.box.replaceChildren(drawing);
    settle(figure.legend, legendNodes(figure.chart.legend(palette)));
  }

  const legendNodes = (entries) =>
    entries.map(([words, colour, height]) =>
      h('span', null, h('i', { style: `background:${colour};height:${height}px`, 'aria-hidden': 'true' }), words),
    );

  function drawCharts() {
    for (const figure of figures.values()) {
      try {
        describe(figure);
        drawFigure(figure);
      } catch (error) {
        console.error(error);
      }
    }
  }

  /** Draws charts when they are near the screen, and again when their width changes. */
  function watchFigures() {
    const nearing = new IntersectionObserver(
      (entries) => {
        for (const entry of entries.filter((one) => one.isIntersecting)) {
          const figure = figures.get(entry.target.dataset.chart);
          figure.seen = true;
          nearing.unobserve(entry.target);
          drawFigure(figure);
        }
      },
      { rootMargin: '400px' },
    );
    const resizing = new ResizeObserver(() => requestAnimationFrame(drawCharts));
    for (const element of document.querySelectorAll('[data-chart]')) {
      nearing.observe(element);
      resizing.observe(element);
    }
    addEventListener('beforeprint', drawAll);
  }

  function drawAll() {
    for (const figure of figures.values()) figure.seen = true;
    drawCharts();
  }

  /** Returns a chart as a file, with its own background, title, legend, colours and font. */
  function pictureOf(figure) {
    const { chart } = figure;
    const palette = colours();
    const rows = chart.rows();
    const edge = 24;
    const width = 960;
    const inner = chart.plot(rows, { width: width - 2 * edge, height: chart.height === null ? null : 340, palette });
    const height = Number(inner.getAttribute('height')) + 92;
    const content = svg(
      'g',
      { transform: `translate(${edge} 72)`, fill: palette.muted, 'font-size': 12, 'text-anchor': 'middle' },
      ...inner.childNodes,
    );
    bake(content, palette);
    const { data } = state;
    const about = [data.repository, data.branch, data.commit?.slice(0, 8), data.at].filter(Boolean).map(visible).join(' · ');
    return svg(
      'svg',
      { xmlns: SVG, width, height, viewBox: `0 0 ${width} ${height}`, 'font-family': FONT, role: 'img', color: palette.muted },
      svg('title', {}, `${chart.title}: ${about}`),
      svg('rect', { width, height, fill: palette.panel }),
      svg('text', { x: edge, y: 34, 'font-size': 18, 'font-weight': 600, fill: palette.text }, chart.title),
      svg('text', { x: edge, y: 54, 'font-size': 12, fill: palette.muted }, about),
      ...legendMarks(chart.legend(palette), width - edge, palette),
      content,
    );
  }

  /** Draws from the right edge to the left; the width of the text is estimated. */
  function legendMarks(entries, right, palette) {
    let x = right;
    return [...entries].reverse().flatMap(([words, colour, height]) => {
      x -= words.length * 6.2 + 26;
      return [
        svg('rect', { x, y: 30 - height / 2, width: 12, height, rx: 1.5, fill: colour }),
        svg('text', { x: x + 18, y: 34, 'font-size': 12, fill: palette.muted }, words),
      ];
    });
  }

  /** Other programs have neither the variables of this page nor the context of the drawing. */
  function bake(node, palette) {
    for (const style of node.querySelectorAll('style')) style.remove();
    for (const element of node.querySelectorAll('*')) {
      for (const { name, value } of [...element.attributes]) {
        if (value === 'currentColor') element.setAttribute(name, palette.muted);
        else if (value.startsWith('var(')) element.setAttribute(name, palette.panel);
      }
    }
  }

  const asText = (picture) => `<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(picture)}\n`;

  async function save(what) {
    const [name, kind] = what.split('.');
    const picture = pictureOf(figures.get(name));
    const drawn = new Blob([asText(picture)], { type: 'image/svg+xml;charset=utf-8' });
    const file = kind === 'svg' ? drawn : await rasterOf(drawn, picture);
    const stem = [state.data.repository, name, (state.data.at ?? '').slice(0, 10)]
      .filter(Boolean)
      .join('-')
      .replace(/[^\w.-]+/g, '-')
      .replace(/^[-.]+/, '');
    offer(file, `${stem}.${kind}`);
  }

  async function rasterOf(drawn, picture) {
    const scale = 2;
    const address = URL.createObjectURL(drawn);
    try {
      const image = new Image();
      image.src = address;
      await image.decode();
      const canvas = h('canvas', { width: picture.getAttribute('width') * scale, height: picture.getAttribute('height') * scale });
      canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
      return await new Promise((resolve) => {
        canvas.toBlob(resolve, 'image/png');
      });
    } finally {
      URL.revokeObjectURL(address);
    }
  }

  function offer(blob, name) {
    const address = URL.createObjectURL(blob);
    h('a', { href: address, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
  }

  // ------------------------------------------------------------------ search

  const SHOWN = 50;
  const SERVED =
    'Search needs a server: run “idhooks dashboard” in the repository, or serve the exported directory with any web server.';

  /** There are many identities, so they are fetched on the first search. */
  async function loadIdentities() {
    const { identities } = state;
    if (location.protocol === 'file:') identities.status = 'unserved';
    if (identities.status === 'none') {
      identities.status = 'loading';
      identities.reading = readIdentities();
      paintSearch();
    }
    await identities.reading;
  }

  async function readIdentities() {
    const { identities } = state;
    try {
      const answer = await ask('api/identities.json', 60_000);
      const known = list(answer.identities);
      identities.index = known.map(searchable);
      identities.byId = new Map(known.map((identity) => [identity.id, identity]));
      identities.status = 'ready';
    } catch (error) {
      // Keep the identities that were read before.
      if (identities.status === 'loading') identities.status = 'failed';
      identities.reason = error.message;
    }
  }

  /** One lower-case text per identity: a search only calls `includes` on it. */
  function searchable(identity) {
    const path = (identity.path ?? '').toLowerCase();
    const old = list(identity.names)
      .map((name) => name.path)
      .filter((name) => name !== identity.path);
    const second = (identity.doc_id ?? '').toLowerCase();
    return { identity, path, second, text: `${identity.id}\n${second}\n${path}\n${old.join('\n').toLowerCase()}` };
  }

  /** The rank of a match: 0 is the best, 3 is an old name. */
  function rank({ identity, path, second }, whole, terms) {
    if (identity.id === whole || path === whole || second === whole) return 0;
    if ([identity.id, second, path.slice(path.lastIndexOf('/') + 1)].some((name) => name.startsWith(whole))) return 1;
    return terms.every((term) => [path, identity.id, second].some((name) => name.includes(term))) ? 2 : 3;
  }

  /** All words must match, in any order. */
  function look(index, query) {
    const whole = query.trim().toLowerCase();
    const terms = whole.split(/\s+/);
    const ranked = [[], [], [], []];
    let total = 0;
    for (const entry of index) {
      if (!terms.every((term) => entry.text.includes(term))) continue;
      total += 1;
      const place = ranked[rank(entry, whole, terms)];
      if (place.length < SHOWN) place.push(entry.identity);
    }
    return { total, terms, found: ranked.flat().slice(0, SHOWN) };
  }

  /** Returns the text with the first occurrence of each word marked. */
  function marked(text, terms) {
    const shown = visible(text);
    const lower = shown.toLowerCase();
    const term = terms.find((one) => lower.includes(one));
    // Some letters change their length in lower case; then the position is unknown.
    if (term === undefined || lower.length !== shown.length) return h('bdi', { class: 'path', dir: 'ltr' }, shown);
    const at = lower.indexOf(term);
    return h(
      'bdi',
      { class: 'path', dir: 'ltr' },
      shown.slice(0, at),
      h('mark', null, shown.slice(at, at + term.length)),
      shown.slice(at + term.length),
    );
  }

  const STATUS = { active: 'ok', deprecated: 'warn', superseded: 'warn' };
  const statusChip = (status) => chip(STATUS[status] ?? 'unknown', visible(status));

  function result(identity, terms) {
    const isIn = (name) => terms.some((term) => (name ?? '').toLowerCase().includes(term));
    const inPath = [identity.path, identity.id, identity.doc_id].some(isIn);
    const old = inPath ? undefined : list(identity.names).find((name) => isIn(name.path));
    return h(
      'li',
      { 'data-key': identity.id },
      h(
        'a',
        { class: 'result', href: `#id=${identity.id}`, 'aria-current': identity.id === state.chosen ? 'true' : null },
        h('span', { class: 'row-title' }, idText(identity.id), identity.status !== 'active' && statusChip(identity.status)),
        identity.doc_id && h('span', { class: 'row-more' }, marked(identity.doc_id, terms)),
        marked(identity.path, terms),
        old && h('span', { class: 'row-more' }, 'was ', marked(old.path, terms)),
      ),
    );
  }

  const say = (words) => write($('found'), words);

  function paintSearch() {
    const { status, index } = state.identities;
    const query = state.query.trim();
    if (status === 'unserved' && (query !== '' || state.chosen)) {
      paint('results');
      return say(SERVED);
    }
    if (query === '') {
      paint('results');
      return say('');
    }
    if (status === 'loading') return say('Reading the identities…');
    if (status === 'failed') {
      paint('results', h('button', { type: 'button', class: 'button', 'data-do': 'again' }, 'Try again'));
      return say(`Cannot read the identities: ${state.identities.reason}.`);
    }
    const { total, terms, found } = look(index, query);
    paint(
      'results',
      found.length > 0 &&
        h(
          'ul',
          { class: 'results' },
          found.map((identity) => result(identity, terms)),
        ),
    );
    if (total === 0) return say(`No identity, path or old name matches “${visible(query)}”.`);
    return say(
      total > found.length
        ? `${count(total, 'identity', 'identities')}; showing ${SHOWN}, ${number(total - SHOWN)} more. Type more to narrow the search.`
        : count(total, 'identity', 'identities'),
    );
  }

  function paintLife() {
    const { status, byId } = state.identities;
    if (state.chosen === null) return paint('life');
    if (status !== 'ready') return paint('life');
    const identity = byId.get(state.chosen);
    const close = h('button', { type: 'button', class: 'button small', 'data-do': 'close' }, 'Close');
    const head = h(
      'div',
      { class: 'life-head' },
      h('h3', { tabindex: '-1', id: 'life-title' }, h('span', { class: 'unseen' }, 'History of '), idText(state.chosen)),
      close,
    );
    if (identity === undefined)
      return paint('life', h('div', { class: 'life', 'data-key': state.chosen }, head, empty('The registry has no such identity.')));
    return paint('life', h('div', { class: 'life', 'data-key': state.chosen }, head, lifeFacts(identity), lifeLine(identity)));
  }

  function lifeFacts(identity) {
    const [, type, ns, sequence, scope] = /^(\d{2})(\d{3})(\d{5})(\d{6})$/.exec(identity.id) ?? [];
    return [
      h('p', { class: 'life-now' }, pathNode(identity.path)),
      h(
        'p',
        { class: 'row-more' },
        statusChip(identity.status),
        type && ` type ${type} · namespace ${ns} · sequence ${Number(sequence)} · scope ${scope}`,
        identity.doc_id && ` · also ${visible(identity.doc_id)}`,
      ),
    ];
  }

  function lifeLine(identity) {
    const names = list(identity.names).length > 0 ? identity.names : [{ path: identity.path, at: identity.allocated_at, commit: null }];
    const now = Date.now() + state.skew;
    const steps = names.map((name, n) => {
      const until = names[n + 1]?.at;
      const lasted = span((until ? new Date(until).getTime() : now) - new Date(name.at).getTime());
      const ended = until || identity.status === 'active' ? null : identity.status;
      return h(
        'li',
        { 'data-key': `${n}`, class: until ? 'step' : 'step last' },
        h(
          'span',
          { class: 'row-more' },
          when(name.at),
          ` · ${n === 0 ? 'first name' : 'renamed'} · ${until ? `for ${lasted}` : `${lasted} so far`} `,
          commitNode(name.commit),
        ),
        h('span', { class: 'row-path' }, pathNode(name.path)),
        ended && h('span', { class: 'row-more' }, `now ${visible(ended)}`),
      );
    });
    return h('ol', { class: 'life-line', 'aria-label': 'Names, oldest first' }, steps);
  }

  async function search(query) {
    state.query = query;
    if (query.trim() !== '') await loadIdentities();
    // The query may have changed in the meantime; use the current one.
    paintSearch();
  }

  let pause = 0;
  function typed() {
    clearTimeout(pause);
    const { value } = $('find');
    // Clearing is immediate; searching waits for a pause in typing.
    pause = setTimeout(() => search(value), value === '' ? 0 : 90);
  }

  async function openHash() {
    const match = /^#id=(.+)$/.exec(location.hash);
    if (match === null) return;
    try {
      state.chosen = decodeURIComponent(match[1]);
    } catch {
      state.chosen = match[1];
    }
    await loadIdentities();
    paintSearch();
    paintLife();
    const title = $('life-title');
    if (title === null) return void $('search').scrollIntoView({ block: 'nearest' });
    title.focus({ preventScroll: true });
    partOf('life').scrollIntoView({ block: 'nearest' });
  }

  function closeLife() {
    state.chosen = null;
    // No history entry: "back" should leave the page, not open the identity again.
    history.replaceState(null, '', `${location.pathname}${location.search}`);
    paintSearch();
    paintLife();
    $('find').focus({ preventScroll: true });
  }

  /** Enter opens the best result; the arrow keys move through the results. */
  async function searchKeys(event) {
    const results = [...document.querySelectorAll('.result')];
    const at = results.indexOf(document.activeElement);
    const inField = document.activeElement === $('find');
    if (event.key === 'Enter' && inField) {
      clearTimeout(pause);
      await search($('find').value);
      document.querySelector('.result')?.click();
    } else if (event.key === 'ArrowDown' && (inField || at >= 0)) {
      event.preventDefault();
      results[Math.min(at + 1, results.length - 1)]?.focus();
    } else if (event.key === 'ArrowUp' && at >= 0) {
      event.preventDefault();
      (results[at - 1] ?? $('find')).focus();
    } else if (event.key === 'Escape' && at >= 0) {
      $('find').focus();
    }
  }

  // --------------------------------------------------------------- freshness

  /** Fetches JSON; an error has a message for people. */
  async function ask(address, patience) {
    let answer;
    try {
      answer = await fetch(address, { cache: 'no-store', signal: AbortSignal.timeout(patience) });
    } catch (error) {
      throw new Error(error.name === 'TimeoutError' ? `no response within ${span(patience)}` : 'the server does not respond');
    }
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
    mindClock(answer.headers.get('date'));
    try {
      return await answer.json();
    } catch {
      throw new Error('the answer is no JSON');
    }
  }

  /** The age of the data, by the server's clock if it is known. */
  function mindClock(date) {
    const off = date === null ? NaN : new Date(date).getTime() - Date.now();
    if (!Number.isNaN(off)) state.skew = Math.abs(off) < 5000 ? 0 : off;
  }

  const period = () => Math.max(1, state.data.refresh_seconds || 60) * 1000;
  const age = () => Math.max(0, Date.now() + state.skew - new Date(state.data.at).getTime());

  /** How fresh the data is: [state, short text, notice or null]. */
  function freshness() {
    const { data, failure } = state;
    const from = `data from ${age() < 20 * 3_600_000 ? dated(TIME, data.at) : dated(MINUTE, data.at)}`;
    if (!data.is_live) return ['off', `Static copy · ${from}`, null];
    const old = age() > 2 * period();
    if (failure !== null) {
      return [
        'fail',
        `Refresh failed · ${from}`,
        `Refresh failed: ${failure}. Showing ${from}${old ? `, ${span(age())} old` : ''}. Retrying every ${span(period())}.`,
      ];
    }
    if (old)
      return [
        'warn',
        `Out of date · ${from}`,
        `The data is ${span(age())} old, more than two refresh intervals. Newer changes are not shown.`,
      ];
    return ['ok', `Live · ${from}`, null];
  }

  let lastAnnounced = null;

  function showFreshness() {
    const [how, short, notice] = freshness();
    settle($('freshness'), [chip(how, short)]);
    settle($('notices'), notice === null ? [] : [h('p', { class: 'notice', 'data-state': how }, icon(how), h('span', null, notice))]);
    // Announced only when the state changes, not every second.
    if (lastAnnounced !== null && lastAnnounced !== how) $('spoken').textContent = notice ?? 'The data is up to date again.';
    lastAnnounced = how;
  }

  let timer = 0;

  async function refresh() {
    if (state.busy) return;
    state.busy = true;
    clearTimeout(timer);
    $('refresh').setAttribute('aria-disabled', 'true');
    try {
      take(await ask('api/overview.json', Math.max(15_000, period() / 2)));
    } catch (error) {
      state.failure = error.message;
    }
    state.busy = false;
    $('refresh').removeAttribute('aria-disabled');
    showFreshness();
    schedule();
  }

  function take(fresh) {
    if (fresh?.version !== 1) throw new Error('the server speaks another version; reload the page');
    const headline = $('headline').textContent;
    const moved = fresh.commit !== state.data.commit;
    state.data = fresh;
    state.failure = null;
    paintAll();
    drawCharts();
    if ($('headline').textContent !== headline) $('spoken').textContent = $('headline').textContent;
    if (moved && state.identities.status === 'ready')
      readIdentities().then(() => {
        paintSearch();
        paintLife();
      });
  }

  function schedule() {
    clearTimeout(timer);
    if (state.data.is_live) timer = setTimeout(() => (document.hidden ? schedule() : refresh()), period());
  }

  /** Refreshes when the reader returns to the page. */
  function cameBack() {
    if (!document.hidden && state.data.is_live && age() > period()) refresh();
  }

  // ------------------------------------------------------------------- start

  const ACTIONS = {
    range: (value) => {
      state.days = Number(value);
      paintChoices();
      drawCharts();
    },
    dimension: (value) => {
      state.dimension = value;
      paintChoices();
      paintParts(state.data);
    },
    save: (value) =>
      save(value).catch((error) => {
        $('spoken').textContent = `Cannot create the file: ${error.message}`;
        console.error(error);
      }),
    close: closeLife,
    again: () => {
      state.identities.status = 'none';
      search($('find').value);
    },
    copy: async (value, button) => {
      try {
        await navigator.clipboard.writeText(value);
        button.textContent = 'Copied';
      } catch {
        button.textContent = 'Not allowed';
      }
      setTimeout(() => {
        button.textContent = 'Copy';
      }, 1500);
    },
  };

  function listen() {
    document.addEventListener('click', (event) => {
      const button = event.target.closest?.('[data-do]');
      if (button) ACTIONS[button.dataset.do](button.dataset.value, button);
      // Clicking the same link again does not change the hash, but should open it again.
      const link = event.target.closest?.('a[href^="#id="]');
      if (link && link.getAttribute('href') === location.hash) openHash();
    });
    document.addEventListener('keydown', (event) => {
      if (
        event.key !== '/' ||
        event.ctrlKey ||
        event.metaKey ||
        event.altKey ||
        /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement?.tagName)
      )
        return;
      event.preventDefault();
      $('find').focus();
    });
    $('search').addEventListener('keydown', searchKeys);
    $('find').addEventListener('input', typed);
    $('theme').addEventListener('click', changeTheme);
    $('refresh').addEventListener('click', refresh);
    addEventListener('hashchange', openHash);
    document.addEventListener('visibilitychange', cameBack);
    addEventListener('pageshow', (event) => {
      if (event.persisted) cameBack();
    });
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawCharts);
  }

  function start() {
    const stored = memory.get('idhooks-theme');
    wear(THEMES.includes(stored) ? stored : 'auto');
    try {
      state.data = JSON.parse($('data').textContent);
    } catch {
      $('headline').textContent = 'Cannot read the data of this page';
      return;
    }
    $('refresh').hidden = !state.data.is_live;
    paintAll();
    showFreshness();
    listen();
    for (const element of document.querySelectorAll('[data-chart]')) setUpFigure(element);
    // Show the text before drawing the first chart.
    const later = () =>
      requestAnimationFrame(() =>
        setTimeout(() => {
          watchFigures();
          openHash();
        }, 0),
      );
    // A browser that draws a picture of the page waits for nothing, and must know its height.
    const root = document.documentElement;
    const whole = () => {
      drawAll();
      root.dataset.picture = root.scrollHeight;
    };
    const ready = 'picture' in root.dataset ? whole : later;
    if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', ready);
    else ready();
    schedule();
    setInterval(showFreshness, 5000);
  }

  start();
})();
