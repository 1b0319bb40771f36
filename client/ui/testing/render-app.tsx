import { act, render, screen } from '@testing-library/preact';
import { App } from '../views/App.js';
import { bindDocument } from '../views/document-effects.js';
import { createTestApp, settle, type TestApp } from './test-app.js';

/** The whole interface on a fake core, after everything that happens at its start. */
export const renderApp = async (...options: Parameters<typeof createTestApp>): Promise<TestApp> => {
  const test = createTestApp(...options);
  bindDocument(test.app, document);
  render(<App app={test.app} />);
  await act(settle);
  return test;
};

/** The element with a role and a name; isolates, which only bidirectional layout sees, are left out of names. */
export const byRole = (role: string, name: string | RegExp): HTMLElement =>
  screen.getByRole(role, {
    name: (accessible) => {
      const plain = accessible.replace(/[\u2068\u2069]/g, '');
      return typeof name === 'string' ? plain === name : name.test(plain);
    },
  });

export const plainText = (element: Element | null): string =>
  (element?.textContent ?? '').replace(/[\u2068\u2069]/g, '');
