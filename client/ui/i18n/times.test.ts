import { describe, expect, it } from '@jest/globals';
import { createTranslator } from './translator.js';
import { dayNumber } from './times.js';

const at = (year: number, month: number, day: number, time = '14:05'): number =>
  new Date(`${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}T${time}`).getTime();
const NOW = at(2026, 3, 12);
/** CLDR puts a narrow no-break space before AM and PM. */
const plain = (text: string): string => text.replace(/\u202f/g, ' ');

describe.each([
  ['en', ['2:05 PM', 'Yesterday', 'Tue', 'Mar 3', '3/3/25', '2:05 PM']],
  ['ru', ['14:05', 'вчера', 'вт', '3 мар.', '03.03.25', '14:05']],
] as const)('times in %s', (language, expected) => {
  const { times } = createTranslator(language, language);

  it('are brief in the list, the nearer the more exact', () => {
    const moments = [NOW, at(2026, 3, 11), at(2026, 3, 10), at(2026, 3, 3), at(2025, 3, 3), at(2026, 3, 13)];
    expect(moments.map((moment) => plain(times.brief(moment, NOW)))).toEqual(expected);
  });
});

describe('days', () => {
  it('stand in a sentence', () => {
    const moments = [NOW, at(2026, 3, 11), at(2026, 3, 10), at(2025, 3, 3), at(2026, 3, 13)];
    const [en, ru] = [createTranslator('en', 'en').times, createTranslator('ru', 'ru').times];
    expect(moments.map((moment) => en.date(moment, NOW))).toEqual(['today', 'yesterday', 'Mar 10', '3/3/25', 'today']);
    expect(moments.map((moment) => ru.date(moment, NOW))).toEqual([
      'сегодня',
      'вчера',
      '10 мар.',
      '03.03.25',
      'сегодня',
    ]);
  });

  it('are named between messages', () => {
    const en = createTranslator('en', 'en').times;
    const ru = createTranslator('ru', 'ru').times;
    const moments = [NOW, at(2026, 3, 11), at(2026, 3, 2), at(2025, 3, 3), at(2026, 3, 13)];
    expect(moments.map((moment) => en.day(moment, NOW))).toEqual([
      'Today',
      'Yesterday',
      'Monday, March 2',
      'March 3, 2025',
      'Friday, March 13',
    ]);
    expect(moments.map((moment) => ru.day(moment, NOW))).toEqual([
      'Сегодня',
      'Вчера',
      'Понедельник, 2 марта',
      '3 марта 2025 г.',
      'Пятница, 13 марта',
    ]);
  });

  it('change at local midnight, not 24 hours later', () => {
    const { times } = createTranslator('en', 'en');
    expect(times.brief(at(2026, 3, 11, '23:59'), at(2026, 3, 12, '00:01'))).toBe('Yesterday');
    expect(plain(times.brief(at(2026, 3, 12, '00:00'), at(2026, 3, 12, '23:59')))).toBe('12:00 AM');
  });

  it('are one apart also where a clock change makes one of them shorter', () => {
    const onDay = (day: number, hour: number): number => new Date(2026, 0, day, hour, 30).getTime();
    for (let day = 1; day <= 365; day += 1) expect(dayNumber(onDay(day + 1, 0)) - dayNumber(onDay(day, 23))).toBe(1);
  });
});
