import type { LaunchedPipeline } from '#contract/domain/pipeline.ts'
import type { SavedView } from '#contract/domain/saved-view.ts'
import type { KeptRun, TrashEntry, TrashItem, TrashPreview } from '#contract/domain/trash.ts'
import { inputsOf, type FakeRun, type FakeWorld } from './fake-world.ts'

const bytesOfRun = 48 * 2 ** 20

/** The trash of a fake world: runs that compute stay, and so do runs whose model a run that stays needs. */
export class FakeTrash {
  readonly #world: FakeWorld
  readonly #entries: (TrashEntry & { runs: FakeRun[]; pipeline: LaunchedPipeline })[] = []
  #count = 0

  constructor(world: FakeWorld) {
    this.#world = world
  }

  list = (): TrashEntry[] => this.#entries

  preview(items: readonly TrashItem[]): TrashPreview {
    const chosen = new Map(items.flatMap((item) => this.#runsOf(item).map(({ run }) => [run.id, run])))
    const kept: KeptRun[] = []
    for (const { id, status } of chosen.values())
      if (status === 'running' || status === 'queued') kept.push({ id, reason: 'active', neededBy: [] })
    for (const { id } of kept) chosen.delete(id)
    for (let size = -1; size !== chosen.size;) {
      size = chosen.size
      for (const id of chosen.keys()) {
        const neededBy = [...this.#world.runs.values()]
          .filter(({ run }) => !chosen.has(run.id))
          .filter(({ run }) => Object.values(inputsOf(run.pipelineId, run.stage)).includes(id))
          .map(({ run }) => run.id)
        if (neededBy.length > 0 && chosen.delete(id)) kept.push({ id, reason: 'needed', neededBy })
      }
    }
    const pipelineIds = [...this.#world.pipelines.values()]
      .filter(({ runIds }) => runIds.every((id) => chosen.has(id)))
      .map(({ id }) => id)
    const single = [...chosen.values()].filter(({ pipelineId }) => !pipelineIds.includes(pipelineId))
    return {
      items: [
        ...pipelineIds.map((id) => ({ kind: 'pipeline' as const, id })),
        ...single.map(({ id }) => ({ kind: 'run' as const, id })),
      ],
      runIds: [...chosen.keys()],
      pipelineIds,
      bytes: chosen.size * bytesOfRun,
      kept,
    }
  }

  put(items: readonly TrashItem[]): TrashEntry[] {
    const plan = this.preview(items)
    const added = plan.items.map((item) => {
      const runs = this.#runsOf(item)
      const pipeline = this.#world.pipelines.get(item.kind === 'pipeline' ? item.id : runs[0]!.run.pipelineId)!
      const runIds = runs.map(({ run }) => run.id)
      return {
        ...item,
        entryId: `${item.id}~${++this.#count}`,
        pipelineId: pipeline.id,
        name: item.kind === 'pipeline' ? pipeline.organization.name : runs[0]!.run.organization.name,
        runIds,
        trashedAt: new Date().toISOString(),
        sizeBytes: runIds.length * bytesOfRun,
        runs,
        pipeline,
      }
    })
    this.#entries.unshift(...added)
    for (const { kind, runIds, pipeline } of added) {
      for (const id of runIds) this.#world.runs.delete(id)
      if (kind === 'pipeline') this.#world.pipelines.delete(pipeline.id)
      else this.#setRuns(pipeline, (ids) => ids.filter((id) => !runIds.includes(id)))
    }
    this.#world.events.publish('runs', { type: 'removed', runIds: plan.runIds, pipelineIds: plan.pipelineIds })
    return added
  }

  restore(entryIds: readonly string[]) {
    const entries = this.#take(entryIds)
    for (const { kind, runs, pipeline } of entries) {
      for (const entry of runs) this.#world.runs.set(entry.run.id, entry)
      if (kind === 'pipeline') this.#world.pipelines.set(pipeline.id, pipeline)
      else this.#setRuns(pipeline, (ids) => [...ids, ...runs.map(({ run }) => run.id)])
      this.#world.events.publish('runs', { type: 'launched', pipeline, runs: runs.map(({ run }) => run) })
    }
    return { entries, warnings: [] }
  }

  purge(entryIds: readonly string[]) {
    return { bytes: this.#take(entryIds).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) }
  }

  #setRuns(pipeline: LaunchedPipeline, change: (ids: string[]) => string[]): void {
    pipeline.runIds = change(pipeline.runIds)
    this.#world.events.publish('runs', { type: 'pipeline-changed', pipeline: { ...pipeline } })
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
