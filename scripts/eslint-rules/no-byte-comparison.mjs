const CONSTANT_TIME = new Set(['timingSafeEqual', 'memcmp']);
const EARLY_EXIT_METHODS = new Set(['equals', 'compare', 'every', 'some']);
const BYTES = new Set(['Uint8Array', 'Buffer', 'ArrayBuffer', 'DataView']);

/**
 * Secrets and digests are compared in one place, in constant time: a comparison that stops at the first difference tells
 * an attacker how far a guess was right. Needs type information, since `equals` and `every` are harmless on other values.
 *
 * @type {import('eslint').Rule.RuleModule}
 */
export const noByteComparison = {
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      earlyExit: 'This comparison of bytes stops at the first difference: use constantTimeEqual.',
      elsewhere: '{{name}} stands in the constant-time module alone: use constantTimeEqual.',
    },
  },
  create: (context) => {
    const services = context.sourceCode.parserServices;

    /** @param {any} node @returns {boolean} */
    const isBytes = (node) => {
      if (!services?.program) return false;
      const type = services.getTypeAtLocation(node);
      const parts = type.isUnionOrIntersection() ? type.types : [type];
      return parts.some((/** @type {any} */ part) => BYTES.has(part.getSymbol()?.name));
    };

    return {
      MemberExpression: (/** @type {any} */ node) => {
        const name = node.computed ? node.property.value : node.property.name;
        if (CONSTANT_TIME.has(name)) context.report({ node, messageId: 'elsewhere', data: { name } });
        else if (node.object.type === 'Identifier' && node.object.name === 'Buffer' && name === 'compare')
          context.report({ node, messageId: 'earlyExit' });
        else if (EARLY_EXIT_METHODS.has(name) && node.parent.callee === node && isBytes(node.object))
          context.report({ node, messageId: 'earlyExit' });
      },
      ImportSpecifier: (/** @type {any} */ node) => {
        const { name } = node.imported;
        if (CONSTANT_TIME.has(name)) context.report({ node, messageId: 'elsewhere', data: { name } });
      },
    };
  },
};
