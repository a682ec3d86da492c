// The page: pictures and settings become a job, and the job is shown while it is painted.

import { Refused, submit } from "/page/api.js";
import { markCurrent, setUpHistory } from "/page/history.js";
import { chosen, setUpPictures } from "/page/pictures.js";
import { fillSettings, setUpSettings, settingsFields } from "/page/settings.js";
import { clear, setUpStage, showJob, shownJob } from "/page/stage.js";

const $ = (id) => document.getElementById(id);

function setOffline(offline) {
  if (offline) offlineTimer ??= setTimeout(() => { $("offline").hidden = false; }, 700);
  else { clearTimeout(offlineTimer); offlineTimer = undefined; $("offline").hidden = true; }
}
let offlineTimer;

const problem = (text) => { $("problem").textContent = text; };

// What has the focus is never covered by the bar with the buttons, which grows with a message.
new ResizeObserver(() => {
  document.documentElement.style.setProperty("--bar", `${$("actions").offsetHeight}px`);
}).observe($("actions"));

function show(id) {
  history.replaceState(null, "", `#${id}`);
  markCurrent(id);
  showJob(id, {
    onChange: () => setOffline(false),
    onLost: () => setOffline(true),
    onGone: leave,
  });
}

function leave() {
  history.replaceState(null, "", location.pathname);
  clear();
  markCurrent("");
  refresh();
}

// Clients take turns; each browser is one.
function clientName() {
  const fresh = () => Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  try {
    localStorage.client ??= fresh();
    return localStorage.client;
  } catch { // storage is off
    return "";
  }
}

async function paint(preview) {
  if (!chosen.content || !chosen.styles.length) {
    problem(chosen.content ? "Choose a painting, too." : "Choose a photograph first.");
    $(chosen.content ? "style-input" : "content-input").focus();
    return;
  }
  problem("");
  const form = new FormData();
  form.append("content", chosen.content);
  for (const style of chosen.styles) form.append("style", style);
  for (const [name, value] of Object.entries(settingsFields())) form.append(name, value);
  form.append("preview", String(preview));
  form.append("client", clientName());
  setBusy(true);
  try {
    const job = await submit(form);
    show(job.id);
    await refresh();
    markCurrent(job.id);
    $("stage").scrollIntoView({ block: "start" });
  } catch (error) {
    problem(error instanceof Refused ? error.message : "The server does not answer; is nst-tf still running?");
  } finally {
    setBusy(false);
  }
}

function setBusy(busy) {
  for (const id of ["preview-button", "paint-button"]) $(id).disabled = busy;
}

setUpPictures(() => problem(""));
setUpStage({
  onRemoved: leave,
  onRetried: show,
  onAgain: (job) => { fillSettings(job); $("settings").scrollIntoView({ block: "nearest" }); },
});
$("compose").addEventListener("submit", (event) => {
  event.preventDefault();
  paint(event.submitter?.value === "true");
});
window.addEventListener("hashchange", () => { if (location.hash.length > 1) show(location.hash.slice(1)); });

const refresh = setUpHistory({
  onChosen: (id) => { show(id); $("stage").focus({ preventScroll: true }); $("stage").scrollIntoView({ block: "nearest" }); },
  onList: () => { setOffline(false); markCurrent(shownJob()?.id ?? location.hash.slice(1)); },
  onLost: () => setOffline(true),
});
await Promise.all([setUpSettings(), refresh()]).catch(() => setOffline(true));
if (/^#[0-9a-f]{16}$/.test(location.hash)) show(location.hash.slice(1));
