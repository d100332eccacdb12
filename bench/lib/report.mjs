import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { summary } from './statistics.mjs';
import { targets } from './targets.mjs';

const show = (value) => (Math.abs(value) >= 1000 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3))));
const spread = ({ median, min, max, values }) =>
  values.length === 1 ? show(median) : `${show(median)} (${show(min)} – ${show(max)})`;

const table = (head, rows) =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

/** The rows of the table whose cases are in this run; a side that failed makes the row `failed`. */
export function judge(cases) {
  const caseOf = ({ caseName }) => cases.find((each) => each.name === caseName);
  const find = (side) => caseOf(side)?.results[side.label]?.[side.metric];
  return targets.flatMap((target) => {
    const { title, reach, aim, lower = false } = target;
    const sides = [target.over, ...(target.under ? [target.under] : [])];
    if (sides.some((side) => caseOf(side)?.failures[side.label])) {
      return [{ title, reach, aim, lower, verdict: 'failed' }];
    }
    if (!sides.every(find)) {
      return [];
    }
    const [over, under] = sides.map(find);
    const values = under ? over.values.map((value, round) => value / under.values[round]) : over.values;
    const figure = summary(values);
    const meets = (bound) => (lower ? figure.median <= bound : figure.median >= bound);
    const verdict = meets(aim) ? 'aim' : meets(reach) ? 'reach' : 'missed';
    return [{ title, figure, reach, aim, lower, verdict }];
  });
}

export function markdown({ machine, settings, cases, figures }) {
  const parts = ['# Benchmark', '', 'Medians of the rounds, least and greatest in brackets.', ''];
  parts.push(table(['', ''], [...Object.entries(machine), ...Object.entries(settings)].map(([k, v]) => [k, JSON.stringify(v)])), '');
  if (figures.length > 0) {
    const rows = figures.map(({ title, figure, reach, aim, lower, verdict }) => {
      const sign = lower ? '≤' : '≥';
      return [title, figure ? spread(figure) : '–', `${sign} ${reach}`, `${sign} ${aim}`, verdict];
    });
    parts.push('## Targets', '', table(['figure', 'measured', 'reach', 'aim', 'verdict'], rows), '');
  }
  for (const each of cases) {
    const labels = Object.keys(each.results);
    const metrics = [...new Set(labels.flatMap((label) => Object.keys(each.results[label])))];
    const rows = metrics.map((metric) => [
      metric,
      ...labels.map((label) => (each.results[label][metric] ? spread(each.results[label][metric]) : '–')),
    ]);
    parts.push(`## ${each.name}`, '', `${each.title}; ${each.rounds} round(s).`, '');
    if (labels.length > 0) {
      parts.push(table(['', ...labels], rows), '');
    }
    for (const [label, reason] of Object.entries(each.failures)) {
      parts.push(`**${label} failed**, no figures: ${reason}`, '');
    }
  }
  return parts.join('\n');
}

/** Writes both files; called after every case, so that a run that is cut short leaves what it has. */
export function writeResults(options, result) {
  mkdirSync(options.results, { recursive: true });
  const complete = { ...result, figures: judge(result.cases) };
  const write = (extension, text) => {
    const file = path.join(options.results, `${options.out}.${extension}`);
    writeFileSync(`${file}.tmp`, text);
    renameSync(`${file}.tmp`, file);
    return file;
  };
  write('json', `${JSON.stringify(complete, null, 2)}\n`);
  return { file: write('md', markdown(complete)), figures: complete.figures };
}
