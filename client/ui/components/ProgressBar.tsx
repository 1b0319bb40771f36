interface ProgressBarProps {
  readonly label: string;
  readonly done: number;
  readonly total: number;
}

export const ProgressBar = ({ label, done, total }: ProgressBarProps) => (
  <div class="progress">
    <p>{label}</p>
    <progress class="progress-bar" aria-label={label} value={total === 0 ? 0 : done} max={Math.max(1, total)} />
  </div>
);
