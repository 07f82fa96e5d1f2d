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

