// The row of vital signs while it is on its way: pressed twice it is one row, and what is typed meanwhile is the next one.

const pressed = new WeakMap(); // form -> what its last press said, and the key it got

/** The key of what a row says now: the same while it says the same, another one as soon as it says something else. */
export function keyOf(form, values) {
  const said = JSON.stringify(values);
  const last = pressed.get(form);
  if (last?.said !== said) pressed.set(form, { said, key: last ? crypto.randomUUID() : form.elements.nonce.value });
  return pressed.get(form).key;
}

/** Empties what was kept; what was typed since stays. */
export function clear(form, { key, values, text }) {
  const kept = values ?? { text };
  for (const field of form.elements) if (kept[field.name]?.trim() === field.value.trim()) field.value = "";
  if (pressed.get(form)?.key === key) pressed.delete(form);
  if (form.elements.nonce) form.elements.nonce.value = crypto.randomUUID();
}

/** Carries what was typed since a row was sent over to the row that answers it, empty or refused. */
export function carryOver(sent, row, { values }) {
  for (const field of row?.querySelectorAll("input:not([type=hidden])") ?? []) {
    const before = values[field.name] ?? "";
    const typed = sent.elements[field.name]?.value ?? before;
    if (typed !== before && ["", before].includes(field.value)) field.value = typed;
  }
}
