// A number key answers the question that has the focus and goes on to the next. Without this module Tab and arrows do it.

const form = document.querySelector("[data-answers]");
const questions = [...form.querySelectorAll("fieldset")];

function goTo(question) {
  const target = question?.querySelector("input:checked") ?? question?.querySelector("input");
  (target ?? form.querySelector("button")).focus();
}

form.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const question = event.target.closest("fieldset");
  if (!question || !/^[0-9]$/.test(event.key)) return;
  const answer = question.querySelector(`input[value="${event.key}"]`);
  if (!answer) return;
  event.preventDefault();
  answer.checked = true;
  goTo(questions[questions.indexOf(question) + 1]);
});
