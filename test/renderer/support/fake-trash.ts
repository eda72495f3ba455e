import type { SavedView } from '#contract/domain/saved-view.ts'
import type { TrashEntry, TrashItem } from '#contract/domain/trash.ts'
import type { FakeRun, FakeWorld } from './fake-world.ts'

const bytesOfRun = 48 * 2 ** 20

/** The trash of a fake world. Only whole pipelines and runs without further rules. */
export class FakeTrash {
  readonly #world: FakeWorld
  readonly #entries: (TrashEntry & { runs: FakeRun[] })[] = []
  #count = 0

  constructor(world: FakeWorld) {
    this.#world = world
  }

  list = (): TrashEntry[] => this.#entries

  sizeOf(items: readonly TrashItem[]) {
    const runIds = items.flatMap((item) => this.#runsOf(item).map(({ run }) => run.id))
    return {
      bytes: runIds.length * bytesOfRun,
      runIds,
      pipelineIds: items.filter(({ kind }) => kind === 'pipeline').map(({ id }) => id),
    }
  }

  put(items: readonly TrashItem[]): TrashEntry[] {
    for (const item of items) {
      const runs = this.#runsOf(item)
      const pipelineId = item.kind === 'pipeline' ? item.id : runs[0]!.run.pipelineId
      const runIds = runs.map(({ run }) => run.id)
      this.#entries.unshift({
        ...item,
        entryId: `${item.id}~${++this.#count}`,
        pipelineId,
        name: null,
        runIds,
        trashedAt: new Date().toISOString(),
        sizeBytes: runIds.length * bytesOfRun,
        runs,
      })
      for (const id of runIds) this.#world.runs.delete(id)
    }
    const { runIds, pipelineIds } = {
      runIds: this.#entries.slice(0, items.length).flatMap((entry) => entry.runIds),
      pipelineIds: items.filter(({ kind }) => kind === 'pipeline').map(({ id }) => id),
    }
    this.#world.events.publish('runs', { type: 'removed', runIds, pipelineIds })
    return this.list().slice(0, items.length)
  }

  restore(entryIds: readonly string[]) {
    const entries = this.#take(entryIds)
    for (const { runs, pipelineId } of entries) {
      for (const entry of runs) this.#world.runs.set(entry.run.id, entry)
      const pipeline = this.#world.pipelines.get(pipelineId)!
      this.#world.events.publish('runs', { type: 'launched', pipeline, runs: runs.map(({ run }) => run) })
    }
    return { entries, warnings: [] }
  }

  purge(entryIds: readonly string[]) {
    return { bytes: this.#take(entryIds).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) }
  }

  #take(entryIds: readonly string[]) {
    const taken = this.#entries.filter(({ entryId }) => entryIds.includes(entryId))
    for (const entry of taken) this.#entries.splice(this.#entries.indexOf(entry), 1)
    return taken
  }

  #runsOf({ kind, id }: TrashItem): FakeRun[] {
    return [...this.#world.runs.values()].filter(({ run }) => (kind === 'pipeline' ? run.pipelineId : run.id) === id)
  }
}

/** The saved views of a fake world. */
export class FakeViews {
  #views: SavedView[] = []

  list = (): SavedView[] => this.#views

  save(view: SavedView): SavedView[] {
    const index = this.#views.findIndex(({ page, name }) => page === view.page && name === view.name)
    this.#views = index === -1 ? [...this.#views, view] : this.#views.with(index, view)
    return this.#views
  }

  remove(key: Pick<SavedView, 'page' | 'name'>) {
    const index = this.#views.findIndex(({ page, name }) => page === key.page && name === key.name)
    const view = this.#views[index]!
    this.#views = this.#views.toSpliced(index, 1)
    return { view, index }
  }

  restore(view: SavedView, index: number): SavedView[] {
    return (this.#views = this.#views.toSpliced(index, 0, view))
  }
}
