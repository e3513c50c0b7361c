/**
 * A place where files are dropped onto a form's file input.
 */

/**
 * Watch the place; return what undoes it.
 * @param {HTMLElement} place
 */
export function acceptDrops(place) {
  const stopped = new AbortController();
  const { signal } = stopped;
  const input = place.querySelector("input[type=file]");
  if (!(input instanceof HTMLInputElement)) {
    return () => stopped.abort();
  }
  for (const name of ["dragenter", "dragover"]) {
    place.addEventListener(
      name,
      (event) => {
        event.preventDefault();
        place.toggleAttribute("data-over", true);
      },
      { signal },
    );
  }
  place.addEventListener("dragleave", () => place.removeAttribute("data-over"), { signal });
  place.addEventListener(
    "drop",
    (event) => {
      event.preventDefault();
      place.removeAttribute("data-over");
      const files = event.dataTransfer?.files;
      if (files === undefined || files.length === 0) {
        return;
      }
      input.files = input.multiple ? files : onlyFirst(files);
      input.dispatchEvent(new Event("change", { bubbles: true }));
    },
    { signal },
  );
  return () => stopped.abort();
}

/** @param {FileList} files */
function onlyFirst(files) {
  const one = new DataTransfer();
  one.items.add(files[0]);
  return one.files;
}
