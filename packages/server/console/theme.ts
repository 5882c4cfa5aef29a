import { byId } from "./elements.ts";

const key = "openline.theme";

/** Light or dark: the system's wish until the button is pressed; then what was chosen, remembered. */
export function startTheme(): void {
  const button = byId("theme", HTMLButtonElement);
  const systemDark = matchMedia("(prefers-color-scheme: dark)");
  const chosen = localStorage.getItem(key);
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset["theme"] = chosen;
  const label = (): void => {
    const next = nextTheme(systemDark.matches);
    button.title = `Switch to ${next}`;
    byId("theme-label", HTMLElement).textContent = `Switch to ${next}`;
    document.documentElement.dataset["shade"] = next === "dark" ? "light" : "dark";
  };
  button.addEventListener("click", () => {
    const next = nextTheme(systemDark.matches);
    document.documentElement.dataset["theme"] = next;
    localStorage.setItem(key, next);
    label();
  });
  systemDark.addEventListener("change", label);
  label();
}

function nextTheme(systemDark: boolean): "light" | "dark" {
  const current = document.documentElement.dataset["theme"] ?? (systemDark ? "dark" : "light");
  return current === "dark" ? "light" : "dark";
}
