import { basename } from 'node:path';

const VAGUE = /(^|[-.])(utils?|helpers?|common|managers?|misc|shared)([-.]|$)/;
const KEBAB = /^\.?[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9-]+)*\.([cm]?[jt]s)$/;
const COMPONENT = /^[A-Z][A-Za-z0-9]*(\.test)?\.tsx$/;
/** Several small components of one concept, or code that needs JSX without being a component. */
const COMPONENT_SET = /^[a-z0-9]+(-[a-z0-9]+)*(\.test)?\.tsx$/;

/**
 * A file is named after its one concept: kebab-case, `PascalCase.tsx` for a component, never a drawer such as `utils`.
 *
 * @type {import('eslint').Rule.RuleModule}
 */
export const fileName = {
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      vague: '"{{name}}" is a drawer, not a concept: name the file after the one thing that it holds.',
      form: '"{{name}}" should be kebab-case (or PascalCase.tsx for a component).',
    },
  },
  create: (context) => ({
    Program: (node) => {
      const name = basename(context.filename);
      if (VAGUE.test(name.toLowerCase())) context.report({ node, messageId: 'vague', data: { name } });
      else if (![KEBAB, COMPONENT, COMPONENT_SET].some((form) => form.test(name)))
        context.report({ node, messageId: 'form', data: { name } });
    },
  }),
};
