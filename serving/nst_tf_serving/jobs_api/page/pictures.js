// The photograph and the paintings that are chosen: by dropping, by a file dialog, or from the gallery.

const MOST_STYLES = 8;

export const chosen = { content: null, styles: [] };

const $ = (id) => document.getElementById(id);

export function setUpPictures(onChange) {
  const changed = () => { showContent(); showStyles(changed); onChange(); };
  const setContent = (files) => { chosen.content = pictures(files, "content-drop")[0] ?? chosen.content; changed(); };
  const addStyles = (files) => { chosen.styles = [...chosen.styles, ...pictures(files, "style-drop")].slice(-MOST_STYLES); changed(); };
  setUpDrop($("content-drop"), $("content-input"), setContent);
  setUpDrop($("style-drop"), $("style-input"), addStyles);
  acceptDropsAnywhere(setContent, addStyles);
  for (const button of document.querySelectorAll("[data-picture]")) {
    button.addEventListener("click", async () => {
      const file = await fromGallery(button.dataset.picture);
      if (button.dataset.kind === "content") setContent([file]);
      else toggleStyle(file, addStyles);
    });
  }
}

// Those that may be pictures; the box names the others at once.
function pictures(files, box) {
  const others = files.filter((file) => !mayBePicture(file)).map((file) => file.name);
  const text = others.length > 1 ? `${others.join(", ")} are not pictures.` : `${others[0]} is not a picture.`;
  note($(box), others.length ? `${text} Choose a JPEG, PNG, HEIC or TIFF.` : "");
  return files.filter(mayBePicture);
}

function mayBePicture(file) {
  const endings = $("content-input").accept.split(",").filter((each) => each.startsWith("."));
  return file.type.startsWith("image/") || endings.some((ending) => file.name.toLowerCase().endsWith(ending));
}

function note(box, text) {
  box.querySelector(".note").textContent = text;
}

// A painting of the gallery that is chosen already is taken back.
function toggleStyle(file, addStyles) {
  const others = chosen.styles.filter((each) => each.name !== file.name);
  const added = others.length === chosen.styles.length ? [file] : [];
  chosen.styles = others;
  addStyles(added);
}

async function fromGallery(name) {
  const response = await fetch(`/page/gallery/${name}`);
  return new File([await response.blob()], name, { type: "image/jpeg" });
}

function setUpDrop(area, input, take) {
  input.addEventListener("change", () => { take([...input.files]); input.value = ""; });
  for (const name of ["dragenter", "dragover"]) area.addEventListener(name, () => area.classList.add("over"));
  for (const name of ["dragleave", "drop"]) area.addEventListener(name, () => area.classList.remove("over"));
}

// A picture that is dropped beside the areas is the photograph if there is none yet, else a painting.
function acceptDropsAnywhere(setContent, addStyles) {
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    const files = [...event.dataTransfer.files];
    const onStyles = event.target.closest("#style-field");
    const onContent = event.target.closest("#content-field");
    if (!files.length) return;
    if (onStyles || (!onContent && chosen.content)) addStyles(files);
    else { setContent([files[0]]); if (files.length > 1) addStyles(files.slice(1)); }
  });
}

function showContent() {
  const image = $("content-image");
  if (image.file === chosen.content || !chosen.content) return;
  image.file = chosen.content;
  showFile(image, chosen.content, (text) => note($("content-drop"), text));
  $("content-drop").classList.add("filled");
  $("content-drop").querySelector(".hint").hidden = true;
  $("content-drop").querySelector(".replace").hidden = false;
  $("content-name").textContent = chosen.content.name;
}

function showStyles(changed) {
  for (const button of document.querySelectorAll("[data-kind=style]")) {
    button.setAttribute("aria-pressed", String(chosen.styles.some((file) => file.name === button.dataset.picture)));
  }
  $("styles").replaceChildren(...chosen.styles.map((file) => {
    const item = document.createElement("li");
    const image = document.createElement("img");
    image.alt = file.name;
    showFile(image, file, (text) => { image.replaceWith(noteOf(text)); });
    const remove = document.createElement("button");
    remove.type = "button";
    remove.textContent = "×";
    remove.setAttribute("aria-label", `Remove ${file.name}`);
    remove.addEventListener("click", () => {
      chosen.styles = chosen.styles.filter((each) => each !== file);
      changed();
      $("style-input").focus();
    });
    item.append(image, remove);
    return item;
  }));
}

// A file that the browser can't show may still be one that the server reads, such as TIFF.
function showFile(image, file, say) {
  const address = URL.createObjectURL(file);
  image.onload = () => URL.revokeObjectURL(address);
  image.onerror = () => {
    URL.revokeObjectURL(address);
    image.hidden = true;
    say(`${file.name} can't be shown here; HEIC and TIFF can still be painted.`);
  };
  image.hidden = false;
  image.src = address;
}

function noteOf(text) {
  const element = document.createElement("span");
  element.className = "note";
  element.textContent = text;
  return element;
}
