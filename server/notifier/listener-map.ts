/** Who listens for what; nothing is kept for a key that nobody listens for. */
export class ListenerMap<Key, Listener> {
  readonly #listeners = new Map<Key, Set<Listener>>();

  add(key: Key, listener: Listener): () => void {
    const listeners = this.#listeners.get(key) ?? new Set();
    this.#listeners.set(key, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(key) === listeners) this.#listeners.delete(key);
    };
  }

  has(key: Key): boolean {
    return this.#listeners.has(key);
  }

  keys(): readonly Key[] {
    return [...this.#listeners.keys()];
  }

  tell(key: Key, tell: (listener: Listener) => void): void {
    const listeners = this.#listeners.get(key);
    // A copy: a listener may end its subscription while it is told.
    if (listeners !== undefined) for (const listener of [...listeners]) tell(listener);
  }

  clear(): void {
    this.#listeners.clear();
  }
}
