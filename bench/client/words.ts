/** Words of several scripts, as people who live with more than one write them. */
const LINES = [
  'the quick brown fox jumps over a lazy dog while tickets for tomorrow morning are waiting at the station please call me back when you have time to talk about the garden and the new house',
  'съешь же ещё этих мягких французских булок да выпей чаю встретимся завтра вечером у станции не забудь билеты и ключи от дачи напиши когда выйдешь хорошо спасибо',
  '我們今天晚上在公園見面好嗎 明天下雨 東京 北京 車站 票 鑰匙 謝謝 早上好 時間 工作 朋友 吃飯 電話',
  'すみません 今日は 少し 遅れます 駅で 待って ください 切符 鍵 ありがとう 明日 カタカナ 電車',
  'مرحبا كيف حالك اليوم نلتقي غدا في المحطة لا تنس التذاكر والمفاتيح شكرا جزيلا صباح الخير',
  '안녕하세요 오늘 저녁에 역에서 만나요 표를 잊지 마세요 감사합니다 내일 시간',
].map((line) => line.split(' '));

/** Of a hundred messages so many are in each script. */
const SHARES = [40, 40, 8, 4, 4, 4];

/** The same numbers at every run. */
export const seeded = (seed: number): ((below: number) => number) => {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
};

const scriptOf = (percent: number): readonly string[] => {
  let left = percent;
  for (const [index, share] of SHARES.entries()) {
    if (left < share) return LINES[index] ?? [];
    left -= share;
  }
  return [];
};

/** A message of 1 to 20 words; now and then with a number that hardly any other has. */
export const sentence = (random: (below: number) => number): string => {
  const words = scriptOf(random(100));
  const count = 1 + random(random(4) === 0 ? 20 : 9);
  const picked = Array.from({ length: count }, () => words[random(words.length)] ?? '');
  if (random(5) === 0) picked.push(String(random(1_000_000)));
  return picked.join(' ');
};

/** A part of a text, 2 to 10 characters long. */
export const partOf = (text: string, random: (below: number) => number): string => {
  const characters = Array.from(text);
  const start = random(Math.max(1, characters.length - 2));
  return characters
    .slice(start, start + 2 + random(9))
    .join('')
    .trim();
};
