import { type Checkpoint, checkpointCard, type CheckpointCard } from '#contract/domain/checkpoint.ts'
import type { StudioDatabase } from '../database/open.ts'
import { describeCheckpoint } from './card.ts'

interface CheckpointRow {
  card: string
  pipeline_id: string
  dataset: string
  is_finished: number
  is_newest: number
}

const select = `
  SELECT checkpoint.card, run.pipeline_id, run.dataset,
    run.status = 'finished' AS is_finished,
    checkpoint.step = (SELECT max(newest.step) FROM checkpoint AS newest WHERE newest.run = run.key) AS is_newest
  FROM checkpoint JOIN run ON run.key = checkpoint.run`

/** Checkpoints as the runs announced them. */
export class CheckpointQueries {
  readonly #list
  readonly #listOfRun
  readonly #get
  readonly #card
  readonly #newestCard
  readonly #newestStep
  readonly #counts
  readonly #count
  readonly #put
  readonly #rewind

  constructor(database: StudioDatabase) {
    this.#list = database.prepare<[], CheckpointRow>(`${select} ORDER BY run.key DESC, checkpoint.step DESC`)
    this.#listOfRun = database.prepare<[string], CheckpointRow>(
      `${select} WHERE run.id = ? ORDER BY checkpoint.step DESC`,
    )
    this.#get = database.prepare<[string, number], CheckpointRow>(`${select} WHERE run.id = ? AND checkpoint.step = ?`)
    this.#card = database.prepare<[string, number], { card: string }>(
      'SELECT card FROM checkpoint JOIN run ON run.key = checkpoint.run WHERE run.id = ? AND checkpoint.step = ?',
    )
    this.#newestCard = database.prepare<[string], { card: string }>(
      'SELECT card FROM checkpoint JOIN run ON run.key = checkpoint.run WHERE run.id = ? ORDER BY checkpoint.step DESC LIMIT 1',
    )
    this.#newestStep = database.prepare<[number], { step: number | null }>(
      'SELECT max(step) AS step FROM checkpoint WHERE run = ?',
    )
    this.#counts = database.prepare<[], { run: number; count: number }>(
      'SELECT run, count(*) AS count FROM checkpoint GROUP BY run',
    )
    this.#count = database.prepare<[number], { count: number }>(
      'SELECT count(*) AS count FROM checkpoint WHERE run = ?',
    )
    this.#put = database.prepare<[number, number, string]>(
      'INSERT OR REPLACE INTO checkpoint (run, step, card) VALUES (?, ?, ?)',
    )
    this.#rewind = database.prepare<[number, number]>('DELETE FROM checkpoint WHERE run = ? AND step > ?')
  }

  /** Step of the newest checkpoint of a run by its key; undefined if it has none. */
  newestStep(run: number): number | undefined {
    return this.#newestStep.get(run)?.step ?? undefined
  }

  /** Newest first, of one run or of all. */
  list(runId?: string): Checkpoint[] {
    const listed = runId === undefined ? this.#list.all() : this.#listOfRun.all(runId)
    // The newest one of a run comes first, and knows the best one.
    let bestStep: number | undefined
    return listed.map((row) => {
      const card = cardOf(row)
      if (row.is_newest === 1) bestStep = card.earlyStopping?.bestStep ?? card.step
      return describeCheckpoint(card, row, row.is_finished === 1 && card.step === bestStep)
    })
  }

  get(runId: string, step: number): Checkpoint | undefined {
    const row = this.#get.get(runId, step)
    if (row === undefined) return undefined
    return describeCheckpoint(cardOf(row), row, row.is_finished === 1 && this.card(runId)?.step === step)
  }

  /** The card of a checkpoint. Without a step, of the one that the run stands for: the newest one, or with early stopping the best one. */
  card(runId: string, step?: number): CheckpointCard | undefined {
    const row = step === undefined ? this.#newestCard.get(runId) : this.#card.get(runId, step)
    if (row === undefined) return undefined
    const card = cardOf(row)
    const bestStep = card.earlyStopping?.bestStep ?? card.step
    return step === undefined && bestStep !== card.step ? this.card(runId, bestStep) : card
  }

  /** Number of checkpoints of each run, by the run's key. */
  counts(): Map<number, number> {
    return new Map(this.#counts.all().map(({ run, count }) => [run, count]))
  }

  count(run: number): number {
    return this.#count.get(run)?.count ?? 0
  }

  put(run: number, card: CheckpointCard): void {
    this.#put.run(run, card.step, JSON.stringify(card))
  }

  rewind(run: number, step: number): void {
    this.#rewind.run(run, step)
  }
}

const cardOf = ({ card }: Pick<CheckpointRow, 'card'>): CheckpointCard => checkpointCard.parse(JSON.parse(card))
