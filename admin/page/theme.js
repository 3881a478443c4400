// Light, dark, or as the system says.

const themes = ["auto", "light", "dark"];
const signs = { auto: "◐", light: "☀", dark: "☾" };

// themeButton makes a button go through the themes. changed is called after each change,
// the system's too.
export function themeButton(button, changed) {
  let theme = document.documentElement.dataset.theme ?? "auto";
  const show = () => {
    button.textContent = signs[theme];
    button.setAttribute("aria-label", `Theme: ${theme}`);
    button.title = `Theme: ${theme}`;
  };
  button.addEventListener("click", () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length];
    keep(theme);
    show();
    changed();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
  show();
}

function keep(theme) {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem("theme", theme);
  } catch {
    // It holds until the page is closed.
  }
}
