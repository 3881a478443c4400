// Before anything is drawn: the theme that was chosen, if one was. The rest is in theme.js.
try {
  const chosen = localStorage.getItem("theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
  // Without storage the system's theme is taken.
}
