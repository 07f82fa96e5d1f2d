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

  /** The file of a finding, with the line and the column if it is about a place in a text. */
  const placeNodes = (item) => [pathNode(item.path), item.line && `:${item.line}:${item.column}`];

  function finding(item, at) {
    const how = stateOf(item.severity);
    return h(
      'li',
      { 'data-key': `${item.code}|${item.path}|${item.id}|${at}` },
      h('span', { class: 'row-title' }, chip(how, visible(item.severity)), h('code', null, visible(item.code)), item.id && idLink(item.id)),
      item.path && h('span', { class: 'row-path' }, placeNodes(item)),
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
        item.path && h('span', { class: 'row-path' }, placeNodes(item)),
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

