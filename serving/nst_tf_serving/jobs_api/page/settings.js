// The settings of a painting; whatever stays at its default is not sent.

import { readDefaults } from "/page/api.js";

const $ = (id) => document.getElementById(id);
const SLIDERS = { content_weight: "content-weight", style_scale: "style-scale" };

let presets = {};

export async function setUpSettings() {
  for (const id of Object.values(SLIDERS)) $(id).addEventListener("input", showValues);
  for (const radio of document.querySelectorAll("[name=preset]")) radio.addEventListener("change", showValues);
  presets = (await readDefaults()).presets;
  showValues();
}

export function settingsFields() {
  const fields = { preset: chosenPreset() };
  for (const [name, id] of Object.entries(SLIDERS)) {
    if (Number($(id).value) !== 0) fields[name] = String(valueOf(name));
  }
  if ($("size").value) fields.size = $("size").value;
  if ($("color").value !== "style") fields.color = $("color").value;
  return fields;
}

const chosenPreset = () => document.querySelector("[name=preset]:checked").value;

// Each step of a slider is a factor of the square root of two.
function valueOf(name) {
  const base = presets[chosenPreset()]?.[name] ?? 1;
  return Number((base * 2 ** Number($(SLIDERS[name]).value)).toPrecision(3));
}

// Settings of a job that have no control here, such as steps, stay out.
export function fillSettings(job) {
  presetButton(job).checked = true;
  for (const [name, id] of Object.entries(SLIDERS)) {
    const base = presets[job.preset]?.[name] ?? 1;
    $(id).value = Math.log2((job.settings[name] ?? base) / base);
  }
  $("size").value = optionOf("size", job.settings.size ?? "") ? job.settings.size ?? "" : "";
  $("color").value = job.settings.color ?? "style";
  showValues();
}

// The preset `paper` has no button.
export const isOffered = (job) => presetButton(job) !== null;

const presetButton = (job) => document.querySelector(`[name=preset][value="${job.preset}"]`);

// What tells one job from another: "512 px · balanced · content 0.2".
export function settingsText(job) {
  const { content_weight: content = presets[job.preset]?.content_weight, style_scale: scale, color } = job.settings;
  return [
    sizeText(job),
    job.preset,
    content === undefined ? "" : `content ${content}`,
    scale === undefined ? "" : `style size ${scale}`,
    color === undefined ? "" : `colors ${optionOf("color", color)?.text ?? color}`,
  ].filter(Boolean).join(" · ");
}

function sizeText(job) {
  if (job.state === "finished") return `${Math.max(job.width, job.height)} px`;
  if (job.preview) return "";
  return optionOf("size", job.settings.size ?? "")?.text ?? `${job.settings.size} px`;
}

const optionOf = (id, value) => [...$(id).options].find((option) => option.value === String(value));

function showValues() {
  for (const [name, id] of Object.entries(SLIDERS)) {
    const text = name === "style_scale" ? `${valueOf(name)} ×` : String(valueOf(name));
    $(`${id}-text`).textContent = text;
    $(id).setAttribute("aria-valuetext", text);
  }
}
