import { useId } from 'preact/hooks';

interface ChoicesProps<T extends string> {
  readonly legend: string;
  readonly choices: readonly { readonly value: T; readonly label: string }[];
  readonly value: T;
  readonly onChoose: (value: T) => void;
}

/** One of a few, all in sight. */
export const Choices = <T extends string>({ legend, choices, value, onChoose }: ChoicesProps<T>) => {
  const name = useId();
  return (
    <fieldset class="choices">
      <legend class="choices-legend">{legend}</legend>
      {choices.map((choice) => (
        <label key={choice.value} class="choice">
          <input
            class="choice-input"
            type="radio"
            name={name}
            checked={choice.value === value}
            onChange={() => onChoose(choice.value)}
          />
          {choice.label}
        </label>
      ))}
    </fieldset>
  );
};
