/** A choice that may be taken away, with a name of its own: Grafana 12.3 gives a combobox that has no label none but its placeholder. */
import { Combobox } from '@grafana/ui';
import { useId } from 'react';

interface ChoiceProps {
  /** What a screen reader calls it. */
  readonly name: string;
  readonly options: { value: string; label?: string }[];
  readonly value: string | null;
  readonly placeholder: string;
  readonly onChange: (value: string | null) => void;
  readonly width?: number;
  /** Whether something can be typed that is none of the options. */
  readonly takesOther?: boolean;
}

export function Choice({ name, options, value, placeholder, onChange, width, takesOther = false }: ChoiceProps) {
  const id = useId();
  return (
    <div>
      <span id={id} hidden>
        {name}
      </span>
      <Combobox
        aria-labelledby={id}
        options={options}
        value={value}
        placeholder={placeholder}
        createCustomValue={takesOther}
        isClearable
        {...(width === undefined ? {} : { width })}
        onChange={(option) => onChange(option?.value ?? null)}
      />
    </div>
  );
}
