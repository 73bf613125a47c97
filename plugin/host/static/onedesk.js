// What the pages do better with JavaScript; they are whole without it.
"use strict";

const spoken = document.documentElement.lang;
const zone = new Intl.DateTimeFormat(navigator.language.startsWith(spoken) ? navigator.language : spoken, {
  dateStyle: "medium",
  timeStyle: "short",
});
function inOwnZone(within) {
  for (const each of within.querySelectorAll("time[datetime]")) {
    const at = new Date(each.dateTime);
    if (!Number.isNaN(at.getTime())) {
      each.title = each.textContent;
      each.textContent = zone.format(at);
    }
  }
}
inOwnZone(document);

// Menus close on Escape, and when something else is pressed.
function close(menu, focus) {
  menu.open = false;
  if (focus) menu.querySelector("summary").focus();
}
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) close(menu, menu.contains(document.activeElement));
});
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) close(menu, false);
});

// Files that are too large are not sent, and a form is sent once, however often its button is pressed.
const SENT = 10000;
document.addEventListener("change", ({ target }) => {
  if (target.type !== "file") return;
  const size = [...target.files].reduce((sum, each) => sum + each.size, 0);
  target.setCustomValidity(size > target.dataset.most - 2000 ? target.dataset.tooLarge : "");
  target.reportValidity();
});
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
  setTimeout(() => delete form.dataset.sent, SENT);
});
window.addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});

// While an invoice waits, and once after that, its parts are looked at again; one that somebody is in stays as it is.
const WAIT = 2000, MOST = 150;
function isBusy(part) {
  return part.contains(document.activeElement) || part.querySelector("details[open]") !== null;
}
async function look(times, waited) {
  const waits = document.querySelector("[data-waiting]") !== null;
  if (times > MOST || !(waits || waited)) return;
  await new Promise((done) => setTimeout(done, WAIT));
  if (!document.hidden) {
    try {
      const answer = await fetch(location.pathname, { credentials: "same-origin" });
      if (!answer.ok || answer.redirected) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const part of document.querySelectorAll("[data-live]")) {
        const now = page.getElementById(part.id);
        if (now === null || isBusy(part)) continue;
        inOwnZone(now);
        if (part.innerHTML !== now.innerHTML) part.innerHTML = now.innerHTML;
      }
    } catch {
      return; // the page can be loaded by hand
    }
  }
  look(times + 1, waits);
}
look(1, false);
