/**
 * Makes one rule with a name of its own out of esquery selectors.
 *
 * ESLint's `no-restricted-syntax` keeps every ban in one list, and a second configuration entry replaces that list
 * without a word. A rule for each ban cannot be lost that way, and each has its own fixture.
 *
 * @param {string} message what is wrong and what to do instead
 * @param {readonly string[]} selectors
 * @returns {import('eslint').Rule.RuleModule}
 */
export const selectorRule = (message, selectors) => ({
  meta: { type: 'problem', schema: [], messages: { banned: message } },
  create: (context) =>
    Object.fromEntries(
      selectors.map((selector) => [
        selector,
        (/** @type {import('eslint').Rule.Node} */ node) => context.report({ node, messageId: 'banned' }),
      ]),
    ),
});
