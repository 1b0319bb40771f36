import { DAY, fillChats, NOON, openChat, type Scene } from './scene.js';

const typed =
  (words: string): NonNullable<Scene['act']> =>
  async (page) => {
    await page.locator('input[type=search]').fill(words);
    await page.locator('.search-results .row, .search-note:not(:empty)').first().waitFor();
  };

/** What a person sees who looks for something. */
export const SEARCH_SCENES: readonly Scene[] = [
  { name: 'search', set: fillChats, act: typed('be') },
  { name: 'search-nothing', set: fillChats, act: typed('zebra crossing') },
  {
    name: 'search-here',
    set: (core) => {
      fillChats(core);
      const carol = core.addChat('Very_long_name_of_a_person_32_ab');
      for (let day = 0; day < 120; day += 1)
        core.receive(carol, `Поезд № ${day}: встреча у входа, билеты у меня. https://example.org/${day}`, {
          at: NOON - (200 - day) * DAY,
          quiet: true,
        });
      core.changeChat(carol, {});
    },
    act: async (page, core) => {
      await openChat('Very_long_name_of_a_person_32_ab')(page);
      await page.locator('.pane-chat .pane-head .button-icon').nth(1).click();
      await typed('поезд № 17')(page, core);
      await page.locator('.search-results .row').first().click();
      await page.locator('[data-marked]').waitFor();
    },
  },
  {
    name: 'search-where',
    set: fillChats,
    act: async (page, core) => {
      await openChat('bob')(page);
      await page.locator('.pane-chat .pane-head .button-icon').nth(1).click();
      await typed('draft')(page, core);
    },
  },
];
