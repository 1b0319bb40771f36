const FUNCTIONS = new Set(['ArrowFunctionExpression', 'FunctionExpression']);

/**
 * An exported function or class of `crypto` and `protocol` says what it takes, gives and refuses: that is what reviewers
 * read first. Types and schemas explain themselves by their fields.
 *
 * @type {import('eslint').Rule.RuleModule}
 */
export const docstring = {
  meta: {
    type: 'problem',
    schema: [],
    messages: { missing: 'Say in a docstring what this takes, gives and refuses, and where it is specified.' },
  },
  create: (context) => {
    /** @param {any} declaration @returns {any} the node to complain about, if the declaration owes a docstring */
    const owes = (declaration) => {
      if (['FunctionDeclaration', 'ClassDeclaration', 'TSDeclareFunction'].includes(declaration.type))
        return declaration.id;
      return declaration.declarations?.find((/** @type {any} */ { init }) => FUNCTIONS.has(init?.type))?.id;
    };

    /** @param {any} node @returns {boolean} */
    const isOverloadedAbove = (node) => {
      const siblings = node.parent.body;
      const before = siblings[siblings.indexOf(node) - 1]?.declaration;
      return before?.type === 'TSDeclareFunction' && before.id.name === node.declaration.id?.name;
    };

    return {
      'ExportNamedDeclaration[declaration]': (/** @type {any} */ node) => {
        const owner = owes(node.declaration);
        if (owner === undefined || isOverloadedAbove(node)) return;
        const comment = context.sourceCode.getCommentsBefore(node).at(-1);
        if (comment?.type !== 'Block' || !comment.value.startsWith('*'))
          context.report({ node: owner, messageId: 'missing' });
      },
    };
  },
};
