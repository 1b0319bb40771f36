/**
 * @typedef {object} LockedPackage
 * @property {string} [resolved]
 * @property {string} [integrity]
 * @property {boolean} [link]
 * @property {boolean} [hasInstallScript]
 * @property {Record<string, string>} [optionalDependencies]
 *
 * @typedef {{ packages: Record<string, LockedPackage> }} Lockfile
 * @typedef {Record<string, boolean>} AllowScripts
 */

const INSTALLED = 'node_modules/';

/** @param {string} path @returns {string} the package's name: what stands after the last `node_modules/` */
const nameOf = (path) => path.slice(path.lastIndexOf(INSTALLED) + INSTALLED.length);

/**
 * Looks a package up as Node does: beside the one that asks for it, then in every folder above.
 *
 * @param {Lockfile} lock
 * @param {string} from
 * @param {string} name
 * @returns {boolean}
 */
const isLocked = (lock, from, name) => {
  const candidate = from === '' ? INSTALLED + name : `${from}/${INSTALLED}${name}`;
  if (Object.hasOwn(lock.packages, candidate)) return true;
  if (from === '') return false;
  const above = Math.max(from.lastIndexOf('/' + INSTALLED), 0);
  return isLocked(lock, from.slice(0, above), name);
};

/**
 * @param {Lockfile} lock
 * @param {string} path
 * @param {LockedPackage} locked
 * @returns {string[]}
 */
const packageProblems = (lock, path, locked) => {
  if (locked.link) return [];
  const problems = [];
  if (locked.resolved !== undefined)
    problems.push(`${path} names where it came from (${locked.resolved}): set omit-lockfile-registry-resolved=true.`);
  if (path.includes(INSTALLED) && locked.integrity === undefined) problems.push(`${path} has no integrity hash.`);
  // npm leaves out, without a word, a platform's package that the registry did not have; other machines then fail.
  for (const name of Object.keys(locked.optionalDependencies ?? {}))
    if (!isLocked(lock, path, name)) problems.push(`${path} lacks its optional ${name}.`);
  return problems;
};

/**
 * @param {Lockfile} lock
 * @param {AllowScripts} allowScripts
 * @returns {string[]}
 */
const scriptProblems = (lock, allowScripts) => {
  const withScripts = new Set(
    Object.entries(lock.packages)
      .filter(([, locked]) => locked.hasInstallScript)
      .map(([path]) => nameOf(path)),
  );
  return [
    ...[...withScripts]
      .filter((name) => allowScripts[name] === undefined)
      .map((name) => `${name} has an install script: decide about it in "allowScripts" of package.json.`),
    ...Object.keys(allowScripts)
      .filter((name) => !withScripts.has(name))
      .map((name) => `"allowScripts" names ${name}, which has no install script.`),
    ...Object.keys(allowScripts)
      .filter((name) => allowScripts[name])
      .map((name) => `"allowScripts" lets ${name} run a script: everything here works without.`),
  ];
};

/**
 * What is wrong with a lock file, as sentences.
 *
 * @param {Lockfile} lock
 * @param {AllowScripts} allowScripts
 * @returns {string[]}
 */
export const lockfileProblems = (lock, allowScripts) => [
  ...Object.entries(lock.packages).flatMap(([path, locked]) => packageProblems(lock, path, locked)),
  ...scriptProblems(lock, allowScripts),
];
