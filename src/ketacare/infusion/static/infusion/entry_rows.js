// The entries that wait in this browser, a row each: since when, whether refused and why, and whether to discard a refused one.
//
//   const rows = entryRows(list, { session, clock, discard });  rows.show(entries) as often as one likes

const made = (name, about) => Object.assign(document.createElement(name), about);
const button = (words) => made("button", { type: "button", className: "btn", textContent: words });

export function entryRows(list, { session, clock, discard }) {
  let shown = new Map(); // entry -> its row, kept as long as it says the same: who is asked something in it goes on being asked

  function show(entries) {
    const named = entries.map((one) => [`${one.n} ${JSON.stringify(one.problems)}`, one]);
    shown = new Map(named.map(([name, one]) => [name, shown.get(name) ?? rowOf(one)]));
    const rows = [...shown.values()];
    const isSame = rows.length === list.children.length && rows.every((row, place) => row === list.children[place]);
    if (!isSame) list.replaceChildren(...rows);
  }

  function rowOf(one) {
    const row = made("li", { className: one.problems ? "offline-refused" : "offline-waits" });
    const state = made("strong", { textContent: one.problems ? "refused" : "unsynced" });
    row.append(made("time", { dateTime: one.at, textContent: clock(one.at) }), " ", state, " ", made("span", { textContent: one.words }));
    if (one.session !== session) row.append(" ", made("small", { textContent: "of another session" }));
    if (one.problems) row.append(" ", reasons(one), ...discarding(one));
    return row;
  }

  const reasons = (one) => made("span", {
    className: "offline-reasons",
    textContent: `The server refused it: ${one.problems.map(({ place, says }) => `${place}: ${says}`).join("; ")}.`,
  });

  function discarding(one) {
    const [first, sure, back] = [button("Discard…"), button("Discard it for good"), button("Keep it")];
    const asks = made("span", { textContent: " It is nowhere else: chart it again or on paper first. ", hidden: true });
    asks.append(sure, " ", back);
    const ask = (is) => { asks.hidden = !is; first.hidden = is; (is ? sure : first).focus(); };
    first.addEventListener("click", () => ask(true));
    back.addEventListener("click", () => ask(false));
    sure.addEventListener("click", () => discard(one));
    return [first, asks];
  }

  return { show };
}
