/** @typedef {{ path: string, text: string }} TestFile */

const CLAIM = /\bP(\d{1,2})\b/g;
/** A title that begins with the claims it breaks when it fails: `P4, P5: …`, `P3-replay: …`. */
const TITLE = /['"`]((?:P\d{1,2}(?:-[a-z-]+)?)(?:, P\d{1,2}(?:-[a-z-]+)?)*): ?/g;
const REFERENCE = /`([\w./-]+\.test\.tsx?)`(?: › ([^|;\n]+))?/g;

/** @param {string} text @returns {string[]} */
const claimsIn = (text) => [...text.matchAll(CLAIM)].map(([claim]) => claim);

/**
 * The claims that the titles of a test file name.
 *
 * @param {string} text
 * @returns {Set<string>}
 */
export const claimsOfTests = (text) => new Set([...text.matchAll(TITLE)].flatMap(([, names = '']) => claimsIn(names)));

/**
 * What a section or a table of the register says of tests.
 *
 * @param {string} text
 * @returns {{ path: string, title: string | undefined }[]}
 */
const referencesIn = (text) =>
  [...text.matchAll(REFERENCE)].map(([, path = '', title]) => ({ path, title: title?.trim() }));

/**
 * The register's sections by claim: `### P1: …`.
 *
 * @param {string} register
 * @returns {Map<string, string>}
 */
const sectionsOf = (register) =>
  new Map(
    register
      .split(/^### /m)
      .slice(1)
      .flatMap((section) => {
        const claim = /^(P\d{1,2}):/.exec(section)?.[1];
        return claim === undefined ? [] : [/** @type {[string, string]} */ ([claim, section.split(/^## /m)[0] ?? ''])];
      }),
  );

/**
 * @param {string} claim
 * @param {string} section
 * @param {ReadonlyMap<string, string>} texts
 * @returns {string[]}
 */
const sectionProblems = (claim, section, texts) => {
  const paths = referencesIn(section).map(({ path }) => path);
  const tests = [...texts].filter(([, text]) => claimsOfTests(text).has(claim)).map(([path]) => path);
  return [
    ...(paths.length === 0 ? [`${claim} has no test`] : []),
    ...paths
      .filter((path) => texts.has(path) && !tests.includes(path))
      .map((path) => `${path} has no title that begins with ${claim}`),
    ...tests.filter((path) => !paths.includes(path)).map((path) => `${claim} does not name ${path}`),
  ];
};

/**
 * @param {{ path: string, title: string | undefined }} reference
 * @param {ReadonlyMap<string, string>} texts
 * @returns {string[]}
 */
const referenceProblems = ({ path, title }, texts) => {
  const text = texts.get(path);
  if (text === undefined) return [`${path} is not there`];
  return title === undefined || text.includes(title) ? [] : [`${path} has no test “${title}”`];
};

/**
 * Everything in which the register and the tests disagree.
 *
 * @param {string} register
 * @param {readonly TestFile[]} tests
 * @param {readonly string[]} claims - the claims that must be there
 * @returns {string[]}
 */
export const claimProblems = (register, tests, claims) => {
  const sections = sectionsOf(register);
  const texts = new Map(tests.map(({ path, text }) => [path, text]));
  return [
    ...claims.filter((claim) => !sections.has(claim)).map((claim) => `${claim} is not in the register`),
    ...[...sections].flatMap(([claim, section]) => sectionProblems(claim, section, texts)),
    ...referencesIn(register).flatMap((reference) => referenceProblems(reference, texts)),
  ];
};
