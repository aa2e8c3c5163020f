// The simulation of loss (Delegated Regulation (EU) 2022/2114, art. 5 and 7 to 11), version 2026-11.
// What is typed is read here and goes nowhere: no request, no storage. Only the result is put in the form, in cents that
// are whole; the person sends it, or not.
"use strict";
(function () {
  const tool = document.getElementById("simulation");
  const answer = document.getElementById("simulation-answer");
  const words = document.getElementById("simulation-words");
  const result = document.getElementById("simulation-result");
  const send = document.getElementById("simulation-send");
  const fields = Array.from(tool.querySelectorAll("input[data-term]"));
  const SIGN = { income: 1n, assets: 1n, commitments: -1n };

  function cents(text) {
    const plain = text.replace(/[\s\u00a0\u202f€]/g, "").replace(",", ".");
    if (plain === "") return 0n;
    const parts = /^(\d{1,10})(?:\.(\d{1,2}))?$/.exec(plain);
    if (!parts) return null;
    return BigInt(parts[1]) * 100n + BigInt((parts[2] || "").padEnd(2, "0"));
  }

  function written(amount) {
    const euros = (amount / 100n).toString(), rest = (amount % 100n).toString().padStart(2, "0");
    return { value: euros + "," + rest, shown: euros.replace(/\B(?=(\d{3})+$)/g, "\u202f") + "," + rest + "\u00a0€" };
  }

  function compute() {
    const amounts = fields.map((field) => cents(field.value));
    const isTyped = fields.some((field) => field.value.trim() !== "");
    const isReadable = amounts.every((amount) => amount !== null);
    fields.forEach((field, place) => field.classList.toggle("is-invalid", amounts[place] === null));
    answer.hidden = !isTyped;
    send.hidden = !(isTyped && isReadable);
    if (!isTyped || !isReadable) {
      result.value = "";
      words.textContent = isReadable ? "" : answer.dataset.unreadable;
      return;
    }
    const worth = fields.reduce((sum, field, place) => sum + SIGN[field.dataset.term] * amounts[place], 0n);
    const bearable = written(worth > 0n ? worth / 10n : 0n);
    result.value = bearable.value;
    words.textContent = answer.dataset.resultWords + " " + bearable.shown;
  }

  fields.forEach((field) => field.addEventListener("input", compute));
  compute();
})();
