// The score of a game. Truths and answers are lists of booleans, true for "real", one for each picture.

export const scoring = {
  score: (truths, answers) => truths.filter((truth, i) => answers[i] === truth).length,
  // the discriminator's answers: "real" for a logit above 0
  says: (logits) => logits.map((logit) => logit > 0),
  // right answers and number of pictures, for real and for generated ones
  parts(truths, answers) {
    const among = (kind) => truths.map((truth, i) => [truth, answers[i]]).filter(([truth]) => truth === kind);
    const count = (pairs) => ({ right: pairs.filter(([truth, answer]) => truth === answer).length, all: pairs.length });
    return { real: count(among(true)), made: count(among(false)) };
  },
  outcome: (you, machine) => (you > machine ? "more" : you < machine ? "less" : "tie"),
  // the number of the 2^rounds ways to answer that have at least `right` right answers
  ways(right, rounds) {
    let choose = 1; // rounds over k
    let sum = 0;
    for (let k = 0; k <= rounds; k++) {
      if (k >= right) sum += choose;
      choose = (choose * (rounds - k)) / (k + 1);
    }
    return sum;
  },
};
