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
    return paint('life', h('div', { class: 'life', 'data-key': state.chosen }, head, lifeFacts(identity), lifeLine(identity), lifeReferences(identity)));
  }

  /** The references to and from the file, if the repository checks references. */
  function lifeReferences(identity) {
    const part = (title, references, file) =>
      references && [
        h('h4', null, `${title} (${number(references.count)})`),
        h(
          'ul',
          { class: 'life-references', 'aria-label': title },
          list(references.items).map((one, n) => h('li', { 'data-key': `${n}` }, file(one), h('span', { class: 'row-more' }, ` line ${one.line}`))),
        ),
        references.count > list(references.items).length && h('p', { class: 'row-more' }, 'All of them: idhooks refs'),
      ];
    const target = (one) => (one.id ? h('a', { href: `#id=${one.id}` }, pathNode(one.path)) : h('code', null, visible(one.text)));
    return [
      part('Referred to by', identity.referred_by, (one) => pathNode(one.path)),
      part('Refers to', identity.refers_to, target),
    ];
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

