// What browsers offer, said shorter.

// calls back once, when the part is first in view: a tab that is never opened asks for nothing
export const onFirstView = (element, callback) => {
  const observer = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    observer.disconnect();
    callback();
  });
  observer.observe(element);
};

// offers base64 data as a file
export const download = (name, base64, type) => {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  downloadBlob(name, new Blob([bytes], { type }));
};

// offers a Blob as a file
export const downloadBlob = (name, blob) => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
};

// a deep copy of a record that came as JSON (structuredClone needs Chrome 98)
export const copyOf = (record) => JSON.parse(JSON.stringify(record));
