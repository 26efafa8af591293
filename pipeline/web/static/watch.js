"use strict";
// In a frame of Airflow's UI: its theme is followed, and links that leave the frame do leave it.
// Without this script the pages work by themselves, with the browser's own light or dark.
(() => {
  const around = (() => {
    try {
      return window.parent !== window && window.parent.document ? window.parent.document : null;
    } catch {
      return null; // a frame of another site
    }
  })();
  if (!around) return;

  const follow = () => {
    const told = around.documentElement;
    const theme = ["dark", "light"].find((name) => told.classList.contains(name) || told.dataset.theme === name);
    if (theme) document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
  };
  follow();
  new MutationObserver(follow).observe(around.documentElement, { attributeFilter: ["class", "data-theme"] });

  // Airflow's frame may neither navigate the page around it nor open windows: the page around does.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[target]");
    if (!link || event.defaultPrevented) return;
    event.preventDefault();
    const stand_in = around.createElement("a");
    stand_in.href = link.href;
    stand_in.target = link.target === "_top" ? "_self" : link.target;
    stand_in.rel = link.rel;
    around.body.append(stand_in);
    stand_in.click();
    stand_in.remove();
  });
})();
