// The counts of the station "Your text" as a program, for whoever wants to write it: it runs as it stands. {comment} stands for
// words in the page's language.

export const PROGRAM = `from collections import Counter, defaultdict

text = "the cat sat on the mat the cat saw the rat".split()
followers = defaultdict(Counter)
for token, following in zip(text, text[1:]):
    followers[token][following] += 1

for token, count in followers["the"].most_common():
    print(token, count, "/", followers["the"].total())

# {comment}
from models.ngram import NgramLM

lm = NgramLM.fit(" ".join(text), order=2, unit="words")
prediction = lm.predict(lm.tokenizer.encode("the"))
print(dict(zip(lm.tokenizer.tokens, prediction.probs.tolist())))
`;
