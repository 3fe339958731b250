// Texts to guess at, written for this project in the style of each corpus: no model has learned from them.

export const GUESS_TEXTS = {
  shakespeare: [
    "Good night, my lord. The wind is in the trees,\nAnd every leaf that falls will tell my name\n" +
      "To those who listen at the garden gate.",
    "What news, good cousin? Does the bridge stand fast?\nThey say the river took it in the night,\n" +
      "And with it went the miller and his bread.",
    "I had a dog that loved me more than kings:\nHe asked no crown, but only bread and sleep,\n" +
      "And when I wept, he brought me half a bone.",
  ],
  machado: [
    "Era uma tarde de abril quando a carta chegou. Ninguém na casa quis abri-la primeiro; olhavam-se todos, " +
      "e o relógio continuava a dar as horas.",
    "O doutor não acreditava em sonhos, mas acordou cedo, pôs o chapéu e foi contar o seu à vizinha, " +
      "que também não acreditava e pediu que repetisse.",
    "A moça sorriu sem responder. Há sorrisos que são portas fechadas, e há outros que deixam a chave do lado de fora.",
  ],
};
