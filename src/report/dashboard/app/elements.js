// The dashboard. Plain script, no build step; the chart library (d3, Plot) is read after it.
//
// page.html is static; this script fills its parts. All text from a repository is untrusted, so
// it only becomes a text node or the value of an attribute that is not a URL. innerHTML is never
// used.
//
// The files of this folder are one script, joined in the order of `SCRIPT` in dashboard.rs:
//
//   elements    creating nodes; numbers, dates and names for people; the data and settings of the page
//   summary     the overall state, numbers, coverage of each part
//   findings    checks, findings, drift, health, events
//   code        identifiers in code, migration, and painting all parts
//   plots       drawing each chart
//   figures     charts on the page, their tables, saving them
//   search      identities and their history
//   start       refreshing the data without losing the reader's place, and the start
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

