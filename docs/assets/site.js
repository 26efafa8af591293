// A region that scrolls sideways can be reached by keyboard: the theme wraps tables by script.
const reach = () =>
  document
    .querySelectorAll(".md-typeset__scrollwrap, .md-typeset pre > code, .md-typeset .highlight")
    .forEach((region) => region.setAttribute("tabindex", "0"));
new MutationObserver(reach).observe(document.documentElement, { childList: true, subtree: true });
reach();
