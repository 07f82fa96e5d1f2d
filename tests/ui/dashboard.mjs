// The dashboard in a browser. Run by run.sh, which says how. Each test has a page of its own; at
// the end of each, the page must have logged no error, opened no dialog and asked nobody else.
//
// A test may need: 'server' (http, with the API), 'sample' (data of sample.mjs).

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { exportTo, serve } from './assemble.mjs';
import { HOSTILE } from './sample.mjs';

const { chromium } = createRequire(import.meta.url)(process.env.PLAYWRIGHT_CORE ?? 'playwright-core');
const CHARTS = ['coverage', 'allocations', 'counters', 'completion'];
const PHONE = { width: 390, height: 844 };
const DESK = { width: 1440, height: 900 };

// ------------------------------------------------------------------------------------ the tests

const tests = [];
const test = (name, needs, run, options = {}) => tests.push({ name, needs, run, options });

test('the verdict and the numbers stand there without any chart', [], async ({ open }) => {
  const page = await open();
  assert.notEqual(await page.textContent('#headline'), 'Reading…');
  assert.equal(await page.locator('.numbers > div').count(), 8);
  assert.match(await page.textContent('.numbers'), /Identities in all/);
  assert.ok((await page.title()).startsWith(await page.textContent('#headline')));
  const paint = await page.waitForFunction(
    () => performance.getEntriesByType('paint').find((entry) => entry.name === 'first-contentful-paint')?.startTime,
  );
  const ready = await page.evaluate(() => performance.getEntriesByType('navigation')[0].responseEnd);
  console.log(
    `     first contentful paint after ${Math.round(await paint.jsonValue())} ms, of which ${Math.round(ready)} ms until the page was there`,
  );
});

test('the direction of coverage is told', ['sample'], async ({ open }) => {
  const page = await open();
  assert.match(await page.textContent('.numbers'), /↑ up since .* \(50.%\)/);
});

test('headings, landmarks and names are in order', [], async ({ open }) => {
  const page = await open();
  const faults = await page.evaluate(() => {
    const found = [];
    const ids = [...document.querySelectorAll('[id]')].map((element) => element.id);
    if (new Set(ids).size !== ids.length) found.push('an id is used twice');
    const levels = [...document.querySelectorAll('h1,h2,h3,h4')].map((heading) => Number(heading.tagName[1]));
    if (levels.filter((level) => level === 1).length !== 1 || levels[0] !== 1) found.push(`headings: ${levels}`);
    levels.forEach((level, at) => {
      if (at > 0 && level - levels[at - 1] > 1) found.push(`heading ${at} jumps`);
    });
    for (const tag of ['header', 'main', 'footer', 'search']) if (document.querySelectorAll(tag).length !== 1) found.push(`not one ${tag}`);
    for (const section of document.querySelectorAll('main section')) {
      if (!document.getElementById(section.getAttribute('aria-labelledby'))) found.push(`section ${section.id} has no name`);
    }
    for (const control of document.querySelectorAll('button, a, summary')) {
      if (!(control.getAttribute('aria-label') ?? control.textContent).trim()) found.push(`no name: ${control.outerHTML}`);
    }
    if (!document.querySelector('label[for="find"]')) found.push('the search has no label');
    if (document.documentElement.lang !== 'en') found.push('no language');
    return found;
  });
  assert.deepEqual(faults, []);
});

for (const width of [320, 390, 768, 1024, 1440, 2200]) {
  test(`no sideways scrolling at ${width} px`, [], async ({ open }) => {
    const page = await open({ viewport: { width, height: 900 } });
    await openEverything(page);
    const wide = await page.evaluate(() => ({
      page: document.documentElement.scrollWidth - document.documentElement.clientWidth,
      // Nothing may be cut off either, but in boxes that scroll.
      cut: [...document.querySelectorAll('main *')]
        .filter(
          (element) => element.getBoundingClientRect().right > innerWidth + 1 && !element.closest('.scroller, .results, svg, .unseen'),
        )
        .map((element) => element.outerHTML.slice(0, 120)),
    }));
    assert.deepEqual(wide, { page: 0, cut: [] });
  });
}

test('the theme follows the system, and the choice is kept', [], async ({ open }) => {
  const page = await open({ colorScheme: 'dark' });
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const dark = await ground();
  await page.emulateMedia({ colorScheme: 'light' });
  const light = await ground();
  assert.notEqual(dark, light);
  await page.click('#theme'); // auto → light
  await page.click('#theme'); // light → dark
  assert.equal(await ground(), dark);
  await page.reload();
  assert.equal(await ground(), dark, 'kept after loading again');
  assert.equal(await page.getAttribute('#theme', 'aria-label'), 'Theme: dark');
});

test('a change of theme draws the charts in its colours', [], async ({ open, data }) => {
  if (data.counters.length === 0) return;
  const page = await open({ colorScheme: 'light' });
  const bar = async () => {
    await drawn(page, 'counters');
    return page
      .locator('[data-chart="counters"] svg g[aria-label="bar"] rect')
      .first()
      .getAttribute('fill')
      .then((fill) => fill ?? page.locator('[data-chart="counters"] svg g[aria-label="bar"]').first().getAttribute('fill'));
  };
  const light = await bar();
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.waitForFunction((before) => {
    const group = document.querySelector('[data-chart="counters"] svg g[aria-label="bar"]');
    return (group.querySelector('rect').getAttribute('fill') ?? group.getAttribute('fill')) !== before;
  }, light);
});

for (const colorScheme of ['light', 'dark']) {
  for (const [where, viewport] of [
    ['desk', DESK],
    ['phone', PHONE],
  ]) {
    test(`contrast is at least 4.5 : 1, ${colorScheme}, ${where}`, [], async ({ open, hasServer, anIdentity }) => {
      const page = await open({ colorScheme, viewport });
      await openEverything(page);
      if (hasServer && anIdentity !== null) {
        await page.fill('#find', anIdentity.path.slice(0, 3));
        await page.locator('.result').first().click();
        await page.waitForSelector('.life-line');
      }
      const { poor, looked } = await page.evaluate(measureContrast);
      assert.deepEqual(poor, []);
      assert.ok(looked > 30, `only ${looked} texts were looked at`);
    });
  }
}

test('a keyboard alone: skip links first, and the focus can always be seen', [], async ({ open }) => {
  const page = await open();
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Skip to content');
  // It slides in, unless less motion is wanted.
  await page.waitForFunction(() => document.activeElement.getBoundingClientRect().top >= 0);
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
  const unseen = [];
  for (let step = 0; step < 60; step += 1) {
    await page.keyboard.press('Tab');
    const fault = await page.evaluate(() => {
      const element = document.activeElement;
      if (element === document.body) return 'end';
      const style = getComputedStyle(element);
      const box = element.getBoundingClientRect();
      const bar = document.querySelector('.bar').getBoundingClientRect();
      const hidden = !element.closest('.bar, .skip') && box.bottom <= bar.bottom;
      return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 && !hidden ? null : element.outerHTML.slice(0, 160);
    });
    if (fault === 'end') break;
    if (fault !== null) unseen.push(fault);
  }
  assert.deepEqual(unseen, []);
});

test('a keyboard alone: search, open, read the life line, close', ['server'], async ({ open, anIdentity }) => {
  if (anIdentity === null) return;
  const page = await open();
  await page.keyboard.press('/');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'find');
  await page.keyboard.type(anIdentity.id);
  await page.waitForSelector('.result');
  await page.keyboard.press('ArrowDown');
  assert.ok(await page.evaluate(() => document.activeElement.matches('.result')));
  await page.keyboard.press('ArrowUp');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'find');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.life-line');
  await page.waitForFunction(() => document.activeElement.id === 'life-title');
  assert.equal(await page.locator('.step').count(), Math.max(1, anIdentity.names.length));
  assert.equal(new URL(page.url()).hash, `#id=${anIdentity.id}`);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.life', { state: 'detached' });
  assert.equal(await page.evaluate(() => document.activeElement.id), 'find');
});

test('search by number, by path, by an old name, and in vain', ['server'], async ({ open, identities }) => {
  if (identities.length === 0) return;
  const page = await open();
  const finds = async (query, { id }) => {
    await page.fill('#find', '');
    await page.waitForFunction(() => document.querySelector('.result') === null);
    await page.fill('#find', query);
    await page.waitForFunction((wanted) => document.querySelector('.result')?.getAttribute('href') === `#id=${wanted}`, id);
  };
  const [one] = identities.filter((identity) => /^[\w/. -]+$/.test(identity.path));
  await finds(one.id, one);
  await finds(one.path, one);
  await finds(one.path.toUpperCase(), one);
  const all = identities.flatMap((identity) => [identity.path, ...identity.names.map((name) => name.path)]);
  const moved = identities.find(
    (identity) => identity.names.length > 1 && all.filter((path) => path.includes(identity.names[0].path)).length === 1,
  );
  if (moved !== undefined) {
    await finds(moved.names[0].path, moved);
    assert.match(await page.textContent('.result'), /was /);
  }
  await page.fill('#find', 'there is no such thing');
  await page.waitForFunction(() => document.querySelector('#found').textContent.startsWith('No identity'));
  assert.equal(await page.locator('.result').count(), 0);
  await page.fill('#find', '');
  await page.waitForFunction(() => document.querySelector('#found').textContent === '');
});

test('of many results 50 are shown, and how many more there are', ['server'], async ({ open, identities }) => {
  if (identities.length <= 50) return;
  const page = await open();
  await page.fill('#find', identities[0].id.slice(-6));
  await page.waitForSelector('.result');
  const matching = identities.filter((identity) =>
    [identity.id, identity.path, ...identity.names.map((name) => name.path)].some((text) => text.includes(identities[0].id.slice(-6))),
  ).length;
  if (matching <= 50) return;
  assert.equal(await page.locator('.result').count(), 50);
  assert.ok(
    (await page.textContent('#found')).includes(`${(matching - 50).toLocaleString('en-GB')} more`),
    await page.textContent('#found'),
  );
});

test('a link with #id= opens the life line, also one that is unknown', ['server'], async ({ open, anIdentity, address }) => {
  const page = await open({ hash: '#id=9999999999999999' });
  await page.waitForFunction(() => document.querySelector('.life')?.textContent.includes('no such identity'));
  if (anIdentity === null) return;
  await page.goto(`${address}#id=${anIdentity.id}`);
  await page.waitForSelector('.life-line');
  const shown = await page.locator('.step .path').allTextContents();
  assert.equal(shown.length, Math.max(1, anIdentity.names.length));
});

test('every chart is drawn when it is scrolled to, with a name for those who cannot see it', [], async ({ open, data }) => {
  const page = await open();
  for (const name of CHARTS) {
    if (rowsOf(data, name).length === 0) continue;
    await drawn(page, name);
    const picture = page.locator(`[data-chart="${name}"] .canvas > svg`);
    assert.equal(await picture.getAttribute('role'), 'img');
    assert.ok((await picture.getAttribute('aria-label')).length > 20);
  }
});

test('the words of a chart stay inside it, on the phone too', [], async ({ open, data }) => {
  for (const viewport of [PHONE, DESK]) {
    const page = await open({ viewport });
    for (const name of CHARTS) {
      if (rowsOf(data, name).length === 0) continue;
      await drawn(page, name);
      const out = await page.evaluate((chart) => {
        const box = document.querySelector(`[data-chart="${chart}"]`).getBoundingClientRect();
        return [...document.querySelectorAll(`[data-chart="${chart}"] .canvas svg text`)]
          .filter((text) => {
            const own = text.getBoundingClientRect();
            return own.width > 0 && (own.left < box.left - 2 || own.right > box.right + 2);
          })
          .map((text) => text.textContent);
      }, name);
      assert.deepEqual(out, [], `${name} at ${viewport.width}`);
    }
  }
});

test('pointing at a chart tells the numbers', [], async ({ open, data }) => {
  if (data.allocations.length === 0) return;
  const page = await open();
  await drawn(page, 'allocations');
  const box = await page.locator('[data-chart="allocations"] .canvas').boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.waitForFunction(() =>
    document.querySelector('[data-chart="allocations"] g[aria-label="tip"]')?.textContent.includes('allocated'),
  );
});

test('the table behind each chart has a row for each datum', [], async ({ open, data }) => {
  const page = await open();
  for (const name of CHARTS) {
    if (rowsOf(data, name).length === 0) continue;
    if (name === 'coverage' || name === 'completion') await page.click('[data-do="range"][data-value="0"]');
    await drawn(page, name);
    await page.click(`[data-chart="${name}"] summary`);
    const rows = page.locator(`[data-chart="${name}"] tbody tr`);
    await rows.first().waitFor();
    assert.equal(await rows.count(), rowsOf(data, name).length, name);
  }
});

test('each chart can be saved as SVG, which carries all it needs', [], async ({ open, data }) => {
  for (const colorScheme of ['light', 'dark']) {
    const page = await open({ colorScheme });
    for (const name of CHARTS) {
      if (rowsOf(data, name).length === 0) continue;
      const { file, bytes } = await download(page, name, 'svg');
      const text = bytes.toString('utf8');
      assert.match(file, /^[\w.-]+\.svg$/);
      assert.ok(text.startsWith('<?xml'));
      assert.doesNotMatch(text, /var\(|currentColor|light-dark|<style|href=/);
      assert.match(text, /<svg[^>]* font-family="[^"]+"/);
      const root = await page.evaluate((source) => {
        const parsed = new DOMParser().parseFromString(source, 'image/svg+xml');
        const ground = parsed.querySelector('svg > rect');
        return {
          error: parsed.querySelector('parsererror')?.textContent ?? null,
          title: parsed.querySelector('svg > title')?.textContent,
          ground: ground?.getAttribute('fill'),
          width: ground?.getAttribute('width'),
          marks: parsed.querySelectorAll('rect, path').length,
        };
      }, text);
      assert.equal(root.error, null);
      assert.ok(root.title.length > 10);
      assert.match(root.ground, /^rgb\(/);
      assert.equal(root.width, '960');
      assert.ok(root.marks > 3);
    }
  }
});

test('each chart can be saved as PNG', [], async ({ open, data }) => {
  const page = await open();
  for (const name of CHARTS) {
    if (rowsOf(data, name).length === 0) continue;
    const { file, bytes } = await download(page, name, 'png');
    assert.match(file, /^[\w.-]+\.png$/);
    assert.equal(bytes.subarray(0, 8).toString('hex'), '89504e470d0a1a0a');
    assert.equal(bytes.readUInt32BE(16), 1920);
    assert.ok(bytes.readUInt32BE(20) >= 240, `height ${bytes.readUInt32BE(20)}`);
    assert.ok(bytes.length > 5000, `${name}: ${bytes.length} bytes`);
  }
});

test('a refresh with the same data touches nothing in the page', ['server'], async ({ open, data }) => {
  const page = await open({ patch: fast });
  await page.route(
    '**/api/overview.json',
    answerWith(() => fast(data)),
  );
  await drawn(page, 'coverage').catch(() => {});
  await page.evaluate(() => {
    window.touched = [];
    new MutationObserver((records) =>
      window.touched.push(...records.map((record) => `${record.type} in ${record.target.nodeName}.${record.target.className}`)),
    ).observe(document.querySelector('main'), { subtree: true, childList: true, attributes: true, characterData: true });
  });
  await answered(page, 3);
  assert.deepEqual(await page.evaluate(() => window.touched), []);
});

test('a refresh with new data keeps scroll, focus, open details, search and life line', ['server'], async ({ open, data, anIdentity }) => {
  const page = await open({ patch: fast });
  let current = data;
  let release;
  const released = new Promise((resolve) => {
    release = resolve;
  });
  // No answer before the place to be kept was noted: else what the first one destroys goes unseen.
  await page.route('**/api/overview.json', async (route) => {
    await released;
    await answerWith(() => fast(current))(route);
  });
  if (anIdentity !== null) {
    await page.fill('#find', anIdentity.id);
    await page.locator('.result').first().click();
    await page.waitForSelector('.life-line');
  }
  await openEverything(page);
  await page.evaluate(() => {
    const places = ['#drift summary', '#findings a', '[data-chart="coverage"] summary', '#theme'];
    const mine = places.map((place) => document.querySelector(place)).find((element) => element?.checkVisibility());
    mine.scrollIntoView({ block: 'center' });
    mine.focus({ preventScroll: true });
    window.mine = mine;
  });
  const place = () =>
    page.evaluate(() => ({
      // Where something above has grown, the page has scrolled by as much.
      at: Math.round(window.mine.getBoundingClientRect().top),
      open: document.querySelectorAll('details[open]').length,
      query: document.querySelector('#find').value,
      life: document.querySelector('#life-title')?.textContent ?? null,
      focus: document.activeElement === window.mine,
      connected: window.mine.isConnected,
    }));
  const before = await place();
  assert.ok(before.focus && before.connected);
  release();
  await answered(page, 1);
  assert.deepEqual(await place(), before, 'after the same data');
  const event = { at: now(), event: 'renamed', id: '2010000007260118', path: 'new/name.py', from: 'old/name.py', commit: 'f'.repeat(40) };
  current = {
    ...data,
    coverage: { ...data.coverage, total_files: data.coverage.total_files + 1 },
    drift: data.drift.map((kind) => ({ ...kind, count: kind.count > 0 ? kind.count + 1 : 0 })),
    allocations: data.allocations.map((row, at) => (at === data.allocations.length - 1 ? { ...row, allocated: row.allocated + 5 } : row)),
    events: [event, ...data.events].slice(0, 100),
  };
  await page.waitForFunction(() => document.querySelector('#events li')?.textContent.includes('new/name.py'));
  assert.deepEqual(await place(), before, 'after other data');
});

test(
  'a failed refresh is told, also to those who listen, and so is its end',
  ['server'],
  async ({ open, data }) => {
    const page = await open({ patch: fast });
    let works = false;
    await page.route('**/api/overview.json', (route) => (works ? answerWith(() => fast(data))(route) : route.abort()));
    await page.waitForSelector('.notice[data-state="fail"]');
    assert.match(await page.textContent('.notice'), /Refresh failed: the server does not respond\. Showing data from/);
    assert.match(await page.textContent('#spoken'), /Refresh failed/);
    assert.match(await page.textContent('#freshness'), /Refresh failed/);
    works = true;
    await page.waitForSelector('.notice', { state: 'detached' });
    assert.match(await page.textContent('#spoken'), /up to date again/);
    assert.match(await page.textContent('#freshness'), /Live/);
  },
  { mayFail: true },
);

test(
  'an error of the server, and an answer that is none, are told',
  ['server'],
  async ({ open }) => {
    const page = await open({ patch: fast });
    const answers = [
      { status: 500, body: 'no' },
      { status: 200, body: '<html>' },
      { status: 200, body: '{"version":2}' },
    ];
    let at = 0;
    await page.route('**/api/overview.json', (route) => route.fulfill(answers[at]));
    for (const words of ['the server answered 500', 'no JSON', 'reload the page']) {
      await page.waitForFunction((text) => document.querySelector('.notice')?.textContent.includes(text), words);
      at = Math.min(at + 1, answers.length - 1);
    }
  },
  { mayFail: true },
);

test('data older than two refreshes are told to be old', ['server'], async ({ open, data }) => {
  const page = await open({
    patch: (given) => ({ ...given, is_live: true, refresh_seconds: 60, at: new Date(Date.now() - 300_000).toISOString() }),
  });
  await page.route(
    '**/api/overview.json',
    answerWith(() => data),
  );
  await page.waitForSelector('.notice[data-state="warn"]');
  assert.match(await page.textContent('.notice'), /5 min old/);
  assert.match(await page.textContent('#freshness'), /Out of date/);
});

test('a live page asks again after the time it was told, a static one never', ['server'], async ({ open, data }) => {
  for (const live of [true, false]) {
    const page = await open({ clock: true, patch: (given) => ({ ...given, is_live: live, refresh_seconds: 60 }) });
    let asked = 0;
    await page.route('**/api/overview.json', (route) => {
      asked += 1;
      return answerWith(() => ({ ...data, is_live: live, at: now() }))(route);
    });
    await page.clock.runFor(59_000);
    assert.equal(asked, 0);
    const answer = live ? page.waitForResponse('**/api/overview.json') : null;
    await page.clock.runFor(2_000);
    await answer;
    assert.equal(asked, live ? 1 : 0);
    if (!live) await page.clock.runFor(600_000);
    assert.equal(asked, live ? 1 : 0);
    assert.equal(await page.isVisible('#refresh'), live);
  }
});

test('the headline follows the findings', ['server'], async ({ open, data }) => {
  const clean = {
    ...data,
    findings: { errors: 0, warnings: 0, shown: 0, items: [] },
    duplicates: [],
    drift: [],
    counters: [],
    health: [{ name: 'registry readable', state: 'ok', detail: '', help: null }],
    checks: [{ name: 'sync', state: 'pass', errors: 0, warnings: 0, at: now() }],
    coverage: { ...data.coverage, total_files: 10, with_ids: 10, share: 1 },
  };
  const cases = [
    [clean, 'Healthy', 'ok'],
    [{ ...clean, findings: { ...clean.findings, warnings: 5 } }, 'Healthy, with 5 warnings', 'warn'],
    [{ ...clean, findings: { ...clean.findings, errors: 1 } }, '1 error needs attention', 'fail'],
    [{ ...clean, findings: { ...clean.findings, errors: 2 } }, '2 errors need attention', 'fail'],
    [{ ...clean, health: [{ name: 'registry readable', state: 'critical', detail: '', help: null }] }, '1 problem needs attention', 'fail'],
    [{ ...clean, coverage: { ...clean.coverage, with_ids: 9 } }, 'Healthy, with 1 remark', 'warn'],
  ];
  for (const [given, headline, state] of cases) {
    const page = await open({ patch: () => given });
    assert.equal(await page.textContent('#headline'), headline);
    assert.equal(await page.getAttribute('#verdict', 'data-state'), state);
    await page.close();
  }
});

test('data with gaps do not stop the page', ['server'], async ({ open, data }) => {
  const page = await open({ patch: () => ({ version: 1, at: data.at, is_live: false, refresh_seconds: 60 }) });
  assert.equal(await page.textContent('#headline'), 'No identities yet');
  assert.ok((await page.locator('.empty').count()) >= 8);
});

test('who wants less motion gets none', [], async ({ open }) => {
  const page = await open({ reducedMotion: 'reduce' });
  const moving = await page.evaluate(
    () =>
      [...document.querySelectorAll('*')].filter((element) => {
        const style = getComputedStyle(element);
        return parseFloat(style.transitionDuration) > 0 || style.animationName !== 'none';
      }).length,
  );
  assert.equal(moving, 0);
});

test('nothing of the page is fetched from anywhere, and its policy forbids it', [], async ({ open }) => {
  const page = await open();
  const policy = await page.getAttribute('meta[http-equiv="Content-Security-Policy"]', 'content');
  assert.match(policy, /default-src 'none'/);
  assert.match(policy, /script-src 'sha256-[^ ]+' 'sha256-[^ ]+';/);
  const outside = await page.evaluate(
    () =>
      [...document.querySelectorAll('[src], link[href]')].filter(
        (element) => !/^data:/.test(element.getAttribute('src') ?? element.getAttribute('href')),
      ).length,
  );
  assert.equal(outside, 0);
  assert.equal(
    await page.evaluate(() =>
      [...document.querySelectorAll('*')].some((element) => [...element.attributes].some(({ name }) => name.startsWith('on'))),
    ),
    false,
  );
});

test('hostile names are shown and do nothing', ['server', 'sample'], async ({ open, identities }) => {
  const page = await open();
  await openEverything(page);
  for (const identity of identities.slice(0, HOSTILE.length)) {
    await page.fill('#find', identity.id);
    await page.locator(`.result[href="#id=${identity.id}"]`).click();
    await page.waitForFunction((id) => document.querySelector('#life-title')?.textContent.includes(id), identity.id);
  }
  const text = await page.textContent('main');
  assert.ok(text.includes('<img src=x onerror=alert(1)>.md'));
  assert.ok(text.includes('</script><script>alert(2)</script>.md'));
  assert.ok(text.includes('\\u{202e}gnp.exe.md'), 'signs that turn the writing are shown');
  assert.ok(text.includes('new\\nline\\tand tab.md'));
  assert.ok(text.includes('{{SCRIPT}}{{DATA}}$&$1.md'), 'placeholders in names are only text');
  assert.equal(await page.locator('main img, main script, main iframe, header b').count(), 0);
  assert.equal(await page.textContent('#where bdi'), '<b>contracts</b> / main');
});

test('identifiers in code: completion, inputs of the score, parts, and what is of the past', ['sample'], async ({ open, data }) => {
  const page = await open();
  const { totals, scores } = data.identifiers;
  const shown = await page.textContent('#identifiers');
  for (const words of [
    `${totals.files - totals.files_with_findings} of ${totals.files} files`,
    `Score ${totals.score.toFixed(1)}\u00a0%`,
    '1 file could not be checked',
    'replaced by run',
    'nothing replaces it',
    'mixed with it in <b>backend</b>',
    'origin/main..<b>HEAD</b>',
  ]) {
    assert.ok(shown.includes(words), `${words}: ${shown}`);
  }
  const rows = page.locator('[aria-label="By category"] tbody tr');
  assert.equal(await rows.count(), Object.keys(scores.category).length);
  assert.ok((await rows.first().textContent()).includes('<img src=x'), 'the most findings come first');
  assert.equal(await page.locator('[aria-label="Inputs of the score"] tbody tr').count(), 2);
});

test('code that cannot be checked is said', ['server'], async ({ open, data }) => {
  const page = await open();
  const identifiers = { state: 'failed', reason: 'idhooks.toml:3: <b>no code</b>' };
  await page.route('**/api/overview.json', (route) => route.fulfill({ json: { ...data, identifiers } }));
  await page.click('#refresh');
  await answered(page, 0);
  await page.waitForFunction(() => document.querySelector('#identifiers').textContent.includes('<b>no code</b>'));
  assert.ok(await page.locator('[data-chart="completion"]').isHidden());
});

test('migration: progress, differences, writes and their times', ['sample'], async ({ open, data }) => {
  const page = await open();
  const { records, operations } = data.migration;
  const shown = await page.textContent('#migration');
  const all = Object.values(records).reduce((sum, n) => sum + n, 0).toLocaleString('en-GB');
  for (const words of [
    'Both files are written; the registry leads',
    `${records.in_step.toLocaleString('en-GB')} of ${all} records`,
    'registry/<b>ids</b>.json',
    '3 differences',
    "registry: 'docs/<img src=x",
    "registry: nothing · legacy file: '<b>ann</b>'",
    `${operations.successful_operations} of 200 succeeded`,
    'move <b>everything</b>',
    '42.5 ms',
    'the index',
  ]) {
    assert.ok(shown.includes(words), `${words}: ${shown}`);
  }
  assert.equal(await page.locator('[aria-label="Records by state"] tbody tr').count(), 4);
  assert.equal(await page.locator('[aria-label="Time of a write"] tbody tr').count(), 9);
});

test('files that cannot be compared, and one that is gone, are said', ['server'], async ({ open, data }) => {
  const page = await open();
  const show = async (migration, words) => {
    await page.unroute('**/api/overview.json');
    await page.route('**/api/overview.json', (route) => route.fulfill({ json: { ...data, migration } }));
    await page.click('#refresh');
    await page.waitForFunction((text) => document.querySelector('#migration').textContent.includes(text), words);
  };
  await show({ state: 'failed', reason: 'cannot read <b>it</b>' }, 'cannot read <b>it</b>');
  const gone = { state: 'compared', phase: 'registry-leads', enabled: true, path: 'ids.json', format: 'csv', legacy: 'missing' };
  await show({ ...gone, progress: 0, records: { only_registry: 4 }, discrepancies: 1, shown: [] }, '1 difference');
  assert.ok((await page.textContent('#migration')).includes('missing'));
});

test('an empty repository says what to do', ['sample'], async ({ open }) => {
  const site = await serve({ state: 'empty' });
  try {
    for (const viewport of [PHONE, DESK]) {
      const page = await open({ address: site.url, viewport });
      assert.equal(await page.textContent('#headline'), 'No identities yet');
      for (const words of [
        'No history yet',
        'Nothing allocated yet',
        'No check has run yet',
        'No findings',
        'No identity belongs to two',
        'No drift',
        'No counter is in use',
        'No events yet',
        'No tracked files yet',
        'add [lint] to idhooks.toml',
        'add [dual_write] to idhooks.toml',
      ]) {
        assert.ok((await page.textContent('main')).includes(words), words);
      }
      assert.equal(await page.locator('.chart-tools:visible').count(), 0);
      assert.ok(await page.locator('[data-chart="completion"]').isHidden());
    }
  } finally {
    site.stop();
  }
});

test('a healthy repository says so', ['sample'], async ({ open }) => {
  const site = await serve({ state: 'healthy' });
  try {
    const page = await open({ address: site.url });
    assert.equal(await page.textContent('#headline'), 'Healthy');
    assert.match(await page.textContent('[data-part="reasons"]'), /Every file has an identity, and all 4 checks passed/);
  } finally {
    site.stop();
  }
});

test('an exported page works from a file, and says how to search', ['sample'], async ({ open }) => {
  const directory = mkdtempSync(join(tmpdir(), 'idhooks-page-'));
  try {
    exportTo(directory);
    const page = await open({ address: pathToFileURL(join(directory, 'index.html')).href });
    assert.match(await page.textContent('#freshness'), /Static copy/);
    await drawn(page, 'coverage');
    await page.fill('#find', 'src');
    await page.waitForFunction(() => document.querySelector('#found').textContent.includes('Search needs a server'));
    const { bytes } = await download(page, 'coverage', 'png');
    assert.equal(bytes.subarray(1, 4).toString(), 'PNG');
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('100,000 identities: each key is answered at once', ['sample'], async ({ open }) => {
  const site = await serve({ count: 100_000 });
  try {
    const page = await open({ address: site.url });
    await page.fill('#find', 'x');
    await page.waitForSelector('.result', { timeout: 60_000 });
    const times = [];
    for (const query of ['a', 'price', 'price 77', 'src/old_contract', '260118', 'zzzz']) {
      times.push(
        await page.evaluate(
          (text) =>
            new Promise((done) => {
              const field = document.querySelector('#find');
              const found = document.querySelector('#found');
              const begun = performance.now();
              found.textContent = '…';
              new MutationObserver((_, observer) => {
                observer.disconnect();
                done(Math.round(performance.now() - begun));
              }).observe(found, { childList: true, characterData: true, subtree: true });
              field.value = text;
              field.dispatchEvent(new Event('input'));
            }),
          query,
        ),
      );
    }
    console.log(`     answers after ${times.join(', ')} ms, of which 90 ms are waiting for the next key`);
    assert.ok(Math.max(...times) < 600, times.join(', '));
  } finally {
    site.stop();
  }
});

// ----------------------------------------------------------------------------------- what helps

const now = () => new Date().toISOString();
// From the near future: on a slow machine two periods of a second pass, and that is not the question.
const fast = (data) => ({ ...data, is_live: true, refresh_seconds: 1, at: new Date(Date.now() + 60_000).toISOString() });
const answerWith = (make) => (route) => route.fulfill({ contentType: 'application/json', body: JSON.stringify(make()) });
const ROWS = { coverage: (data) => data.history, completion: (data) => data.identifiers?.history ?? [] };
const rowsOf = (data, chart) => (ROWS[chart] ?? ((all) => all[chart]))(data);

/** Waits until so many refreshes were answered and taken. */
async function answered(page, times) {
  for (let at = 0; at < times; at += 1) await page.waitForResponse('**/api/overview.json');
  await page.waitForFunction(() => !document.querySelector('#refresh').hasAttribute('aria-disabled'));
}

async function drawn(page, chart) {
  await page.locator(`[data-chart="${chart}"]`).scrollIntoViewIfNeeded();
  await page.waitForSelector(`[data-chart="${chart}"] .canvas > svg`);
}

async function openEverything(page) {
  for (const chart of CHARTS) {
    if (await page.locator(`[data-chart="${chart}"] .canvas`).isVisible()) await drawn(page, chart);
  }
  await page.evaluate(() => {
    for (const details of document.querySelectorAll('details')) details.open = true;
    scrollTo(0, 0);
  });
  await page.waitForFunction(() =>
    [...document.querySelectorAll('[data-chart] details:not([hidden])')].every((details) => details.querySelector('table')),
  );
}

/** Clicks only on a chart that stands: one that is still being drawn has nothing to save. */
async function download(page, chart, kind) {
  const figure = page.locator(`[data-chart="${chart}"]`);
  await figure.scrollIntoViewIfNeeded();
  await figure.locator('.canvas > *').first().waitFor({ state: 'attached' });
  const [file] = await Promise.all([page.waitForEvent('download'), page.click(`[data-do="save"][data-value="${chart}.${kind}"]`)]);
  return { file: file.suggestedFilename(), bytes: readFileSync(await file.path()) };
}

/** Runs in the page: the contrast of every text with what is behind it. */
function measureContrast() {
  const parse = (colour) => {
    const [r, g, b, a = 1] = colour.match(/[\d.]+/g).map(Number);
    return { r, g, b, a };
  };
  const over = (top, under) => ({
    r: top.r * top.a + under.r * (1 - top.a),
    g: top.g * top.a + under.g * (1 - top.a),
    b: top.b * top.a + under.b * (1 - top.a),
    a: 1,
  });
  const light = ({ r, g, b }) => {
    const [x, y, z] = [r, g, b].map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (element) => {
    const layers = [];
    for (let at = element; at !== null; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.a > 0) layers.push(colour);
      if (colour.a === 1) break;
    }
    return layers.reverse().reduce((under, top) => over(top, under), { r: 255, g: 255, b: 255, a: 1 });
  };
  const poor = [];
  let looked = 0;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (
      walker.currentNode.nodeValue.trim() === '' ||
      element.closest('script, style, noscript, title, .unseen') ||
      !element.checkVisibility()
    )
      continue;
    looked += 1;
    const style = getComputedStyle(element);
    const colour = parse(element instanceof SVGElement ? style.fill : style.color);
    const ground = behind(element);
    const [bright, dim] = [light(over(colour, ground)), light(ground)].sort((a, b) => b - a);
    const ratio = (bright + 0.05) / (dim + 0.05);
    const words = `${ratio.toFixed(2)} : 1 for "${walker.currentNode.nodeValue.trim().slice(0, 30)}" in ${element.tagName}.${element.className?.baseVal ?? element.className}`;
    if (ratio < 4.5 && !poor.includes(words)) poor.push(words);
  }
  const field = document.querySelector('#find');
  const hint = [light(parse(getComputedStyle(field, '::placeholder').color)), light(behind(field))].sort((a, b) => b - a);
  if ((hint[0] + 0.05) / (hint[1] + 0.05) < 4.5) poor.push('the placeholder of the search');
  return { poor, looked };
}

// -------------------------------------------------------------------------------------- running

function readArguments(words) {
  const given = { address: null, sample: false, screenshots: null, only: '' };
  for (let at = 0; at < words.length; at += 1) {
    if (words[at] === '--sample') given.sample = true;
    else if (words[at] === '--screenshots') given.screenshots = resolve(words[(at += 1)]);
    else if (words[at] === '--only') given.only = words[(at += 1)];
    else if (given.address === null && !words[at].startsWith('--')) given.address = words[at];
    else throw new Error(`unknown argument ${words[at]}`);
  }
  if (given.address !== null && !/^\w+:\/\//.test(given.address)) given.address = pathToFileURL(resolve(given.address)).href;
  return given;
}

/** Pages that behave: whatever they do wrong is noted in `faults`. */
function opener(browser, home, faults, { mayFail = false }) {
  const contexts = [];
  const open = async ({ address = home, hash = '', patch = null, clock = false, viewport = DESK, ...options } = {}) => {
    const context = await browser.newContext({ viewport, acceptDownloads: true, ...options });
    contexts.push(context);
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
    page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
    page.on('dialog', (dialog) => {
      faults.push(`dialog: ${dialog.message()}`);
      dialog.dismiss();
    });
    page.on('console', (line) => {
      const expected = mayFail && line.text().startsWith('Failed to load resource');
      if (['error', 'warning'].includes(line.type()) && !expected) faults.push(`console: ${line.text()}`);
    });
    page.on('request', (request) => {
      const url = request.url();
      if (!/^(data|blob):/.test(url) && !url.startsWith(new URL('.', address).href)) faults.push(`asked for ${url}`);
    });
    if (clock) await page.clock.install();
    if (patch !== null)
      await page.route(
        (url) => url.href.split('#')[0] === address,
        (route) => patched(route, patch),
      );
    await page.goto(address + hash);
    return page;
  };
  return { open, close: () => Promise.all(contexts.map((context) => context.close())) };
}

const DATA = /(<script type="application\/json" id="data">)([\s\S]*?)(<\/script>)/;

/** The page with other data in it than the server put there. */
async function patched(route, patch) {
  const response = await route.fetch();
  const body = (await response.text()).replace(
    DATA,
    (_, before, data, after) => `${before}${JSON.stringify(patch(JSON.parse(data))).replaceAll('<', '\\u003c')}${after}`,
  );
  await route.fulfill({ response, body });
}

async function read(browser, address) {
  const page = await browser.newPage();
  await page.goto(address);
  const data = JSON.parse(await page.locator('#data').textContent());
  await page.close();
  const hasServer = address.startsWith('http');
  const identities = hasServer ? (await (await fetch(new URL('api/identities.json', address))).json()).identities : [];
  const anIdentity = identities.find((identity) => identity.names.length > 1) ?? identities[0] ?? null;
  return { address, data, hasServer, identities, anIdentity };
}

async function takePictures(browser, address, directory) {
  mkdirSync(directory, { recursive: true });
  for (const viewport of [PHONE, DESK]) {
    for (const colorScheme of ['light', 'dark']) {
      const context = await browser.newContext({ viewport, colorScheme, deviceScaleFactor: viewport === PHONE ? 2 : 1 });
      const page = await context.newPage();
      await page.goto(address);
      for (const chart of CHARTS) await drawn(page, chart).catch(() => {});
      await page.evaluate(() => scrollTo(0, 0));
      await page.screenshot({ path: join(directory, `${viewport.width}-${colorScheme}.png`), fullPage: true });
      await context.close();
    }
  }
}

async function runOne({ name, run, options }, browser, facts) {
  const faults = [];
  const { open, close } = opener(browser, facts.address, faults, options);
  const begun = Date.now();
  try {
    await run({ ...facts, open });
    assert.deepEqual(faults, [], 'the page did what it should not');
    console.log(`ok   ${name} (${Date.now() - begun} ms)`);
    return true;
  } catch (error) {
    console.log(`FAIL ${name}\n${String(error.stack ?? error).replace(/^/gm, '     ')}`);
    for (const fault of faults) console.log(`     ${fault}`);
    return false;
  } finally {
    await close();
  }
}

async function main() {
  const given = readArguments(process.argv.slice(2));
  const own = given.address === null ? await serve() : null;
  const address = own?.url ?? given.address;
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
  try {
    const facts = await read(browser, address);
    const has = { server: facts.hasServer, sample: own !== null || given.sample };
    const chosen = tests.filter(({ name }) => name.includes(given.only));
    let failed = 0;
    let skipped = 0;
    for (const one of chosen) {
      if (!one.needs.every((need) => has[need])) {
        skipped += 1;
        console.log(`skip ${one.name} (needs: ${one.needs.join(', ')})`);
      } else if (!(await runOne(one, browser, facts))) failed += 1;
    }
    console.log(`${chosen.length - failed - skipped} passed, ${failed} failed, ${skipped} skipped`);
    if (given.screenshots !== null) await takePictures(browser, address, given.screenshots);
    return failed === 0 ? 0 : 1;
  } finally {
    await browser.close();
    own?.stop();
  }
}

process.exit(
  await main().catch((error) => {
    console.error(`tests/ui: ${error.message}`);
    return 2;
  }),
);
