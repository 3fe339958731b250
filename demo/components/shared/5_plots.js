// Plotly, loaded from this server when the first chart comes into view, in the page's colours.
(() => {
  let loading = null;

  Playground.plotly = () => {
    loading ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = "playground/plotly.js";
      script.onload = () => resolve(window.Plotly);
      script.onerror = () => reject(new Error("plotly"));
      document.head.append(script);
    });
    return loading;
  };

  Playground.color = (name) => getComputedStyle(document.body).getPropertyValue(name).trim();

  // plot(element, {data, layout}): draws or updates; transparent, in the theme's colours and the language's decimals
  Playground.plot = async (element, { data, layout = {} }) => {
    const Plotly = await Playground.plotly();
    const ink = Playground.color("--ink");
    const line = Playground.color("--line");
    const axis = { gridcolor: line, linecolor: line, zerolinecolor: line, automargin: true };
    const full = {
      paper_bgcolor: "transparent",
      plot_bgcolor: "transparent",
      font: { family: "system-ui, sans-serif", size: 13, color: ink },
      margin: { l: 44, r: 12, t: 12, b: 36 },
      separators: Playground.language === "pt-BR" ? ",." : ".,",
      showlegend: false,
      ...layout,
      xaxis: { ...axis, ...layout.xaxis },
      yaxis: { ...axis, ...layout.yaxis },
    };
    return Plotly.react(element, data, full, { displayModeBar: false, responsive: true });
  };

  // calls back when the theme changes, so that charts and canvases take the new colours
  Playground.onTheme = (callback) => {
    new MutationObserver(callback).observe(document.body, { attributes: true, attributeFilter: ["class"] });
  };
})();
