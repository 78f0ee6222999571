// A rate both ways as it is typed: by the concentration and by the weight. The server reckons again and decides.

const form = document.getElementById("dose-form");
const { rate, unit } = form.elements;
const out = document.getElementById("both-ways");
const mgPerMl = Number(form.dataset.mgPerMl);
const weightKg = Number(form.dataset.weightKg);
const MG_PER_H = { mg_per_h: 1, ml_per_h: mgPerMl, mcg_per_kg_per_min: (weightKg * 60) / 1000 }; // one of each, in mg/h

function show() {
  const value = Number(rate?.value.replace(",", "."));
  if (!rate?.value || !(value > 0)) {
    out.textContent = "";
    return;
  }
  const mgPerH = value * MG_PER_H[unit.value];
  const said = (name) => (mgPerH / MG_PER_H[name]).toFixed(1);
  out.textContent = `${said("mg_per_h")} mg/h · ${said("ml_per_h")} mL/h · ${said("mcg_per_kg_per_min")} mcg/kg/min. Set the pump by hand.`;
}

form.addEventListener("input", show);
show();
