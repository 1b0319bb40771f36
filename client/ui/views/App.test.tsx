import { beforeEach, describe, expect, it } from '@jest/globals';
import { fillBrowserGaps } from '../testing/browser-gaps.js';
import { byRole, renderApp } from '../testing/render-app.js';

beforeEach(() => fillBrowserGaps());

describe('App', () => {
  it('shows the chats', async () => {
    await renderApp();
    expect(byRole('heading', 'Chats')).toBeTruthy();
  });
});
