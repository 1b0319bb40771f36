/** @typedef {{ name: string, pattern: RegExp, advice: string }} TextRule */

/**
 * Spelt with character classes where this file would break its own rules.
 *
 * @type {readonly TextRule[]}
 */
const textRules = [
  {
    name: 'unfinished',
    pattern: /\b(TOD[O]|FIXM[E]|XX[X]|HAC[K])\b/,
    advice: 'finish it, or write an issue',
  },
  {
    name: 'machine-path',
    // Not after a word, a dot or a slash: `../tmp/x`, `$HOME/home/` and addresses of web pages are no machine paths.
    pattern: /(?<![\w.\-/}~])\/(?:home|root|Users|tmp|work)\/[\w.-]|\b[A-Z]:\\+Users\\/,
    advice: 'no path of one machine: take it from os.tmpdir(), an argument or a variable',
  },
  {
    // Here and not in ESLint, since a disable comment could disable a rule about itself.
    name: 'unexplained-disable',
    pattern: /[/*]\s*eslint-disabl[e](?:-next-line|-line)?(?![\w-])(?!\s+[\w@].*\s--\s+\w)/,
    advice: 'name the rule and say why: eslint-disable-next-line some/rule -- the reason',
  },
];

/**
 * @param {string} text
 * @returns {{ rule: TextRule, line: number }[]}
 */
export const textFindings = (text) =>
  text
    .split('\n')
    .flatMap((line, index) =>
      textRules.filter(({ pattern }) => pattern.test(line)).map((rule) => ({ rule, line: index + 1 })),
    );

/** @typedef {{ [key: string]: string | Catalogue }} Catalogue */

/**
 * @param {Catalogue} catalogue
 * @param {string} [prefix]
 * @returns {[key: string, text: string][]}
 */
const entriesOf = (catalogue, prefix = '') =>
  Object.entries(catalogue).flatMap(([key, value]) =>
    typeof value === 'string'
      ? [/** @type {[string, string]} */ ([prefix + key, value])]
      : entriesOf(value, `${prefix}${key}.`),
  );

/** @param {string} text @returns {string} the arguments that a message takes, as one comparable word */
const argumentsOf = (text) =>
  [...new Set([...text.matchAll(/\{\s*([A-Za-z_]\w*)\s*[,}]/g)].map((match) => match[1]))].sort().join(' ');

/**
 * What differs between two catalogues of the interface.
 *
 * @param {Catalogue} first
 * @param {Catalogue} second
 * @returns {string[]}
 */
export const catalogueProblems = (first, second) => {
  const [left, right] = [new Map(entriesOf(first)), new Map(entriesOf(second))];
  const keys = [...new Set([...left.keys(), ...right.keys()])].sort();
  return keys.flatMap((key) => {
    const [one, other] = [left.get(key), right.get(key)];
    if (one === undefined) return [`"${key}" is missing from the first catalogue`];
    if (other === undefined) return [`"${key}" is missing from the second catalogue`];
    if (one.trim() === '' || other.trim() === '') return [`"${key}" is empty`];
    return argumentsOf(one) === argumentsOf(other) ? [] : [`"${key}" takes other arguments in the second catalogue`];
  });
};
