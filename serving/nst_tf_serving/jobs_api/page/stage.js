// One job in the middle of the page: its picture, its progress, and what can be done with it.

import { addressOf, cancelOrRemove, hasEnded, retry, watch } from "/page/api.js";
import { isOffered, settingsText } from "/page/settings.js";

const $ = (id) => document.getElementById(id);
const SECONDS_TO_DELETE = 5;
const curve = [];
let shown = null; // the job as it stands
let stop = () => {};
let zoom = 0; // screen pixels for each of the picture; 0 to fit
let shownPreview = null;
let asked; // the timer of the question whether to delete

export function setUpStage({ onRemoved, onAgain, onRetried }) {
  $("cut").addEventListener("input", () => setCut(Number($("cut").value)));
  for (const button of document.querySelectorAll("[data-zoom]")) {
    button.addEventListener("click", () => setZoom(Number(button.dataset.zoom)));
  }
  $("compare").addEventListener("dblclick", () => setZoom(zoom ? 0 : 1));
  $("cancel").addEventListener("click", () => act(cancelOrRemove(shown.id)));
  $("again").addEventListener("click", () => onAgain(shown));
  $("retry").addEventListener("click", async () => {
    const { id } = shown;
    await act(retry(id));
    onRetried(id);
  });
  $("remove").addEventListener("click", async (event) => {
    if (event.detail > 1) return; // a double click is no answer
    if (shown.has_result && !asked) { askToDelete(); return; }
    stopAsking();
    await act(cancelOrRemove(shown.id));
    onRemoved();
  });
  $("copy").addEventListener("click", copyCommand);
}

function askToDelete() {
  $("remove").textContent = "Really delete?";
  $("remove").classList.add("bad");
  asked = setTimeout(stopAsking, SECONDS_TO_DELETE * 1000);
}

function stopAsking() {
  clearTimeout(asked);
  asked = undefined;
  $("remove").textContent = "Delete";
  $("remove").classList.remove("bad");
}

export const shownJob = () => shown;

export function showJob(id, { onChange, onLost, onGone }) {
  stop();
  if (shown?.id !== id) begin();
  stop = watch(id, {
    onJob: (job) => { update(job); onChange(job); },
    onLost,
    onGone: () => { clear(); onGone(); },
  });
}

export function clear() {
  stop();
  stopAsking();
  shown = null;
  $("job").hidden = true;
  $("empty").hidden = false;
  document.body.classList.remove("has-job");
  document.title = "nst-tf";
}

function begin() {
  stopAsking();
  curve.length = 0;
  shownPreview = null;
  shown = null;
  $("empty").hidden = true;
  $("job").hidden = false;
  document.body.classList.add("has-job");
  for (const id of ["after", "before"]) $(id).removeAttribute("src");
  $("before").hidden = $("cut").hidden = true;
  for (const id of ["cancel", "retry", "again", "remove", "download"]) $(id).hidden = true; // until the first event
  setCut(0);
  setZoom(0);
}

// The first event of a job is whole; later ones leave out the curve and the command.
function update(now) {
  const job = { command: shown?.command, ...now };
  if (job.curve) { curve.length = 0; curve.push(...job.curve); }
  else if (job.loss !== null && job.step > (curve.at(-1)?.[0] ?? 0) && !hasEnded(job)) curve.push([job.step, job.loss]);
  shown = job;
  showPicture(job);
  showProgress(job);
  showCurve();
  showTools(job);
}

function showPicture(job) {
  if (job.width) $("compare").style.setProperty("--ratio", job.width / job.height);
  if (job.has_result) {
    setSource($("after"), addressOf(job.id, "result"));
  } else if (job.preview_step !== null && job.preview_step !== shownPreview) {
    shownPreview = job.preview_step;
    setSource($("after"), `${addressOf(job.id, "preview")}?step=${job.preview_step}`);
  }
  if (job.has_photograph && !$("before").hasAttribute("src")) setSource($("before"), addressOf(job.id, "photograph"));
  const comparable = job.has_photograph && (job.has_result || job.preview_step !== null);
  $("before").hidden = $("cut").hidden = !comparable;
  const text = waitingText(job);
  $("waiting").textContent = text;
  $("waiting").hidden = !text;
  setZoom(zoom);
}

// The next picture replaces the last one when it has been decoded, so that nothing flickers.
function setSource(image, address) {
  if (image.dataset.address === address && image.hasAttribute("src")) return;
  image.dataset.address = address;
  const next = new Image();
  next.src = address;
  next.decode().then(() => { if (image.dataset.address === address) image.src = address; }).catch(() => {});
}

function waitingText(job) {
  if (job.has_result || job.preview_step !== null) return "";
  if (job.state === "waiting") return job.position ? `Waiting for ${job.position} other ${job.position > 1 ? "jobs" : "job"}.` : "Waiting for the painter.";
  return { painting: "Reading the pictures. The first painting takes a few seconds longer.", failed: "No picture.", canceled: "Canceled." }[job.state] ?? "";
}

function showProgress(job) {
  $("progress").value = job.share;
  $("progress").hidden = hasEnded(job);
  const state = $("state");
  const word = document.createElement("strong");
  word.textContent = { waiting: "Waiting", painting: job.canceling ? "Canceling" : "Painting", finished: "Finished", failed: "Failed", canceled: "Canceled" }[job.state];
  state.replaceChildren(word, ` ${progressText(job)}`);
  if ($("announced").textContent !== word.textContent) $("announced").textContent = word.textContent;
  state.classList.toggle("bad", job.state === "failed");
  document.title = hasEnded(job) ? `${word.textContent} – nst-tf` : `${percent(job)} – nst-tf`;
  $("pictures").textContent = `${job.content} in the style of ${job.styles.join(" + ")} · ${settingsText(job)}`;
}

const percent = (job) => `${Math.floor(job.share * 100)} %`;

function progressText(job) {
  if (job.state === "failed") return job.error;
  const parts = [];
  if (hasEnded(job) && job.width) parts.push(`${job.width} × ${job.height} px`);
  if (job.steps && job.state === "painting") parts.push(percent(job));
  if (job.steps && job.state === "canceled") parts.push(`at ${percent(job)}`);
  if (job.state === "painting" && job.seconds_left !== null) parts.push(`${duration(job.seconds_left)} left`);
  if (hasEnded(job) && job.seconds) parts.push(`in ${duration(job.seconds)}`);
  if (job.preview) parts.push("a preview");
  return parts.join(" · ");
}

export function duration(seconds) {
  const whole = Math.max(1, Math.round(seconds));
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

// The logarithm of the loss by step.
function showCurve() {
  $("curve-figure").hidden = curve.length < 3;
  if (curve.length < 3) return;
  const logs = curve.map(([, loss]) => Math.log10(Math.max(loss, 1e-12)));
  const [low, high, last] = [Math.min(...logs), Math.max(...logs), curve.at(-1)[0]];
  const points = curve.map(([step], index) => {
    const x = (300 * (step - curve[0][0])) / Math.max(1, last - curve[0][0]);
    return `${x.toFixed(1)},${(53 - (50 * (logs[index] - low)) / Math.max(high - low, 1e-9)).toFixed(1)}`;
  });
  $("curve").firstElementChild.setAttribute("points", points.join(" "));
  const text = `Loss ${curve[0][1].toPrecision(3)} → ${(shown.loss ?? curve.at(-1)[1]).toPrecision(3)}`;
  $("curve-text").textContent = text;
  $("curve").setAttribute("aria-label", `${text}, over ${last} steps`);
}

function showTools(job) {
  $("cancel").hidden = hasEnded(job);
  $("cancel").disabled = job.canceling;
  $("retry").hidden = job.state !== "failed";
  $("again").hidden = !isOffered(job);
  $("remove").hidden = !hasEnded(job);
  $("download").hidden = !job.has_result;
  if (job.has_result) $("download").href = addressOf(job.id, "result");
  $("command-details").hidden = !job.command;
  showCommand(job.command ?? "");
  $("warnings").hidden = !job.warnings.length;
  $("warnings").replaceChildren(...job.warnings.map((text) => {
    const item = document.createElement("li");
    item.textContent = text;
    return item;
  }));
}

// Each word is a piece of its own, so that a line never ends within an option.
function showCommand(command) {
  if ($("command").textContent === command) return;
  $("command").replaceChildren(...command.split(/(?<= )/).map((word) => {
    const piece = document.createElement("span");
    piece.textContent = word;
    return piece;
  }));
}

function setCut(percent) {
  $("cut").value = percent;
  $("compare").style.setProperty("--cut", `${percent}%`);
  $("compare").classList.toggle("moved", percent > 0);
}

function setZoom(factor) {
  zoom = factor;
  const width = shown?.width || 0;
  $("viewport").classList.toggle("zoomed", factor > 0 && width > 0);
  $("compare").style.width = factor && width ? `${(width * factor) / devicePixelRatio}px` : "";
  $("compare").classList.toggle("comparing", !$("cut").hidden);
  for (const button of document.querySelectorAll("[data-zoom]")) {
    button.setAttribute("aria-pressed", String(Number(button.dataset.zoom) === factor));
  }
}

async function copyCommand() {
  try {
    await navigator.clipboard.writeText($("command").textContent);
    $("copy").textContent = "Copied";
  } catch { // without a secure connection there is no clipboard
    getSelection().selectAllChildren($("command"));
    $("copy").textContent = "Ctrl-C copies";
  }
  setTimeout(() => { $("copy").textContent = "Copy"; }, 2000);
}

// A job that is gone, or a server that does not answer, shows in the next event.
async function act(request) {
  try { await request; } catch { /* nothing to do */ }
}
