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
