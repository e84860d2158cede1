// Charts: each [data-gl-chart] is drawn from the table it names, so that the picture and the numbers cannot differ.
// The engine is fetched by the first chart there is. Without scripts, or without the engine, the table stays open.
(() => {
  "use strict";
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--gl-${name}`).trim();
  const text = (cell) => cell.textContent.trim();
  const number = (cell) => (cell.dataset.value === undefined ? null : Number(cell.dataset.value));
  const link = (cell) => cell.querySelector("a") ?? cell.parentElement.querySelector("th a");
  // What tells columns apart beside the colour: the line, the symbol, the stripes of a bar.
  const COLOURS = ["brand", "blue", "amber", "violet", "orange", "edge"];
  const LINES = ["solid", "dashed", "dotted"];
  const SYMBOLS = ["circle", "rect", "triangle", "diamond"];
  const STRIPES = [0, -0.78, 0.78, 1.57];
  const turn = (list, at) => list[at % list.length];
  const BAND = { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [2, 5] };
  const stripe = (at) => ({ ...BAND, rotation: turn(STRIPES, at), color: css("surface") });
  const read = (table) => {
    const rows = [...table.tBodies[0].rows].map((row) => [...row.cells]);
    const columns = [...table.tHead.rows[0].cells].slice(1).map((head, at) => ({
      name: text(head),
      isLimit: "glLimit" in head.dataset,
      isAside: "glAside" in head.dataset,
      colour: css(head.dataset.glColour ?? ("glLimit" in head.dataset ? "red" : turn(COLOURS, at))),
      cells: rows.map((row) => row[at + 1]),
    }));
    return { columns: columns.filter((column) => !column.isAside), labels: rows.map((row) => text(row[0])) };
  };
  const drawnAs = (kind, column, at) => {
    const [line, symbol] = column.isLimit ? ["dashed", "none"] : [turn(LINES, at), turn(SYMBOLS, at)];
    if (kind === "line") return { type: "line", lineStyle: { width: 2.5, type: line }, symbol, symbolSize: 8 };
    if (column.isLimit) return { type: "scatter", symbol: "rect", symbolSize: kind === "across" ? [5, 30] : [40, 5], z: 5 };
    return { type: "bar", stack: kind === "stacked" ? "all" : undefined, barMaxWidth: 34 };
  };
  const series = (kind, { columns, labels }) => {
    const label = { show: kind === "bar" && columns.length * labels.length <= 16, position: "top", color: css("ink") };
    const ofLimit = { opacity: 1, borderColor: css("surface"), borderWidth: 1 };
    return columns.map((column, at) => ({
      ...drawnAs(kind, column, at),
      name: column.name,
      data: column.cells.map(number),
      itemStyle: { color: column.colour, ...(column.isLimit ? ofLimit : at ? { decal: stripe(at) } : {}) },
      cursor: column.cells.some(link) ? "pointer" : "default",
      label: { ...label, formatter: (point) => text(column.cells[point.dataIndex]), show: label.show && !column.isLimit },
    }));
  };
  const options = (figure, data) => {
    const kind = figure.dataset.glChart;
    const [isAcross, isShare] = [kind === "across", "glShare" in figure.dataset];
    const words = { color: css("ink-2"), fontSize: 12 };
    const line = { lineStyle: { color: css("line") } };
    const style = isShare ? { style: "percent", maximumFractionDigits: 1 } : { notation: "compact" };
    const { format } = new Intl.NumberFormat(document.documentElement.lang, style);
    const figures = { ...words, formatter: (n) => format(n) };
    const value = { type: "value", scale: kind === "line", max: isShare ? 1 : null, splitNumber: 3, splitLine: line, axisLabel: figures };
    const bars = data.columns.filter((column) => !column.isLimit);
    const named = (name, at) => `${name}\n${bars.map((column) => text(column.cells[at])).join(" · ")}`;
    const folded = { lineHeight: 16, width: 112, overflow: "break", formatter: named };
    const names = { ...words, ...(isAcross ? folded : { hideOverlap: true }) };
    const rows = { type: "category", data: data.labels, axisTick: { show: false }, axisLine: line, axisLabel: names };
    const cell = (point) => text(data.columns[point.seriesIndex].cells[point.dataIndex]);
    const told = (points) => [points[0].name, ...points.map((point) => `${point.seriesName} ${cell(point)}`)].join("\n");
    return {
      animation: false,
      aria: { enabled: true, label: { enabled: false } }, // stripes need it; the words are the server's
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
      legend: { show: data.columns.length > 1, type: "scroll", top: 0, left: 0, itemWidth: 24, textStyle: words },
      grid: { left: 8, right: 20, top: data.columns.length > 1 ? 44 : 24, bottom: 8, containLabel: true },
      tooltip: {
        trigger: "axis", renderMode: "richText", confine: true, formatter: told,
        axisPointer: { type: kind === "line" ? "line" : "shadow" },
        backgroundColor: css("surface"), borderColor: css("edge"), textStyle: { ...words, color: css("ink") },
      },
      xAxis: isAcross ? value : rows,
      yAxis: isAcross ? { ...rows, inverse: true } : value,
      series: series(kind, data),
    };
  };

  // The height of a bar with its name beside it, which is folded at the width of `folded`, and the numbers below.
  const wide = (name) => [...name].reduce((sum, letter) => sum + (letter > "\u2e7f" ? 12 : 7), 0);
  const bandOf = (labels) => Math.max(48, ...labels.map((name) => 16 * Math.ceil(wide(name) / 96) + 32));
  const draw = async (figure) => {
    figure.dataset.glDrawn = "";
    await import(figure.dataset.glEngine);
    const data = read(document.getElementById(figure.dataset.glTable));
    const plot = figure.querySelector(".gl-plot");
    plot.hidden = false;
    if (figure.dataset.glChart === "across") plot.style.height = `${72 + bandOf(data.labels) * data.labels.length}px`;
    const chart = window.echarts.init(plot, null, { renderer: "canvas" });
    chart.setOption(options(figure, data));
    chart.on("click", (point) => link(data.columns[point.seriesIndex].cells[point.dataIndex])?.click());
    // Taken out of the page by a swap, its size falls to nothing: the last thing that is seen of it.
    new ResizeObserver(() => (plot.isConnected ? chart.resize() : chart.dispose())).observe(plot);
    figure.querySelector("details").open = false;
  };
  const drawAll = () => document.querySelectorAll("[data-gl-chart]:not([data-gl-drawn])").forEach(draw);
  document.addEventListener("htmx:afterSettle", drawAll);
  drawAll();
})();
