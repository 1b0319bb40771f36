import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { catalogueProblems, textFindings } from './text-rules.mjs';

const BINARY = /\.(png|jpe?g|gif|webp|ico|icns|woff2?|wasm|y4m|mp3|wav|zip)$/i;
/** Written by npm, by buf, by the FSF; fixtures are bad on purpose. */
const SKIPPED = /^(package-lock\.json|LICENSE|protocol\/gen\/.*|scripts\/fixtures\/.*)$/;
const CATALOGUES = ['client/ui/i18n/en.json', 'client/ui/i18n/ru.json'];

const tracked = execFileSync('git', ['ls-files', '-z'], { encoding: 'utf8' })
  .split('\0')
  .filter((path) => path !== '' && existsSync(path) && !BINARY.test(path) && !SKIPPED.test(path));

const problems = tracked.flatMap((path) =>
  textFindings(readFileSync(path, 'utf8')).map(({ rule, line }) => `${path}:${line} ${rule.name}: ${rule.advice}`),
);

const present = CATALOGUES.filter((path) => existsSync(path));
if (present.length === CATALOGUES.length) {
  const [english, russian] = CATALOGUES.map((path) => JSON.parse(readFileSync(path, 'utf8')));
  problems.push(...catalogueProblems(english, russian).map((problem) => `${CATALOGUES.join(' and ')}: ${problem}`));
} else if (present.length > 0)
  problems.push(`${present.join()} stands alone: the interface speaks Russian and English`);

for (const problem of problems) console.error(problem);
console.log(`text: ${problems.length} problems in ${tracked.length} files`);
process.exitCode = problems.length === 0 ? 0 : 1;
