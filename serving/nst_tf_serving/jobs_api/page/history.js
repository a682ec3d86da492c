// All jobs that the server keeps, of all tabs and of earlier servers, the newest first.

import { addressOf, listJobs } from "/page/api.js";
import { settingsText } from "/page/settings.js";

const PULSE = 2000;
const $ = (id) => document.getElementById(id);
const states = { waiting: "waiting", painting: "painting", finished: "", failed: "failed", canceled: "canceled" };
const items = new Map(); // id to the list's item

export function setUpHistory({ onChosen, onList, onLost }) {
  const refresh = async () => {
    try {
      const jobs = await listJobs();
      show(jobs, onChosen);
      onList(jobs);
    } catch {
      onLost();
    }
  };
  setInterval(() => { if (!document.hidden) refresh(); }, PULSE);
  document.addEventListener("visibilitychange", refresh);
  return refresh;
}

export function markCurrent(id) {
  for (const [each, item] of items) item.firstElementChild.setAttribute("aria-current", String(each === id));
}

function show(jobs, onChosen) {
  $("history-section").hidden = !jobs.length;
  const known = new Set(jobs.map((job) => job.id));
  for (const id of items.keys()) if (!known.has(id)) { items.get(id).remove(); items.delete(id); }
  jobs.forEach((job, index) => {
    if (!items.has(job.id)) items.set(job.id, newItem(job, onChosen));
    const item = items.get(job.id);
    if ($("history").children[index] !== item) $("history").insertBefore(item, $("history").children[index] ?? null);
    update(item, job);
  });
}

function newItem(job, onChosen) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  button.innerHTML = '<span class="thumb"></span><span class="caption"><b></b><span></span><span class="settings-text"></span></span>';
  button.addEventListener("click", () => onChosen(job.id));
  item.append(button);
  return item;
}

function update(item, job) {
  const [thumb, name, state, settings] = item.querySelectorAll(".thumb, b, b + span, .settings-text");
  name.textContent = `${stem(job.content)}, ${job.styles.map(stem).join(" + ")}`;
  state.textContent = [states[job.state], job.preview ? "preview" : "", when(job.created)].filter(Boolean).join(" · ");
  state.className = job.state;
  settings.textContent = settingsText(job);
  const shown = `${job.preview_step}-${job.state}`;
  if (thumb.dataset.shown === shown) return;
  thumb.dataset.shown = shown;
  if (job.preview_step === null) { thumb.textContent = states[job.state] || "…"; return; }
  const image = thumb.querySelector("img") ?? document.createElement("img");
  image.alt = "";
  image.src = `${addressOf(job.id, "preview")}?step=${shown}`;
  if (!image.isConnected) thumb.replaceChildren(image);
}

const stem = (name) => name.replace(/\.[^.]*$/, "");

function when(seconds) {
  const date = new Date(seconds * 1000);
  const today = date.toDateString() === new Date().toDateString();
  return date.toLocaleString([], today ? { timeStyle: "short" } : { dateStyle: "medium" });
}
