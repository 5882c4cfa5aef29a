import { byId, show } from "./elements.ts";

/** On narrow screens members and details lie in a drawer; on wide ones they are always there and this does nothing. */
export function startDrawer(): void {
  const details = byId("details", HTMLElement);
  const opener = byId("open-details", HTMLButtonElement);
  const closer = byId("close-details", HTMLButtonElement);
  const backdrop = byId("backdrop", HTMLElement);
  const set = (open: boolean): void => {
    if (details.classList.contains("open") === open) return;
    details.classList.toggle("open", open);
    opener.ariaExpanded = String(open);
    show(backdrop, open);
    (open ? closer : opener).focus();
  };
  opener.addEventListener("click", () => set(true));
  closer.addEventListener("click", () => set(false));
  backdrop.addEventListener("click", () => set(false));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") set(false);
  });
  matchMedia("(width >= 60rem)").addEventListener("change", () => set(false));
}
