(() => {
  "use strict";
  const data = JSON.parse(document.getElementById("data").textContent);
  const paper = document.querySelector(".paper");
  let printing = false;
  const charts = [];
  const colour = (name) =>
    getComputedStyle(printing ? paper : document.documentElement).getPropertyValue("--" + name).trim();

  // --- charts

  const count = (value) => (value == null ? "" : value.toLocaleString("en"));
  const bytes = (value) => {
    if (value == null) return "";
    let unit = 0;
    while (value >= 999.5 && unit < 4) [value, unit] = [value / 1000, unit + 1];
    return (unit && value < 99.95 ? value.toFixed(1) : Math.round(value)) + " " + ["B", "kB", "MB", "GB", "TB"][unit];
  };
  const axis = (more) => ({
    stroke: () => colour("muted"),
    grid: { stroke: () => colour("rule"), width: 1 },
    ticks: { stroke: () => colour("rule"), width: 1 },
    font: "12px system-ui, sans-serif",
    ...more,
  });
  const day = { label: "Day", value: (_, at) => (at == null ? "" : new Date(at * 1000).toISOString().slice(0, 10)) };
  const room = (place) =>
    printing ? { width: 690, height: 230 } : { width: place.clientWidth || 600, height: place.clientWidth < 500 ? 200 : 260 };
  const options = (place, series, value) => ({
    ...room(place),
    tzDate: (at) => uPlot.tzDate(new Date(at * 1000), "Etc/UTC"),
    scales: {
      x: { range: (_, low, high) => [low - 43200, high + 43200] },
      y: { range: (_, low, high) => [0, (high || 1) * 1.05] },
    },
    axes: [
      axis({ values: [
        [31536000, "{YYYY}", null, null, null, null, null, null, 1],
        [2419200, "{MMM}", "\n{YYYY}", null, null, null, null, null, 1],
        [86400, "{D} {MMM}", "\n{YYYY}", null, null, null, null, null, 1],
        [1, "", null, null, null, null, null, null, 1],
      ], space: 64 }),
      axis({ values: (_, ticks) => ticks.map((tick) => (tick === Math.round(tick) ? value(tick) : "")), size: 64 }),
    ],
    series: [day, ...series],
    cursor: { points: { show: false }, drag: { x: true, y: false } },
  });

  const draw = (id, make) => {
    const place = document.getElementById(id);
    if (!place) return;
    let chart = make(place);
    let width = place.clientWidth;
    charts.push(() => {
      chart.destroy();
      chart = make(place);
    });
    new ResizeObserver(() => {
      if (place.clientWidth && place.clientWidth !== width && !printing) {
        width = place.clientWidth;
        chart.setSize(room(place));
      }
    }).observe(place);
  };

  draw("days-chart", (place) => {
    const times = data.days.map((row) => row[0]);
    const counts = data.kinds.map((_, at) => data.days.map((row) => row[at + 1]));
    const there = data.kinds.map((_, at) => at).filter((at) => counts[at].some((number) => number));
    // The sum of all is drawn first and that of one at the end: what is seen of each is its own part.
    const stacked = (shown) => {
      const sum = times.map(() => 0);
      const sums = there.map((at) => {
        if (shown(at)) counts[at].forEach((number, row) => (sum[row] += number));
        return sum.slice();
      });
      return [times, ...sums.reverse()];
    };
    const order = there.slice().reverse();
    return new uPlot(
      {
        ...options(place, order.map((at) => ({
          label: data.kinds[at],
          fill: () => colour(data.kinds[at]),
          stroke: () => colour(data.kinds[at]),
          width: 0,
          points: { show: false },
          paths: uPlot.paths.bars({ size: [0.8, 48] }),
          value: (_, __, ___, row) => (row == null ? "" : count(counts[at][row])),
        })), count),
        hooks: {
          setSeries: [(self, _, change) => {
            if (change && "show" in change) self.setData(stacked((at) => self.series[order.indexOf(at) + 1].show));
          }],
        },
      },
      stacked(() => true),
      place,
    );
  });

  draw("growth-chart", (place) => {
    const line = (label, name) => ({
      label, stroke: () => colour(name), fill: () => colour(name) + "22", width: 2, points: { show: data.growth.length < 3 },
      value: (_, value) => bytes(value),
    });
    return new uPlot(
      options(place, [line("all versions", "modified"), line("different contents", "created")], bytes),
      [0, 1, 2].map((at) => data.growth.map((row) => row[at])),
      place,
    );
  });

  const redraw = () => charts.forEach((again) => again()); // colours stand in the legend too
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);

  // --- paper: light, as wide as a page, and what matters unfolded

  let unfolded = [];
  const print = (on) => {
    if (printing === on) return;
    printing = on;
    if (on) {
      unfolded = [...document.querySelectorAll("details.matter:not([open])")];
      unfolded.forEach((one) => (one.open = true));
    } else {
      unfolded.forEach((one) => (one.open = false));
    }
    redraw();
  };
  addEventListener("beforeprint", () => print(true));
  addEventListener("afterprint", () => print(false));

  // --- tables

  const collator = new Intl.Collator("en", { numeric: true });
  const key = (row, at) => {
    const cell = row.cells[at];
    return cell.dataset.value === undefined ? cell.textContent : Number(cell.dataset.value);
  };
  const compare = (one, other) =>
    typeof one === "number" && typeof other === "number" ? one - other : collator.compare(String(one), String(other));
  document.querySelectorAll("table.sortable").forEach((table) => {
    const heads = [...table.tHead.rows[0].querySelectorAll("th")];
    heads.forEach((head, at) =>
      head.firstElementChild.addEventListener("click", () => {
        const falls = head.getAttribute("aria-sort") !== "descending";
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", falls ? "descending" : "ascending");
        const rows = [...table.tBodies[0].rows].map((row) => [key(row, at), row]);
        rows.sort((one, other) => (falls ? compare(other[0], one[0]) : compare(one[0], other[0])));
        table.tBodies[0].append(...rows.map((pair) => pair[1]));
      }),
    );
  });
  document.querySelectorAll("input.find").forEach((find) => {
    const rows = [...find.nextElementSibling.querySelectorAll("tbody tr")];
    find.addEventListener("input", () => {
      const wanted = find.value.toLowerCase();
      rows.forEach((row) => (row.hidden = !row.textContent.toLowerCase().includes(wanted)));
    });
  });
})();
