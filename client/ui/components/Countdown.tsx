import { useEffect, useState } from 'preact/hooks';

const SPOKEN_AT = [10, 30] as const;

/** Whole seconds until `until`, never less than none; the component renders anew each second. */
export const useSecondsLeft = (until: number): number => {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, [until]);
  return Math.max(0, Math.ceil((until - now) / 1_000));
};

/** 0:47, 24:00:00. */
export const clockOf = (seconds: number): string => {
  const two = (value: number): string => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
};

interface CountdownProps {
  readonly until: number;
  /** The whole line for a time such as 0:47. */
  readonly line: (time: string) => string;
}

/** Seen each second, heard at 30 and at 10 seconds alone. */
export const Countdown = ({ until, line }: CountdownProps) => {
  const seconds = useSecondsLeft(until);
  const mark = seconds === 0 ? undefined : SPOKEN_AT.find((limit) => seconds <= limit);
  return (
    <>
      <p class="countdown" aria-hidden="true">
        {line(clockOf(seconds))}
      </p>
      <p class="visually-hidden" role="status">
        {mark !== undefined && line(clockOf(mark))}
      </p>
    </>
  );
};
