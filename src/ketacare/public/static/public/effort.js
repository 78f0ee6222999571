// Finds the number that the form's ticket asks for, while the person types. Without this the form is taken too, a little later.
const form = document.querySelector("form[data-bits]");

function zeros(bytes) {
  let count = 0;
  for (const byte of bytes) {
    if (byte === 0) { count += 8; continue; }
    return count + Math.clz32(byte) - 24;
  }
  return count;
}

async function find(ticket, bits) {
  const encoder = new TextEncoder();
  for (let number = 0; ; number += 1) {
    const hash = await crypto.subtle.digest("SHA-256", encoder.encode(`${ticket}:${number}`));
    if (zeros(new Uint8Array(hash)) >= bits) return String(number);
  }
}

if (form && globalThis.crypto?.subtle) {
  form.elements.work.value = await find(form.elements.ticket.value, Number(form.dataset.bits));
}
