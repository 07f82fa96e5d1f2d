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

