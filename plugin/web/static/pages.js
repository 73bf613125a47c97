// Times in the reader's own zone, and what is found of rules while they are typed; the pages are whole without it.
"use strict";
const spoken = document.documentElement.lang;
const zone = new Intl.DateTimeFormat(navigator.language.startsWith(spoken) ? navigator.language : spoken, {
  dateStyle: "medium",
  timeStyle: "short",
});
for (const each of document.querySelectorAll("time[datetime]")) {
  const at = new Date(each.dateTime);
  if (!Number.isNaN(at.getTime())) {
    each.title = each.textContent;
    each.textContent = zone.format(at);
  }
}

// A form is sent once, however often its button is pressed.
const SENT = 10000;
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

const editor = document.querySelector("form[data-checks]");
if (editor) {
  const found = document.getElementById("found"), outcome = document.getElementById("outcome");
  let timer = 0, asked = 0;
  const check = async () => {
    const mine = ++asked;
    const answer = await fetch(editor.dataset.checks, { method: "POST", body: new FormData(editor) }).catch(() => null);
    if (mine !== asked || !answer || !answer.ok) return;
    found.innerHTML = await answer.text();
    outcome.textContent = found.querySelector("h2, .said").textContent;
  };
  editor.elements.text.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(check, 400);
  });
}
