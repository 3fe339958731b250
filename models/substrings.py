"""Which stretches of a text occur in other texts, in time that grows with their lengths and with nothing else."""

from collections.abc import Callable, Iterable

PART = 50_000  # characters between two pauses


class SuffixAutomaton:
    """The suffix automaton of a text (Blumer et al. 1985): a state for all substrings that end at the same places.

    It has at most twice as many states as the text has characters. Immutable.
    """

    def __init__(self, text: str) -> None:
        self._next: list[dict[str, int]] = [{}]  # state -> character -> state
        self._link = [-1]  # the state of the longest suffix that ends at more places
        self._longest = [0]  # the length of the longest substring
        self._prefixes: list[int] = []  # the state of each prefix of the text
        for character in text:
            self._append(character)

    def _append(self, character: str) -> None:
        last = self._prefixes[-1] if self._prefixes else 0
        state = self._state({}, 0, self._longest[last] + 1)
        self._prefixes.append(state)
        while last >= 0 and character not in self._next[last]:
            self._next[last][character] = state
            last = self._link[last]
        if last < 0:
            return
        target = self._next[last][character]
        if self._longest[target] > self._longest[last] + 1:  # only some of its substrings end here too
            whole = target
            target = self._state(dict(self._next[whole]), self._link[whole], self._longest[last] + 1)
            self._link[whole] = target
            while last >= 0 and self._next[last].get(character) == whole:
                self._next[last][character] = target
                last = self._link[last]
        self._link[state] = target

    def _state(self, following: dict[str, int], link: int, longest: int) -> int:
        self._next.append(following)
        self._link.append(link)
        self._longest.append(longest)
        return len(self._next) - 1

    def longest_endings(self, others: Iterable[str], pause: Callable[[], None] = lambda: None) -> list[int]:
        """For each place of the text: the length of the longest stretch that ends there and occurs in `others`.

        Of each of the other texts every character is looked at once. `pause` is called between their parts.
        """
        best = [0] * len(self._next)  # state -> the length of its longest substring that occurs in the others
        for other in others:
            state = length = 0
            for start in range(0, len(other), PART):
                if start:
                    pause()
                state, length = self._read(other[start : start + PART], state, length, best)
        by_length = sorted(range(1, len(best)), key=self._longest.__getitem__)
        for state in reversed(by_length):  # a suffix of what occurs occurs as well
            if best[state] and self._link[state] > 0:
                best[self._link[state]] = self._longest[self._link[state]]
        for state in by_length:
            best[state] = best[state] or best[self._link[state]]
        return [best[state] for state in self._prefixes]

    def _read(self, text: str, state: int, length: int, best: list[int]) -> tuple[int, int]:
        """Follow the longest stretch that ends at each character of `text` and occurs in the automaton's text."""
        following, link, longest = self._next, self._link, self._longest
        for character in text:
            while character not in following[state]:
                if not state:
                    break
                state = link[state]
                length = longest[state]
            else:
                state = following[state][character]
                length += 1
                if length > best[state]:
                    best[state] = length
        return state, length
