"""How hard a text is to read: Flesch-Kincaid's grade for English, Fernandez-Huerta's ease for Spanish.

Flesch-Kincaid (Kincaid et al 1975): grade = 0.39 words/sentence + 11.8 syllables/word - 15.59.
Fernandez-Huerta (1959): ease = 206.84 - 60 syllables/word - 1.02 words/sentence. As with Flesch's ease, 60 to 70 is read with
ease in grades 8 and 9, 70 to 80 in grade 7, above 80 before that.
"""

import re

WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
END = re.compile(r"[.!?:;]+(?=\s|$)|\n")
SILENT = re.compile(r"[^aeiouyl]e$|[^aeiouytd]ed$|[^aeiouysxzcgh]es$")


def sentences(text: str) -> list[list[str]]:
    """The sentences of a text as words; a line's end ends a sentence."""
    found = (WORD.findall(part) for part in END.split(text))
    return [words for words in found if words]


def syllables_en(word: str) -> int:
    """Syllables of an English word: groups of vowels, without a silent e at the end."""
    low = word.lower()
    return max(len(re.findall("[aeiouy]+", low)) - bool(SILENT.search(low)), 1)


def syllables_es(word: str) -> int:
    """Syllables of a Spanish word: two strong vowels stand apart, a weak one leans on its neighbour."""
    low = re.sub("([qg])u(?=[eiéí])", r"\1", word.lower())
    groups = re.findall("[aeiouáéíóúü]+", low)
    return max(sum(max(sum(letter in "aeoáéíóú" for letter in group), 1) for group in groups), 1)


def grade_en(text: str) -> float:
    """The school grade of an English text."""
    parts = sentences(text)
    words = [word for part in parts for word in part]
    return 0.39 * len(words) / len(parts) + 11.8 * sum(map(syllables_en, words)) / len(words) - 15.59


def ease_es(text: str) -> float:
    """How easily a Spanish text is read: 0 to 100 and more."""
    parts = sentences(text)
    words = [word for part in parts for word in part]
    return 206.84 - 60 * sum(map(syllables_es, words)) / len(words) - 1.02 * len(words) / len(parts)
