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

function showValues() {
  for (const [name, id] of Object.entries(SLIDERS)) {
    const text = name === "style_scale" ? `${valueOf(name)} ×` : String(valueOf(name));
    $(`${id}-text`).textContent = text;
    $(id).setAttribute("aria-valuetext", text);
  }
}
