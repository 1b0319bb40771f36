import { useLayoutEffect, useRef } from 'preact/hooks';

interface StepHeadProps {
  readonly title: string;
  readonly text?: string;
  /** Where no field takes the focus, the heading does, so that the step is read out. */
  readonly focused?: boolean;
}

export const StepHead = ({ title, text, focused = false }: StepHeadProps) => {
  const heading = useRef<HTMLHeadingElement>(null);
  useLayoutEffect(() => {
    if (focused) heading.current?.focus();
  }, []);
  return (
    <div class="entrance-head">
      <h1 class="heading" ref={heading} tabIndex={-1}>
        {title}
      </h1>
      {text !== undefined && <p class="entrance-text">{text}</p>}
    </div>
  );
};
