// What a chart shows, as a table.
import { clockTime, exact } from '../text/relative';
import type { Series } from './chart';

interface ChartTableProps {
  title: string;
  /** Seconds since 1970, ascending. */
  times: readonly number[];
  series: readonly Series[];
  format: (value: number) => string;
}

/** Every fifth minute or so: a table of hundreds of rows would tell nobody anything. */
export function ChartTable({ title, times, series, format }: ChartTableProps) {
  const every = Math.max(1, Math.ceil(times.length / 24));
  const rows = times.map((_, index) => index).filter((index) => index % every === 0);
  return (
    <details class="figures">
      <summary>As a table</summary>
      <div class="table-frame" tabIndex={0} role="group" aria-label={`${title}, as a table`}>
        <table class="table plain">
          <thead>
            <tr><th scope="col">Time</th>{series.map(({ name }) => <th key={name} scope="col" class="number">{name}</th>)}</tr>
          </thead>
          <tbody>
            {rows.map((index) => (
              <tr key={times[index]}>
                <th scope="row"><time title={exact((times[index] ?? 0) * 1000)}>{clockTime(times[index] ?? 0)}</time></th>
                {series.map(({ name, values }) => {
                  const value = values[index];
                  return <td key={name} class="number">{value === null || value === undefined ? '–' : format(value)}</td>;
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
