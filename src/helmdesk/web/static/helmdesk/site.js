// Everything works without this file; with it charts are drawn, keys work, and the old figures stay, greyed, while new ones load.
"use strict";
(() => {
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  let vega = null;
  const loadVega = () => (vega ??= import(document.querySelector("meta[name=chart-bundle]").content).then(() => window.vegaEmbed));

  // Charts take their colours from the page, so that light, dark and print are one specification.
  const theme = () => {
    const text = css("--ink-3"), line = css("--line"), accent = css("--accent");
    return {
      background: null, font: css("--font"), view: { stroke: null },
      axis: { labelColor: text, titleColor: text, gridColor: line, domainColor: line, tickColor: line, labelFontSize: 11, titleFontSize: 11, titleFontWeight: "normal" },
      legend: { labelColor: text, titleColor: text, titleFontWeight: "normal" },
      line: { color: accent, strokeWidth: 2 }, point: { color: accent }, bar: { color: accent }, rect: { color: accent },
      range: { category: ["--c1", "--c2", "--c3", "--c4", "--c5", "--c6", "--c7"].map(css), heatmap: [css("--h0"), css("--h5")], ramp: [css("--h0"), css("--h5")] },
      style: {
        band: { color: accent, opacity: 0.16 }, interval: { color: css("--ink"), strokeWidth: 1.5 },
        note: { color: css("--mend"), strokeWidth: 2 }, target: { color: css("--ink-3"), strokeDash: [2, 3] }, message: { color: css("--ink") },
      },
    };
  };
  const drawn = new Set();
  const draw = async (figure) => {
    const plot = figure.querySelector(".plot"), spec = JSON.parse(figure.querySelector("script").textContent);
    const embed = await loadVega();
    const view = await embed(plot, spec, { ast: true, actions: false, renderer: "svg", defaultStyle: false, config: theme(), tooltip: { disableDefaultStyle: true } });
    plot.querySelector("svg")?.setAttribute("aria-hidden", "true");
    plot.querySelectorAll("[tabindex],a").forEach((part) => part.setAttribute("tabindex", "-1"));
    drawn.add([figure, view]);
  };
  const drawAll = async (root) => {
    for (const figure of root.querySelectorAll("figure[data-chart]")) {
      try { await draw(figure); } catch (error) { figure.classList.add("failed"); console.error(error); }
    }
  };
  const redraw = () => drawn.forEach((pair) => {
    pair[1].finalize(); drawn.delete(pair);
    if (pair[0].isConnected) draw(pair[0]);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);

  const say = (words) => { document.getElementById("said").textContent = words; };
  // What refreshes by itself says nothing of it, and waits while somebody reads with the keyboard, or looks elsewhere.
  const isQuiet = (event) => Boolean(event.detail.requestConfig?.elt?.matches("[data-quiet]"));
  document.addEventListener("htmx:beforeRequest", (event) => {
    const { elt } = event.detail;
    if (elt.matches("[data-quiet]") && (document.hidden || elt.contains(document.activeElement) || document.querySelector(".drawer"))) event.preventDefault();
  });
  document.addEventListener("htmx:afterSwap", (event) => { drawAll(document.getElementById("main")); if (!isQuiet(event)) say("Updated"); document.querySelector(".drawer")?.focus(); });
  document.addEventListener("htmx:beforeSwap", (event) => {
    // An ended session answers with the sign-in page: go there instead of putting it into this one.
    const target = event.detail.xhr.responseURL || "";
    if (target.includes("/account/login")) { event.detail.shouldSwap = false; location.reload(); }
    // The numbers of before stay where nobody asked for new ones.
    else if (event.detail.xhr.status >= 400 && isQuiet(event)) event.detail.shouldSwap = false;
    else if (event.detail.xhr.status >= 400) { event.detail.shouldSwap = true; event.detail.isError = false; }
  });
  document.addEventListener("htmx:sendError", () => say("The site cannot be reached; what you see is from before."));

  // A press outside, or Escape, closes what is open; focus goes back to what opened it.
  const closeOthers = (inside) => document.querySelectorAll("details.chip[open], details.menu[open]").forEach((each) => { if (!each.contains(inside)) each.open = false; });

  let isGoing = false;
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const open = document.activeElement?.closest("details.chip[open], details.menu[open]");
      closeOthers(null); open?.querySelector("summary").focus();
      if (!open) document.querySelector(".drawer .close")?.click();
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea, dialog[open]")) return;
    if (isGoing) {
      isGoing = false;
      document.querySelector(`[data-key="${CSS.escape(event.key)}"]`)?.click();
    } else if (event.key === "g") {
      isGoing = true;
    } else if (event.key === "/") {
      event.preventDefault(); document.getElementById("find")?.focus();
    } else if (event.key === "?") {
      document.getElementById("keys").showModal();
    } else if (event.key === "c" || event.key === "f") {
      const chip = document.querySelector(`[data-chip="${event.key}"]`);
      if (chip) { chip.open = true; chip.querySelector(".pop a")?.focus(); }
    }
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (button) navigator.clipboard?.writeText(button.dataset.copy).then(() => say("Copied"));
    if (event.target.closest("[data-print]")) print();
    if (event.target.closest("[data-keys]")) document.getElementById("keys").showModal();
    closeOthers(event.target);
  });
  drawAll(document);
})();
