import type { QueueMove, QueueState, RunPriority } from '#contract/domain/queue.ts'
import { runPriorities } from '#contract/domain/queue.ts'
import type { Run } from '#contract/domain/run.ts'
import type { FakeWorld } from './fake-world.ts'

/** The queue of the fake studio: two slots on four processors. */
export class FakeQueue {
  readonly #world: FakeWorld
  #order: string[] = []

  constructor(world: FakeWorld) {
    this.#world = world
  }

  get(): QueueState {
    const runs = [...this.#world.runs.values()].map(({ run }) => run)
    return {
      processors: 4,
      slots: 2,
      threads: 2,
      computing: runs
        .filter(({ status }) => status === 'running')
        .map(({ id }, index) => ({ runId: id, slot: index + 1, threads: 2, cards: [] })),
      queued: this.#queued().map((run) => ({
        runId: run.id,
        priority: run.priority ?? 'normal',
        reason:
          run.isHeld === true
            ? { kind: 'held' as const }
            : run.waitsFor.length > 0
              ? { kind: 'inputs' as const, runIds: run.waitsFor }
              : run.waitsForCards === undefined
                ? { kind: 'slot' as const }
                : { kind: 'cards' as const, message: run.waitsForCards },
      })),
    }
  }

  async *watch(signal?: AbortSignal): AsyncGenerator<QueueState, void, void> {
    const changes = this.#world.events.subscribe('runs', signal === undefined ? {} : { signal })
    yield this.get()
    for await (const _ of changes) yield this.get()
  }

  move({ ids, before }: QueueMove): QueueState {
    const others = this.#queued()
      .map(({ id }) => id)
      .filter((id) => !ids.includes(id))
    const index = before === null ? others.length : others.indexOf(before)
    this.#order = [...others.slice(0, index), ...ids, ...others.slice(index)]
    return this.#changed(ids)
  }

  hold(ids: readonly string[], isHeld: boolean): QueueState {
    for (const id of ids) this.#set(id, { isHeld })
    return this.#changed(ids)
  }

  prioritize(ids: readonly string[], priority: RunPriority): QueueState {
    for (const id of ids) this.#set(id, { priority })
    return this.#changed(ids)
  }

  restore(ids: readonly string[]): Run[] {
    for (const id of ids)
      this.#set(id, { status: this.#run(id).asked === 'pause' ? 'running' : 'queued', isStopping: false })
    this.#changed(ids)
    return ids.map((id) => this.#run(id))
  }

  cancel(pipelineId: string): Run[] {
    const runs = [...this.#world.runs.values()]
      .map(({ run }) => run)
      .filter((run) => run.pipelineId === pipelineId && (run.status === 'queued' || run.status === 'running'))
    for (const { id, status } of runs)
      this.#set(id, { status: 'stopped', ...(status === 'running' ? { asked: 'pause' } : {}) })
    this.#changed(runs.map(({ id }) => id))
    return runs
  }

  #run(id: string): Run {
    return this.#world.runs.get(id)!.run
  }

  #queued(): Run[] {
    const place = ({ id }: Run): number => (this.#order.includes(id) ? this.#order.indexOf(id) : this.#order.length)
    return [...this.#world.runs.values()]
      .map(({ run }) => run)
      .filter(({ status }) => status === 'queued')
      .toSorted((a, b) => rank(a) - rank(b) || place(a) - place(b))
  }

  #set(id: string, changes: Partial<Run>): void {
    Object.assign(this.#run(id), changes)
  }

  #changed(ids: readonly string[]): QueueState {
    for (const id of ids) this.#world.events.publish('runs', { type: 'changed', run: { ...this.#run(id) } })
    return this.get()
  }
}

const rank = ({ priority = 'normal' }: Run): number => runPriorities.indexOf(priority)
