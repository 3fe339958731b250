// From logits to the distribution that is sampled, as models/sampling.py does it: temperature, then top_k, then top_p.
(() => {
  const REACHED = 1e-12; // cumulative probability this close to top_p has reached it

  // ids from the likeliest to the least likely; the lower id wins a tie
  Playground.ranking = (logits) =>
    Array.from(logits, (_, id) => id).sort((a, b) => logits[b] - logits[a] || a - b);

  // probabilities as a Float64Array that sums to 1; zeros are the tokens cut
  Playground.samplingProbs = (logits, { temperature = 1, top_k = null, top_p = 1 } = {}) => {
    const probs = new Float64Array(logits.length);
    const best = logits.reduce((a, logit, id) => (logit > logits[a] ? id : a), 0);
    if (temperature === 0) {
      probs[best] = 1;
      return probs;
    }
    for (let id = 0; id < probs.length; id++) probs[id] = Math.exp((logits[id] - logits[best]) / temperature);
    if (top_k === null && top_p === 1) return normalize(probs);
    const ranked = Playground.ranking(logits);
    if (top_k !== null) for (const id of ranked.slice(top_k)) probs[id] = 0;
    normalize(probs);
    if (top_p < 1) {
      let kept = 0;
      for (let sum = 0; kept < ranked.length && sum < top_p - REACHED; kept++) sum += probs[ranked[kept]];
      for (const id of ranked.slice(kept)) probs[id] = 0;
      normalize(probs);
    }
    return probs;
  };

  // entropy in bits
  Playground.entropy = (probs) => {
    const bits = probs.reduce((sum, p) => (p > 0 ? sum - p * Math.log2(p) : sum), 0);
    return Math.max(0, bits); // not -0
  };

  function normalize(probs) {
    const sum = probs.reduce((a, b) => a + b, 0);
    for (let id = 0; id < probs.length; id++) probs[id] /= sum;
    return probs;
  }
})();
