import type { App } from '../model/app.js';
import type { Command } from '../model/shortcuts.js';

/** One stop a pane, in the order of reading: list, messages, composer. */
const PANE_STOPS = '[role="option"][tabindex="0"], .messages [tabindex="0"], .composer textarea';

const stepPane = (shell: HTMLElement | null, by: 1 | -1): void => {
  const stops = [...(shell?.querySelectorAll<HTMLElement>(PANE_STOPS) ?? [])];
  const within = (stop: HTMLElement): boolean =>
    stop.closest('.pane-list, .messages, .composer')?.contains(document.activeElement) === true;
  const at = stops.findIndex(within);
  stops[at < 0 ? 0 : (at + by + stops.length) % stops.length]?.focus();
};

export const runCommand = (app: App, command: Command, shell: HTMLElement | null): void => {
  switch (command.name) {
    case 'newChat':
    case 'settings':
      app.dialog.value = command.name;
      break;
    case 'find':
      app.search.ask();
      break;
    case 'findHere':
      app.search.ask(app.chats.open.peek()?.chatId);
      break;
    case 'nextChat':
      app.chats.step(1);
      break;
    case 'previousChat':
      app.chats.step(-1);
      break;
    case 'showChat':
      app.chats.showNth(command.index);
      break;
    case 'nextPane':
      stepPane(shell, 1);
      break;
    case 'previousPane':
      stepPane(shell, -1);
      break;
  }
};
