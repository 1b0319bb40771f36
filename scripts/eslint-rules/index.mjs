import { docstring } from './docstring.mjs';
import { fileName } from './file-name.mjs';
import { noByteComparison } from './no-byte-comparison.mjs';
import { noLiteralUiText } from './no-literal-ui-text.mjs';
import { syntaxBans } from './syntax-bans.mjs';

/** The rules that are ours, as an ESLint plugin: `sotto/<name>`. */
export const sotto = {
  meta: { name: 'sotto' },
  rules: {
    ...syntaxBans,
    docstring,
    'file-name': fileName,
    'no-byte-comparison': noByteComparison,
    'no-literal-ui-text': noLiteralUiText,
  },
};
