// What may be registered of one endpoint at each moment, by what its operator was told. It is one state, but while a change is on its way
// two. A power cut takes the end of what was written, so behind one every state of the lost tail is possible, until an answer from after
// it tells which one it is.

/** A Redis that does not write each record to disk at once may lose so much before it is killed. */
export const tailMs = 2_000;

const powerCut = 'power cut';
const absent = { there: false, mask: 0, paused: false };

/** What a change makes of a state. Only an endpoint that is there can be changed. */
const made = {
  create: (state, { mask }) => ({ there: true, mask, paused: false }),
  mask: (state, { mask }) => (state.there ? { ...state, mask } : state),
  pause: (state) => (state.there ? { ...state, paused: true } : state),
  resume: (state) => (state.there ? { ...state, paused: false } : state),
  delete: () => absent,
};
const changes = Object.keys(made);

const distinct = (states) => [...new Map(states.map((state) => [JSON.stringify(state), state])).values()];
const says = (states) => distinct(states).map(({ there, mask, paused }) => (there ? `mask ${mask}${paused ? ', paused' : ''}` : 'none')).join(' or ');
const isBarred = ({ there, paused }) => !there || paused;

/** Moments by time, each with its kind and its row: a change is begun and then known, a reading is made, Redis dies. */
function marksOf(rows, deaths) {
  const known = rows.filter(({ op }) => changes.includes(op));
  const finished = new Set(known.map(({ op, from }) => `${op} ${from}`));
  const marks = known.flatMap((row) => [{ at: row.from, kind: 'begun', row }, { at: row.to, kind: 'known', row }]);
  for (const row of rows.filter(({ op, of, at }) => op === 'begin' && changes.includes(of) && !finished.has(`${of} ${at}`))) {
    marks.push({ at: row.at, kind: 'begun', row: { ...row, op: row.of } });
  }
  for (const row of rows.filter(({ op }) => op === 'reading')) marks.push({ at: row.to, kind: 'read', row });
  deaths.forEach((row, index) => {
    // What was there when Redis came back is on disk.
    marks.push({ at: row.at, kind: 'died', row: { since: Math.max(row.at - tailMs, deaths[index - 1]?.back ?? -Infinity) } });
  });
  return marks.sort((a, b) => a.at - b.at);
}

export class Registration {
  #spans = [{ from: -Infinity, states: [absent], by: 'none', unsettled: false }];
  #bars;
  #deaths;
  #ep;
  /** What was answered although no state of that moment explains it, as sentences. */
  contradictions = [];

  /**
   * @param rows the changes of the endpoint and the readings of all, as the operator notes them.
   * @param deaths the power cuts that may have lost a tail, by time.
   */
  constructor(ep, rows, deaths) {
    this.#ep = ep;
    this.#deaths = deaths;
    const take = { begun: this.#begun, known: this.#known, read: this.#read, died: this.#died };
    for (const { at, kind, row } of marksOf(rows, deaths)) take[kind].call(this, row, at);
    this.#bars = this.#spansWhere(({ from, states }) => from > -Infinity && states.every(isBarred));
  }

  /** Since when (ms) it has surely taken the bit without a break, to the end of the run; else undefined. */
  takenSince(bit) {
    const last = this.#spansWhere(({ states }) => states.every(({ mask }) => mask & bit)).at(-1);
    return last?.to === Infinity ? last.from : undefined;
  }

  /** The times in which it may have taken the bit, as `{from, to}`, wide on both sides. */
  maybeTaken(bit) { return this.#spansWhere(({ states }) => states.some(({ mask }) => mask & bit)); }

  /** What surely bars it from being told at that time, as `{from, by}`; else undefined. */
  barAt(at) { return this.#bars.find(({ from, to }) => from <= at && at < to); }

  /** Whether it may be barred or not, for all that is known after a power cut. */
  isOpenQuestion(at) {
    const { states, unsettled } = this.#spans.findLast(({ from }) => from <= at);
    return unsettled && states.some(isBarred) && !states.every(isBarred);
  }

  get #states() { return this.#spans.at(-1).states; }

  /** @param by what made it so. */
  #become(from, possible, by, afterDeath = this.#spans.at(-1).unsettled) {
    const states = distinct(possible);
    this.#spans.push({ from, states, by, unsettled: afterDeath && states.length > 1 });
  }

  #spansWhere(test) {
    const found = [];
    let open;
    for (const span of this.#spans) {
      const holds = test(span);
      if (holds && !open) found.push(open = { from: span.from, to: Infinity, by: span.by });
      if (!holds && open) {
        open.to = span.from;
        open = undefined;
      }
    }
    return found;
  }

  /** Whether a power cut came between the question and its answer: nobody knows which of the two was first. */
  #diedWithin({ tried, from, to }) { return this.#deaths.some(({ at }) => at >= (tried ?? from) && at <= to); }

  #begun(row, at) {
    this.#become(at, [...this.#states, ...this.#states.map((state) => made[row.op](state, row))], row.op);
    this.#spans.at(-1).isOnItsWay = true;
  }

  #known(row, at) {
    if (this.#diedWithin(row)) {
      this.#become(at, this.#states, row.op);
      return;
    }
    const refused = row.status === 404 && row.op !== 'delete';
    const fit = row.op === 'delete' ? this.#states : this.#states.filter(({ there }) => there !== refused);
    if (fit.length === 0) this.#contradict(at, `${row.op} was answered ${row.status ?? 'as done'}`);
    else this.#become(at, refused ? fit : fit.map((state) => made[row.op](state, row)), row.op);
  }

  #read(row, at) {
    if (this.#diedWithin(row)) return;
    const seen = row.endpoints[this.#ep];
    // Lull pauses by itself, too; then `paused` is missing, since nothing tells whether the operator did as well.
    const fits = ({ there, mask, paused }) => (seen ? there && mask === seen.mask && paused === (seen.paused ?? paused) : !there);
    const fit = this.#states.filter(fits);
    if (fit.length > 0) {
      this.#settle(fit, at);
      return;
    }
    const found = seen ? { there: true, mask: seen.mask, paused: seen.paused ?? false } : absent;
    this.#contradict(at, `a reading found ${says([found])}`);
    this.#become(at, [found], 'reading');
  }

  /** What a reading found has been so since the last change or power cut, unless a change is on its way. */
  #settle(states, at) {
    const last = this.#spans.at(-1);
    if (last.isOnItsWay || last.from === -Infinity) this.#become(at, states, 'reading');
    else Object.assign(last, { states, by: last.by === powerCut ? 'reading' : last.by, unsettled: last.unsettled && states.length > 1 });
  }

  #died({ since }, at) {
    const ends = (index) => this.#spans[index + 1]?.from ?? Infinity;
    this.#become(at, this.#spans.filter((_, index) => ends(index) >= since).flatMap(({ states }) => states), powerCut, true);
  }

  #contradict(at, what) {
    this.contradictions.push(`${this.#ep}: ${what} at ${at}, when what was acknowledged left ${says(this.#states)}`);
  }
}
