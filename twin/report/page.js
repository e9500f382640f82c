"use strict";
// Draws the bands of the chosen scenario beside the baseline's, and shows what belongs to that scenario.
(function () {
  const figures = JSON.parse(document.getElementById("figures").textContent);
  const place = document.getElementById("bands");
  const comparing = figures.scenarios.length > 0;
  const faint = (colour, share) => colour + Math.round(255 * share).toString(16).padStart(2, "0");

  function band(series, colour, name, axes, hover) {
    const common = { x: figures.dates, xaxis: axes.x, yaxis: axes.y, mode: "lines", hoverinfo: "skip", showlegend: false };
    return [
      { ...common, y: series.p05, line: { width: 0 } },
      { ...common, y: series.p95, line: { width: 0 }, fill: "tonexty", fillcolor: faint(colour, 0.2) },
      { ...common, y: series.mean, line: { color: colour, width: 2 }, name: name, hoverinfo: undefined,
        customdata: series.p05.map((low, i) => [low, series.p95[i]]),
        hovertemplate: "%{y:,.4~r}  (%{customdata[0]:,.4~r} to %{customdata[1]:,.4~r})<extra>" + hover + "</extra>",
        showlegend: axes.legend, legendgroup: name },
    ];
  }

  function traces(chosen) {
    const base = figures.baseline, scenario = figures.scenarios[chosen];
    return figures.measures.flatMap((measure, i) => {
      const level = { x: "x" + (i + 1), y: "y" + (i + 1), legend: i === 0 };
      const below = { x: "x" + (i + 1), y: "y" + (i + 3), legend: false };
      const drawn = band(base.series[measure.name], base.colour, base.title, level, base.title);
      return !comparing ? drawn : drawn.concat(
        band(scenario.series[measure.name], scenario.colour, scenario.title, level, scenario.title),
        band(scenario.difference[measure.name], scenario.colour, scenario.title, below, "difference"));
    });
  }

  function layout(chosen) {
    const font = { family: getComputedStyle(document.body).fontFamily, size: 13, color: "#1b2430" };
    const out = {
      font: font, margin: { l: 66, r: 12, t: 34, b: 46 }, hovermode: "x unified", separators: ".,",
      legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom" }, paper_bgcolor: "#fff", plot_bgcolor: "#fff",
      hoverlabel: { bgcolor: "#fff", bordercolor: "#dfe3e8", font: { size: 12 } },
    };
    const gap = Math.min(0.3, 124 / place.clientWidth), width = (1 - gap) / 2;
    figures.measures.forEach((measure, i) => {
      const left = i * (width + gap), axis = { gridcolor: "#e6e9ed", zerolinecolor: "#9aa3ad", zerolinewidth: 1, tickformat: ",~r",
        fixedrange: true, title: { font: { size: 12, color: "#5b6675" }, standoff: 8 } };
      out["xaxis" + (i + 1)] = { domain: [left, left + width], anchor: comparing ? "y" + (i + 3) : "y" + (i + 1), type: "date",
        showgrid: false, ticks: "outside", tickcolor: "#9aa3ad", linecolor: "#9aa3ad", tickformat: "%b\n%Y", fixedrange: true,
        hoverformat: "%a %-d %B %Y", nticks: 8 };
      out["yaxis" + (i + 1)] = { ...axis, domain: comparing ? [0.42, 1] : [0, 1], anchor: "x" + (i + 1),
        title: { ...axis.title, text: measure.title + ", " + measure.unit } };
      if (comparing) out["yaxis" + (i + 3)] = { ...axis, domain: [0, 0.33], anchor: "x" + (i + 1), rangemode: "tozero",
        title: { ...axis.title, text: "difference, " + figures.scenarios[chosen].unit[measure.name] } };
    });
    return out;
  }

  function choose(chosen) {
    document.querySelectorAll(".choice button").forEach((button) =>
      button.setAttribute("aria-pressed", String(Number(button.dataset.scenario) === chosen)));
    document.querySelectorAll(".per-scenario").forEach((block) => {
      block.hidden = Number(block.dataset.scenario) !== chosen;
    });
    place.classList.toggle("single", !comparing);
    Plotly.react(place, traces(chosen), layout(chosen), { displayModeBar: false, responsive: true });
  }

  document.querySelectorAll(".choice button").forEach((button) =>
    button.addEventListener("click", () => choose(Number(button.dataset.scenario))));
  choose(0);
})();
