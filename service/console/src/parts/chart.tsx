// A chart over time. uPlot draws it; the legend, a sentence and a table tell the same to those who do not see it.
import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { useStore } from '../state/store';
import { shade } from '../state/theme';
import { clockTime } from '../text/relative';
import { ChartTable } from './chart-table';

export interface Series {
  name: string;
  /** Names a colour of the style sheet: `--series-…`. */
  colour: 'accent' | 'bad' | 'quiet';
  values: readonly (number | null)[];
  fill?: boolean;
  dash?: boolean;
}

interface ChartProps {
  title: string;
  /** The chart in one sentence. */
  summary: string;
  /** Seconds since 1970, ascending. */
  times: readonly number[];
  from: number;
  to: number;
  series: readonly Series[];
  format: (value: number) => string;
  /** The values at the axis, where `format` is too coarse for it. */
  tick?: (value: number) => string;
}

const height = 168;
const font = '11px system-ui, sans-serif';

function colourOf(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function axes(format: (value: number) => string): uPlot.Axis[] {
  const line = { stroke: colourOf('line'), width: 1 };
  const common = { stroke: colourOf('faint'), font, ticks: { show: false } };
  return [
    { ...common, grid: { show: false }, space: 64, size: 24, values: (_, ticks) => ticks.map(clockTime) },
    { ...common, grid: line, space: 36, size: 58, values: (_, ticks) => ticks.map((tick) => format(tick)) },
  ];
}

/** A value without neighbours makes no line, so it gets a dot. */
function lone(values: ArrayLike<number | null | undefined>): number[] {
  const there = (index: number) => values[index] !== null && values[index] !== undefined;
  return Array.from({ length: values.length }, (_, index) => index).filter((index) => there(index) && !there(index - 1) && !there(index + 1));
}

function drawn({ name, colour, fill, dash }: Series): uPlot.Series {
  const stroke = colourOf(`series-${colour}`);
  return {
    label: name, stroke, width: 1.5,
    points: { show: true, size: 5, width: 1, stroke, fill: stroke, filter: (plot, series) => lone(plot.data[series] ?? []) },
    ...(fill ? { fill: colourOf(`series-${colour}-fill`) } : {}),
    ...(dash ? { dash: [4, 4] } : {}),
  };
}

const aligned = ({ times, series }: ChartProps): uPlot.AlignedData =>
  [[...times], ...series.map(({ values }) => [...values])] as uPlot.AlignedData;

function options(props: ChartProps, width: number, onCursor: (index: number | null) => void): uPlot.Options {
  return {
    width, height,
    padding: [8, 20, 0, 0], // at the right there is room for half of the last time
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
    scales: { x: { time: true, range: () => [props.from, props.to] }, y: { range: (_, __, most) => [0, Math.max(1, (most || 0) * 1.1)] } },
    axes: axes(props.tick ?? props.format),
    series: [{}, ...props.series.map(drawn)],
    hooks: { setCursor: [(plot) => onCursor(plot.cursor.idx ?? null)] },
  };
}

function Legend({ series, times, index, format }: Pick<ChartProps, 'series' | 'times' | 'format'> & { index: number | null }) {
  const at = index ?? times.length - 1;
  const time = times[at];
  return (
    <ul class="legend">
      {series.map(({ name, colour, values }) => {
        const value = values[at];
        return (
          <li key={name} class={`series-${colour}`}>
            {name} <b>{value === null || value === undefined ? '–' : format(value)}</b>
          </li>
        );
      })}
      <li class="legend-time">{time === undefined ? '' : clockTime(time)}</li>
    </ul>
  );
}

export function Chart(props: ChartProps) {
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const latest = useRef(props);
  latest.current = props;
  const [index, setIndex] = useState<number | null>(null);
  const colours = useStore(shade);

  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    const made = new uPlot(options(latest.current, element.clientWidth || 320, setIndex), aligned(latest.current), element);
    made.setScale('x', { min: latest.current.from, max: latest.current.to });
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, [colours]);

  useEffect(() => {
    plot.current?.setData(aligned(props), false);
    plot.current?.setScale('x', { min: props.from, max: props.to });
  }, [props.times, props.to]);

  return (
    <figure class="chart">
      <figcaption>
        <h2>{props.title}</h2>
        <Legend {...props} index={index} />
      </figcaption>
      <div ref={frame} class="plot" role="img" aria-label={`${props.title}. ${props.summary}`} />
      <ChartTable {...props} />
    </figure>
  );
}
