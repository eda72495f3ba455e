import type { AsyncIteratorClass } from '@orpc/server'
import type { ProbeEvent } from '#contract/api/contract.ts'
import { coverageWarnings } from '#contract/domain/class-coverage.ts'
import type { DatasetDetail } from '#contract/domain/dataset-detail.ts'
import { defaultSplitSet, type SplitSetName } from '#contract/domain/dataset.ts'
import type { ProbeRecord, ProbeRequest } from '#contract/domain/probe.ts'
import { formatVersions } from '#contract/layout.ts'
import type { WorkspacePaths } from '#node/workspace-paths.ts'
import type { Datasets } from '../datasets/service.ts'
import type { RunTask } from '../executors/task.ts'
import type { ModelResolver } from '../models/resolve.ts'
import { taskStream } from '../streams/stream.ts'
import { labelSetToProbe } from './label-set.ts'
import { ProbeStore } from './store.ts'

export interface ProbesOptions {
  readonly workspace: WorkspacePaths
  readonly runTask: RunTask
  readonly datasets: Pick<Datasets, 'get' | 'statistics' | 'manifestFile'>
  readonly resolver: ModelResolver
  /** The split set with which a model was trained: its test videos must not be among those of the probe's training. */
  readonly splitSetOf: (model: string) => SplitSetName
  readonly onProblem: (error: unknown) => void
}

/** Runs probes of frozen encoders and keeps their results. */
export class Probes {
  readonly #options: ProbesOptions
  readonly #store: ProbeStore
  readonly #abort = new AbortController()

  constructor(options: ProbesOptions) {
    this.#options = options
    this.#store = new ProbeStore(options.workspace.probes)
  }

  /** Stops running probes and discards their results. */
  close(): void {
    this.#abort.abort()
  }

  /**
   * Newest first, of one model or of all. Probes whose weights no longer have that name, because the model was removed and another
   * one took its name, are left out.
   * @throws StudioError `not-found` for a run without checkpoints.
   */
  list(model?: string): ProbeRecord[] {
    const hashes = new Map<string, string | undefined>()
    const isOfPresentWeights = ({ model, sha256 }: ProbeRecord): boolean => {
      if (!hashes.has(model)) hashes.set(model, this.#options.resolver.weightsHash(model))
      return (hashes.get(model) ?? sha256) === sha256
    }
    const id = model === undefined ? undefined : this.#options.resolver.recordId(model)
    return this.#store
      .list(this.#options.onProblem)
      .filter((record) => (id === undefined || record.model === id) && isOfPresentWeights(record))
  }

  /** Runs a probe in a training child and keeps the result. */
  run(
    { model, dataset, labels, methods, neighbours }: ProbeRequest,
    signal?: AbortSignal,
  ): AsyncIteratorClass<ProbeEvent> {
    return taskStream<ProbeEvent>(signal, async (report, signal) => {
      const { runTask, workspace, resolver } = this.#options
      const { folder } = resolver.findWithWeights(model)
      const splitSet = splitSetIn(this.#options.datasets.get(dataset), this.#options.splitSetOf(model))
      const statistics = this.#options.datasets.statistics(dataset, splitSet)
      const found = labelSetToProbe(statistics, labels)
      const labelSet = found.name
      const measured = await runTask(
        'probe-model',
        {
          folder,
          manifest: this.#options.datasets.manifestFile(dataset),
          exclusions: statistics.exclusions,
          splitSet,
          labels: labelSet,
          methods,
          neighbours,
          frameCache: workspace.frames,
        },
        {
          signal: AbortSignal.any([signal, this.#abort.signal]),
          onProgress: (progress) => report({ type: 'progress', progress }),
        },
      )
      const probe = this.#store.add({
        version: formatVersions.probe,
        createdAt: new Date().toISOString(),
        dataset: {
          name: dataset,
          digest: statistics.digest,
          labels: labelSet,
          ...(statistics.exclusions === undefined ? {} : { exclusions: statistics.exclusions }),
        },
        notes: coverageWarnings(statistics.balance, labelSet),
        ...measured,
      })
      return { type: 'done', probe }
    })
  }
}

/** The split set of a model in the dataset of a probe, which may be another dataset. */
const splitSetIn = ({ splitSets }: Pick<DatasetDetail, 'splitSets'>, wanted: SplitSetName): SplitSetName =>
  splitSets.includes(wanted) ? wanted : defaultSplitSet
