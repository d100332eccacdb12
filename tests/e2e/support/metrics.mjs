// Reads the Prometheus text exposition format, as far as the tests need it.
import { request } from './http.mjs';

// The service reads Redis for /metrics once a second at most; a test wants the numbers of now.
const kept = 1_000; // ms
const lastRead = new Map(); // origin → when its last reading may have been made

export async function metricsOf(origin) {
  const left = (lastRead.get(origin) ?? -kept) + kept - performance.now();
  if (left > 0) await new Promise((resolve) => { setTimeout(resolve, left); });
  const reply = await request('GET', `${origin}/metrics`);
  lastRead.set(origin, performance.now());
  if (reply.status !== 200) throw new Error(`/metrics answered ${reply.status}`);
  return new Metrics(reply.text);
}

class Metrics {
  constructor(text) {
    this.text = text;
    this.samples = [];
    for (const line of text.split('\n')) {
      const match = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)/.exec(line);
      if (match && !line.startsWith('#')) {
        this.samples.push({ name: match[1], labels: labelsOf(match[2]), value: Number(match[3]) });
      }
    }
  }

  /** Whether a family of this name is there, as samples or announced by HELP or TYPE. */
  has(name) {
    return this.samples.some((sample) => familyOf(sample.name) === name || sample.name === name)
      || new RegExp(`^# (?:HELP|TYPE) ${name}(?: |$)`, 'm').test(this.text);
  }

  /** The names of all families. */
  names() {
    return [...this.text.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name);
  }

  help(name) {
    return new RegExp(`^# HELP ${name} (.*)$`, 'm').exec(this.text)?.[1];
  }

  /** The sum over all samples of `name` whose labels include `labels`. */
  value(name, labels = {}) {
    const matching = this.samples.filter((sample) => sample.name === name
      && Object.entries(labels).every(([key, value]) => sample.labels[key] === value));
    if (matching.length === 0 && Object.keys(labels).length === 0) throw new Error(`no metric ${name}`);
    return matching.reduce((sum, sample) => sum + sample.value, 0);
  }
}

const familyOf = (name) => name.replace(/_(?:bucket|sum|count)$/, '');

function labelsOf(text = '') {
  return Object.fromEntries([...text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, value]) => [key, value]));
}
