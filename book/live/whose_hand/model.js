// Whose hand?  What the game knows and says, without the page: pure functions, tested by node.
// A game is ten rounds, each {idea, designer}: two indices into the data. An answer is a designer.
"use strict";

const WhoseHand = (() => {
  const { generator, wilson } = typeof LiveChart === "undefined" ? require("../chart.js") : LiveChart;
  const ROUNDS = 10;
  const SEEDS = 36 ** 5; // as many seeds as five letters and digits can name
  const NUMBERS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];

  // ---- drawing the rounds

  /** The state of a game in the address: "#whose_hand-0001a" and back; null for any other address. */
  const address = (seed) => "#whose_hand-" + seed.toString(36).padStart(5, "0");
  function seedOf(hash) {
    const found = /^#whose_hand-([0-9a-z]{5})$/.exec(hash);
    return found ? parseInt(found[1], 36) : null;
  }

  /** Ten different ideas, each in the hand of one of the designers, all equally likely. */
  function drawRounds(seed, ideas, designers, count = ROUNDS) {
    if (count > ideas) throw new RangeError(`${count} rounds need as many ideas; there are ${ideas}`);
    const random = generator(seed);
    const order = Array.from({ length: ideas }, (_, i) => i);
    return Array.from({ length: count }, (_, i) => {
      const j = i + Math.floor(random() * (ideas - i));
      [order[i], order[j]] = [order[j], order[i]];
      return { idea: order[i], designer: Math.floor(random() * designers) };
    });
  }

  // ---- counting

  const best = (chances) => chances.indexOf(Math.max(...chances));
  const chancesOf = (data, round) => data.ideas[round.idea].chances[round.designer];

  /** How many the reader and the network have right, and how many only one of them. */
  function score(data, rounds, answers) {
    const sums = { n: answers.length, you: 0, network: 0, onlyYou: 0, onlyNetwork: 0 };
    answers.forEach((answer, i) => {
      const you = answer === rounds[i].designer;
      const network = best(chancesOf(data, rounds[i])) === rounds[i].designer;
      sums.you += you;
      sums.network += network;
      sums.onlyYou += you && !network;
      sums.onlyNetwork += network && !you;
    });
    return sums;
  }

  /** How many of all the drawings the network gives to the right hand. */
  function overall(data) {
    const right = data.ideas.map((idea) => idea.chances.filter((row, d) => best(row) === d).length);
    return { right: right.reduce((a, b) => a + b, 0), n: data.ideas.length * data.designers.length };
  }

  const overlap = (a, b) => a.low <= b.high && b.low <= a.high;

  /** Exact two-sided sign test: how often a fair coin falls as unevenly as a to b, or more. */
  function signTest(a, b) {
    const n = a + b;
    let ways = 1; // of k among n
    let tail = 0;
    for (let k = 0; k <= Math.min(a, b); k++) {
      tail += ways;
      ways = (ways * (n - k)) / (k + 1);
    }
    return Math.min(1, (2 * tail) / 2 ** n);
  }

  // ---- saying it

  const number = (n) => NUMBERS[n] ?? String(n);
  /** Whole percent; from thousandths the ends are not rounded to what they are not. */
  const percent = (share) => `${Math.round(100 * share)}\u00a0%`;
  function chance(thousandths) {
    if (thousandths < 5) return "under 1\u00a0%";
    if (thousandths > 994) return "over 99\u00a0%";
    return percent(thousandths / 1000);
  }
  const range = ({ low, high }) => `${Math.round(100 * low)} to ${percent(high)}`;
  const ideaName = (name) => name.replaceAll("-", " ");

  /** What happened in a round. */
  function afterRound(designers, truth, answer, chances) {
    const guess = best(chances);
    const unsure = chances[guess] < 500 ? " It is unsure: no hand gets half." : "";
    const [name, said, guessed] = [designers[truth], designers[answer], designers[guess]];
    if (answer === truth && guess === truth) {
      return `Right, ${name} drew it. The network says so too, with ${chance(chances[truth])}.${unsure}`;
    }
    if (answer === truth) {
      return `Right, ${name} drew it. The network is wrong: it says ${guessed}.${unsure}`;
    }
    if (guess === truth) {
      return `It is by ${name}, not ${said}. The network is right, with ${chance(chances[truth])}.${unsure}`;
    }
    if (guess === answer) {
      return `It is by ${name}. The network made the same mistake as you: ${said}.${unsure}`;
    }
    return `It is by ${name}, not ${said}. The network is wrong too: it says ${guessed}.${unsure}`;
  }

  /** Who is ahead, as far as the answers allow to say: a list of sentences. */
  function verdict({ n, you, network, onlyYou, onlyNetwork }, hands = 5) {
    const [mine, its] = [wilson(you, n), wilson(network, n)];
    const ahead = you > network ? "you" : "the network";
    const chanceOfLuck = signTest(onlyYou, onlyNetwork);
    const sentences = [];
    sentences.push(
      you === network
        ? `With ${number(n)} answers the 95\u00a0% interval runs from ${range(mine)}, for both of you.`
        : `With ${number(n)} answers the 95\u00a0% interval runs from ${range(mine)} for you, ` +
            `and from ${range(its)} for the network.`,
    );
    if (you === network) {
      sentences.push("So wide an interval does not show that you are equally good, only that nobody has won.");
    } else if (!overlap(mine, its)) {
      sentences.push(`The two do not overlap: this time ${ahead} won by more than luck easily explains.`);
    } else if (chanceOfLuck >= 0.05) {
      sentences.push("The two overlap: nobody has won.");
    } else {
      const [most, sum] = [Math.max(onlyYou, onlyNetwork), onlyYou + onlyNetwork];
      sentences.push(
        `The two overlap, and yet ${ahead} had ${most === sum ? "all" : `${number(most)} of the`} ` +
          `${number(sum)} drawings on which only one of you was right. Luck alone ` +
          `divides them so unevenly in ${percent(chanceOfLuck)} of such games.`,
      );
    }
    sentences.push(
      mine.low > 1 / hands
        ? `Guessing gives ${percent(1 / hands)} on average, less than your interval: it hardly explains your score.`
        : `Guessing gives ${percent(1 / hands)} on average, and your interval does not rule it out.`,
    );
    return sentences;
  }

  /** How good the network is on all the drawings. */
  function overallSentence(data) {
    const { right, n } = overall(data);
    return (
      `Over all ${n} held-out drawings the network is right on ${right}: ${percent(right / n)}, with an ` +
      `interval from ${range(wilson(right, n))}. That is how narrow ${n} answers make it.`
    );
  }

  /** A drawing in numbers, for readers who do not see it. */
  const lookSentence = ([black, saturation, colours]) =>
    `${black}\u00a0% of it nearly black, saturation ${saturation}\u00a0%, ${colours} colours`;

  return {
    ROUNDS, SEEDS, address, seedOf, generator, drawRounds, best, chancesOf, score, overall, wilson,
    overlap, signTest, percent, chance, range, ideaName, afterRound, verdict, overallSentence, lookSentence,
  };
})();

if (typeof module !== "undefined") module.exports = WhoseHand;
