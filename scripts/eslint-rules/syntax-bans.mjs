import { selectorRule } from './selector-rule.mjs';

/** Constructs that are refused wherever the configuration turns their rule on. */
export const syntaxBans = {
  'no-enum': selectorRule('Use a union of string literals instead of an enum.', ['TSEnumDeclaration']),

  'no-interface-prefix': selectorRule('Name the interface after the thing: no "I" prefix.', [
    'TSInterfaceDeclaration[id.name=/^I[A-Z][a-z]/]',
  ]),

  // Markup made from strings is the classic way in for a hostile message.
  'no-raw-html': selectorRule('Render text by Preact: markup from strings lets a message run script.', [
    'JSXAttribute[name.name="dangerouslySetInnerHTML"]',
    'Property[key.name="dangerouslySetInnerHTML"]',
    'MemberExpression[property.name=/^(innerHTML|outerHTML|srcdoc|insertAdjacentHTML|createContextualFragment)$/]',
    'MemberExpression[property.value=/^(innerHTML|outerHTML|srcdoc|insertAdjacentHTML|createContextualFragment)$/]',
    'JSXAttribute[name.name=/^(innerHTML|srcdoc|srcDoc)$/]',
    'MemberExpression[object.name="document"][property.name=/^write(ln)?$/]',
  ]),

  'no-math-random': selectorRule('Math.random can be predicted: take the randomness that is handed in.', [
    'MemberExpression[object.name="Math"][property.name="random"]',
    'MemberExpression[object.name="Math"][property.value="random"]',
    'VariableDeclarator[init.name="Math"] Property[key.name="random"]',
  ]),

  // Expiry checks are only testable, and only reviewable, when the time is an argument.
  'no-ambient-clock': selectorRule('The clock is handed in: take the time as an argument.', [
    'NewExpression[callee.name="Date"][arguments.length=0]',
    'CallExpression[callee.name="Date"]',
    'MemberExpression[object.name="Date"][property.name="now"]',
    'MemberExpression[object.name="Date"][property.value="now"]',
    'MemberExpression[object.name="performance"][property.name="now"]',
    'MemberExpression[object.name="process"][property.name="hrtime"]',
  ]),
};
