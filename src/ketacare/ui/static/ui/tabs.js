// On a narrow screen the bars scroll: bring the page that is shown into sight.
for (const current of document.querySelectorAll(".tabs [aria-current], .rail [aria-current]")) {
  current.scrollIntoView({ inline: "center", block: "nearest" });
}
