const SHOWN_ATTRIBUTES = new Set([
  'alt',
  'aria-description',
  'aria-label',
  'aria-placeholder',
  'aria-roledescription',
  'aria-valuetext',
  'label',
  'placeholder',
  'title',
]);
const LETTER = /\p{Letter}/u;

/** @param {any} node @returns {boolean} */
const holdsWords = (node) => {
  switch (node?.type) {
    case 'Literal':
      return typeof node.value === 'string' && LETTER.test(node.value);
    case 'TemplateLiteral':
      return node.quasis.some((/** @type {any} */ quasi) => LETTER.test(quasi.value.cooked ?? ''));
    case 'ConditionalExpression':
      return holdsWords(node.consequent) || holdsWords(node.alternate);
    case 'LogicalExpression':
      return holdsWords(node.left) || holdsWords(node.right);
    case 'BinaryExpression':
      return node.operator === '+' && (holdsWords(node.left) || holdsWords(node.right));
    case 'JSXExpressionContainer':
      return holdsWords(node.expression);
    default:
      return false;
  }
};

/**
 * Words that a person reads come from the catalogues, so that the interface can be translated.
 *
 * @type {import('eslint').Rule.RuleModule}
 */
export const noLiteralUiText = {
  meta: {
    type: 'problem',
    schema: [],
    messages: { literal: 'Take this text from the catalogue (client/ui/i18n), so that it can be translated.' },
  },
  create: (context) => ({
    JSXText: (/** @type {any} */ node) => {
      if (LETTER.test(node.value)) context.report({ node, messageId: 'literal' });
    },
    'JSXElement > JSXExpressionContainer, JSXFragment > JSXExpressionContainer': (/** @type {any} */ node) => {
      if (holdsWords(node)) context.report({ node, messageId: 'literal' });
    },
    JSXAttribute: (/** @type {any} */ node) => {
      if (SHOWN_ATTRIBUTES.has(node.name.name) && holdsWords(node.value))
        context.report({ node, messageId: 'literal' });
    },
  }),
};
