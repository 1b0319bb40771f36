/** Times as people read them, in one locale and the system's time zone. */
export interface Times {
  /** On a bubble: 14:05. */
  readonly clock: (at: number) => string;
  /** In the chat list: 14:05, yesterday, Mon, Mar 3, 3/3/25; the nearer the more exact. */
  readonly brief: (at: number, now: number) => string;
  /** Between days of a chat: Today, Yesterday, Monday, March 3, March 3, 2025. */
  readonly day: (at: number, now: number) => string;
  /** A day in a sentence: today, yesterday, Mar 3, 3/3/25. */
  readonly date: (at: number, now: number) => string;
  /** A day long ago: March 3, 2025. */
  readonly fullDate: (at: number) => string;
  /** A day and a time that may lie ahead: Mar 13, 2:05 PM. */
  readonly moment: (at: number) => string;
}

const DAY_MS = 86_400_000;

/** The number of the calendar day in local time, so that days can be subtracted across changes of the clock. */
export const dayNumber = (at: number): number => {
  const date = new Date(at);
  return Math.round(Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / DAY_MS);
};

const sameYear = (one: number, other: number): boolean => new Date(one).getFullYear() === new Date(other).getFullYear();

interface DayWords {
  readonly briefYesterday: string;
  readonly today: string;
  readonly yesterday: string;
}

const capitalised = (text: string, locale: string): string =>
  text.slice(0, 1).toLocaleUpperCase(locale) + text.slice(1);

export const createTimes = (locale: string, words: DayWords): Times => {
  const formatter = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(locale, options);
  const time = formatter({ hour: 'numeric', minute: '2-digit' });
  const weekday = formatter({ weekday: 'short' });
  const dayOfYear = formatter({ day: 'numeric', month: 'short' });
  const shortDate = formatter({ day: 'numeric', month: 'numeric', year: '2-digit' });
  const longDay = formatter({ weekday: 'long', day: 'numeric', month: 'long' });
  const near = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  const moment = formatter({ day: 'numeric', month: 'short', hour: 'numeric', minute: '2-digit' });
  const longDate = formatter({ day: 'numeric', month: 'long', year: 'numeric' });

  return {
    clock: (at) => time.format(at),
    fullDate: (at) => longDate.format(at),
    moment: (at) => moment.format(at),
    brief: (at, now) => {
      const days = dayNumber(now) - dayNumber(at);
      // A clock that runs ahead elsewhere may date a message tomorrow: it reads as today's.
      if (days <= 0) return time.format(at);
      if (days === 1) return words.briefYesterday;
      if (days < 7) return weekday.format(at);
      return sameYear(at, now) ? dayOfYear.format(at) : shortDate.format(at);
    },
    date: (at, now) => {
      const days = Math.max(0, dayNumber(now) - dayNumber(at));
      if (days < 2) return near.format(-days, 'day');
      return (sameYear(at, now) ? dayOfYear : shortDate).format(at);
    },
    day: (at, now) => {
      const days = dayNumber(now) - dayNumber(at);
      if (days === 0) return words.today;
      if (days === 1) return words.yesterday;
      return capitalised((sameYear(at, now) ? longDay : longDate).format(at), locale);
    },
  };
};
