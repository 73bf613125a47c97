// Times in the reader's own zone; the page is whole without it.
"use strict";
const zone = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
for (const each of document.querySelectorAll("time[datetime]")) {
  const at = new Date(each.dateTime);
  if (!Number.isNaN(at.getTime())) {
    each.title = each.textContent;
    each.textContent = zone.format(at);
  }
}
